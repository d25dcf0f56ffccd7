"""The product's settings with other URLs and templates: the same middleware, so that only the page differs."""

from pathlib import Path

from benchmarks.settings import *  # noqa: F403  settings are names of this module

ROOT_URLCONF = "benchmarks.textbook.urls"
WSGI_APPLICATION = "benchmarks.textbook.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
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
DJANGO_TABLES2_TEMPLATE = "django_tables2/table.html"
