"""The command writes what the download has."""

import csv
import io
from collections.abc import Callable
from io import BytesIO, TextIOWrapper

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from sessions.models import Organisation, User
from tests.conftest import Send


def exported(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> bytes:
    written = BytesIO()
    monkeypatch.setattr("sys.stdout", TextIOWrapper(written))
    call_command("export_sessions", *arguments)
    return written.getvalue()


def test_the_command_writes_the_file_that_an_admin_downloads(
    acme: Organisation,
    globex: Organisation,
    alice: User,
    send: Send,
    client_of: Callable[[User], Client],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    send(acme, app={"app_id": "one"})
    send(acme, app={"app_id": "two"})
    send(globex, app={"app_id": "one"})
    download = b"".join(client_of(alice).get("/sessions/export.csv?app=one").streaming_content)  # type: ignore[attr-defined]
    written = exported(monkeypatch, "--organisation", "acme", "--filter", "app=one")
    assert written == download
    rows = list(csv.DictReader(io.StringIO(written.decode("utf-8-sig"))))
    assert [row["App ID"] for row in rows] == ["one"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--organisation", "nobody"], "nobody"), (["--organisation", "acme", "--filter", "start=banana"], "start: ")],
)
def test_what_makes_no_sense_is_refused_by_name(acme: Organisation, arguments: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("export_sessions", *arguments)
