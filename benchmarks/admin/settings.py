from benchmarks.peer_settings import *  # noqa: F403  settings are names of this module
from benchmarks.peer_settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "django.contrib.admin.apps.SimpleAdminConfig"]
ROOT_URLCONF = "benchmarks.admin.urls"
