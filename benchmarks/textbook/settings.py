from pathlib import Path

from benchmarks.peer_settings import *  # noqa: F403  settings are names of this module
from benchmarks.peer_settings import TEMPLATES

ROOT_URLCONF = "benchmarks.textbook.urls"
TEMPLATES[0]["DIRS"] = [Path(__file__).parent / "templates"]
DJANGO_TABLES2_TEMPLATE = "django_tables2/table.html"
