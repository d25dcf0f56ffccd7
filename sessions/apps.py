from django.apps import AppConfig
from django.core import checks


class SessionsConfig(AppConfig):
    """`django.contrib.sessions` owns the label `sessions`, so this app is labelled `history`."""

    name = "sessions"
    label = "history"
    verbose_name = "Session History"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sessions.checks import CHECKS  # knows the storage, which is configured by now

        for check in CHECKS:
            checks.register(check)
