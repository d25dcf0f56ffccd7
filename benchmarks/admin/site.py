"""Every member may look: the product's users have no rights of django.contrib.auth to ask for."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from sessions.http.roles import MemberRequest
from sessions.models import Session


class Site(admin.AdminSite):
    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_authenticated


class SessionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The textbook page's columns. Its paginator counts what matches, and counts all of them besides."""

    list_display = ("initiator", "app_and_version", "device_and_os", "queue_ms", "duration_ms", "occurred_at", "files")
    # Named, since a generated field counts as none of dates: every one of its values would be a link.
    list_filter = ("status", "platform", ("occurred_at", admin.DateFieldListFilter))
    list_select_related = ("user", "token", "app", "device", "os")
    list_per_page = 50
    ordering = ("-occurred_at",)
    search_fields = ("app__app_id", "app__name", "user__username", "user__email", "token__label")

    def get_queryset(self, request: MemberRequest) -> QuerySet[Session]:  # type: ignore[override]
        return Session.objects.filter(organisation=request.user.organisation).prefetch_related("attachments")

    def initiator(self, record: Session) -> str:
        return str(record.user or record.token or record.label or "Anonymous")

    def app_and_version(self, record: Session) -> str:
        return f"{record.app} {record.app_version or ''}"

    def device_and_os(self, record: Session) -> str:
        return f"{record.device} {record.os or ''}"

    def files(self, record: Session) -> str:
        return ", ".join(attachment.name for attachment in record.attachments.all())

    def has_view_permission(self, request: HttpRequest, obj: Session | None = None) -> bool:
        return True

    has_module_permission = has_add_permission = has_change_permission = has_delete_permission = has_view_permission


site = Site()
site.register(Session, SessionAdmin)
