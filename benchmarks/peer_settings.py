"""The product's settings for a peer, with Django's own templates. Its middleware too: only the page differs."""

from benchmarks.settings import *  # noqa: F403  settings are names of this module
from benchmarks.settings import DATABASES

# No page is worth waiting longer for; PostgreSQL would go on though nobody listens any more.
DATABASES["default"]["OPTIONS"]["options"] += " -c statement_timeout=60s"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
