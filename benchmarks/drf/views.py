from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework import generics, pagination, serializers

from benchmarks.textbook.filters import SessionFilter
from sessions.models import App, Attachment, Device, OperatingSystem, Session, User


class UserSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ("email", "username")


class AppSerializer(serializers.ModelSerializer):
    class Meta:
        model = App
        fields = ("app_id", "name", "group")


class DeviceSerializer(serializers.ModelSerializer):
    class Meta:
        model = Device
        fields = ("manufacturer", "model", "type")


class OperatingSystemSerializer(serializers.ModelSerializer):
    class Meta:
        model = OperatingSystem
        fields = ("name", "version")


class AttachmentSerializer(serializers.ModelSerializer):
    class Meta:
        model = Attachment
        fields = ("name", "kind", "content_type", "size")


class SessionSerializer(serializers.ModelSerializer):
    """What the product's page shows of a session, a third of the fields of its JSON."""

    user = UserSerializer()
    app = AppSerializer()
    device = DeviceSerializer()
    os = OperatingSystemSerializer()
    attachments = AttachmentSerializer(many=True)
    queue_ms = serializers.IntegerField()
    duration_ms = serializers.IntegerField()

    class Meta:
        model = Session
        fields = (
            "id", "external_id", "status", "user", "app", "app_version", "device", "os", "requested_at", "started_at",
            "last_seen_at", "queue_ms", "duration_ms", "attachments",
        )  # fmt: skip


class NewestFirst(pagination.CursorPagination):
    page_size = 50
    ordering = ("-occurred_at", "-id")


class SessionList(generics.ListAPIView):
    serializer_class = SessionSerializer
    pagination_class = NewestFirst
    filter_backends = (DjangoFilterBackend,)
    filterset_class = SessionFilter

    def get_queryset(self) -> QuerySet[Session]:
        return (
            Session.objects.filter(organisation=self.request.user.organisation)
            .select_related("user", "app", "device", "os")
            .prefetch_related("attachments")
        )
