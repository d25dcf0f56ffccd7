"""The product as in production, with its static files in a folder that the benchmark made for itself."""

import os
from pathlib import Path

from sessionhistory.settings import *  # noqa: F403  settings are names of this module

STATIC_ROOT = Path(os.environ.get("BENCHMARK_STATIC_ROOT", "staticfiles"))
