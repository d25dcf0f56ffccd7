"""The product's settings for a server of the tests: its pages need no static files that were collected."""

from sessionhistory.settings import *  # noqa: F403  settings are names of this module
from sessionhistory.settings import STORAGES

STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
