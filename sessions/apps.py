from django.apps import AppConfig


class SessionsConfig(AppConfig):
    """`django.contrib.sessions` owns the label `sessions`, so this app is labelled `history`."""

    name = "sessions"
    label = "history"
    verbose_name = "Session History"
    default_auto_field = "django.db.models.BigAutoField"
