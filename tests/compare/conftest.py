"""Pairs of sessions with files, and the page that compares them."""

import json
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from sessions.models import Organisation, User
from tests.conftest import NOON, ClientOf

SendFiles = Callable[..., UUID]


@pytest.fixture
def alices(client_of: ClientOf, alice: User) -> Client:
    """The browser of alice, an admin of acme."""
    return client_of(alice)


@pytest.fixture
def umas(client_of: ClientOf, uma: User) -> Client:
    """The browser of uma, who sees her own sessions."""
    return client_of(uma)


@pytest.fixture
def send_files(acme: Organisation, send: Callable[..., UUID], tmp_path: Path) -> SendFiles:
    """A session of acme with a log and a network log: `send_files(log=b"a", har=[entry(...)], ...)`."""

    numbers = count()

    def send_one(*, log: bytes | None = None, har: list[Any] | bytes | None = None, **fields: Any) -> UUID:
        files = []
        # What says the same, with files of the same names, would be the same session.
        fields.setdefault("external_id", f"number {next(numbers)}")
        if log is not None:
            (tmp_path / "log").write_bytes(log)
            files.append({"name": "console.log", "kind": "log", "content_type": "text/plain", "file": "log"})
        if har is not None:
            content = har if isinstance(har, bytes) else json.dumps({"log": {"entries": har}}).encode()
            (tmp_path / "har").write_bytes(content)
            about = {"name": "network.har", "kind": "network_log", "content_type": "application/json", "file": "har"}
            files.append(about)
        return send(acme, attachments=files, **fields)

    return send_one


def entry(path: str, status: int = 200, time: float = 20, at: float = 0, method: str = "GET") -> dict[str, Any]:
    """A request of an archive, begun `at` seconds after noon."""
    return {
        "startedDateTime": (NOON + timedelta(seconds=at)).isoformat(),
        "time": time,
        "request": {"method": method, "url": f"https://shop.example{path}"},
        "response": {"status": status},
    }


def event(seconds: float, event_type: str = "click", **fields: Any) -> dict[str, Any]:
    return {"event_type": event_type, "event_time": NOON + timedelta(seconds=seconds)} | fields


def compared(
    browser: Client, a: object, b: object, tab: str = "facts", *, status: int = 200, start: str = "0", file: str = ""
) -> str:
    """The page, as a reader sees its text."""
    query = {"a": str(a), "b": str(b), "tab": tab, "from": start, "file": file}
    response = browser.get("/sessions/compare/", query)
    assert response.status_code == status
    page = response.content.decode()
    assert " style=" not in page
    return unescape(page)
