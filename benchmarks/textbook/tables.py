import django_tables2 as tables

from sessions.models import Session


class SessionTable(tables.Table):
    user = tables.Column(order_by="user__email", empty_values=())
    app = tables.Column(order_by="app__name")
    device = tables.Column(order_by="device__model")
    queue_time = tables.Column(accessor="queue_ms")
    duration = tables.Column(accessor="duration_ms")
    date = tables.DateTimeColumn(accessor="occurred_at")
    files = tables.Column(empty_values=(), orderable=False)

    class Meta:
        model = Session
        fields = ("user", "app", "device", "queue_time", "duration", "date", "files")
        order_by = "-date"

    def render_user(self, record: Session) -> str:
        if record.user:
            return str(record.user)
        return record.token.label if record.token else record.label or "Anonymous"

    def render_app(self, record: Session) -> str:
        return f"{record.app} {record.app_version or ''}"

    def render_device(self, record: Session) -> str:
        return f"{record.device} {record.os or ''}"

    def render_queue_time(self, value: int) -> str:
        return f"{value / 1000:.1f} s"

    def render_duration(self, value: int) -> str:
        return f"{value // 60000}m {value // 1000 % 60}s"

    def render_files(self, record: Session) -> str:
        return ", ".join(attachment.name for attachment in record.attachments.all())
