"""Programs that send sessions over HTTP to the real server, as they do elsewhere."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer
from session_history import SessionHistory

from sessions.accounts.tokens import make_token
from sessions.contract.choices import Scope
from sessions.models import User

ROOT = Path(__file__).parent.parent.parent
PROGRAMS = Path(__file__).parent / "programs"
CHROMIUM = shutil.which("chromium")

Listed = Callable[[], list[dict[str, Any]]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            if isinstance(item, pytest.Function) and "live_server" in item.fixturenames:
                # The server's threads see what the test commits.
                item.add_marker(pytest.mark.django_db(transaction=True))
            if item.get_closest_marker("chromium"):
                item.add_marker(pytest.mark.xdist_group("browser"))
                if not CHROMIUM:
                    item.add_marker(pytest.mark.skip(reason="no Chromium on the PATH"))


@pytest.fixture
def secret(dave: User) -> str:
    return make_token(dave, "nightly-ci", tuple(Scope))[1]


@pytest.fixture
def history(live_server: LiveServer, secret: str) -> SessionHistory:
    """The client, with a token of dave's."""
    return SessionHistory(live_server.url, secret, delay=0.01)


@pytest.fixture
def listed(history: SessionHistory) -> Listed:
    """The sessions as the list has them, the oldest first."""

    def read() -> list[dict[str, Any]]:
        sessions: list[dict[str, Any]] = history.request("GET", "/api/v1/sessions?sort=date")["sessions"]
        return sessions

    return read


def program(
    *arguments: object, interpreter: str = sys.executable, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run Python with the clients on its path, and nothing of this project's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "PYTEST_"))}
    paths = os.pathsep.join([str(ROOT / "clients"), str(ROOT)])
    return subprocess.run(
        [interpreter, *map(str, arguments)],
        env={**kept, "PYTHONPATH": paths, "CHROMIUM": CHROMIUM or "", **environment},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
