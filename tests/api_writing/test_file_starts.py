"""When a file's first frame or byte is: `starts_at`, by every way that files come in, and as it comes out."""

import io
import json
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from sessions.models import Attachment, Organisation
from sessions.presenters.json import rfc_3339
from tests.api_writing.program import SESSIONS, Program, error
from tests.ingest.lines import a_line, write

START, LATER = "2026-11-20T10:00:04.250000Z", "2026-11-20T10:00:05.000000Z"
LOG = b"10:00:00 hello\n"


def announced(starts_at: str | None = START, **fields: Any) -> dict[str, Any]:
    file = {"name": "a.log", "kind": "log", "content_type": "text/plain", **fields}
    return file if starts_at is None else file | {"starts_at": starts_at}


def start_of(program: Program, ident: str) -> str | None:
    (file,) = program.get(ident)["attachments"]
    start: str | None = file["starts_at"]
    return start


def imported(folder: Path, *files: dict[str, Any]) -> str:
    """What the command says."""
    (folder / "a.log").write_bytes(LOG)
    lines = [a_line(attachments=[file | {"file": "a.log"}]) for file in files]
    said = io.StringIO()
    with suppress(CommandError):
        path = write(folder / "s.ndjson", *lines)
        call_command("import_sessions", path, organisation="acme", stdout=said, stderr=said)
    return said.getvalue()


@pytest.fixture
def ident(daves: Program) -> str:
    return daves.new(external_id="one")


def test_a_file_that_is_put_says_it_in_its_address(daves: Program, ident: str) -> None:
    response = daves.put(ident, "a.log", LOG, starts_at=START)

    assert response.json()["starts_at"] == START == start_of(daves, ident)
    assert Attachment.objects.get().starts_at is not None


@pytest.mark.parametrize("written", ["2026-11-20T11:00:04.250%2B01:00", "2026-11-20T11:00:04.250+01:00"])
def test_an_offset_in_the_address_may_be_quoted_or_not(daves: Program, ident: str, written: str) -> None:
    assert daves.put(ident, "a.log", LOG, starts_at=written).json()["starts_at"] == START


def test_a_leap_second_is_a_time_there_too(daves: Program, ident: str) -> None:
    leap = daves.put(ident, "a.log", LOG, starts_at="2016-12-31T23:59:60Z")
    assert leap.json()["starts_at"] == "2017-01-01T00:00:00.000000Z"


def test_a_file_that_is_announced_says_it_and_keeps_it_when_it_arrives(daves: Program) -> None:
    for ident in (
        daves.new(external_id="posted", attachments=[announced()]),
        daves.batch(a_line(external_id="of a batch", attachments=[announced()]))[0]["id"],
    ):
        assert start_of(daves, ident) == START
        assert daves.put(ident, "a.log", LOG).json()["starts_at"] == START
        assert start_of(daves, ident) == START


def test_an_imported_file_says_it(daves: Program, acme: Organisation, tmp_path: Path) -> None:
    imported(tmp_path, announced())

    assert start_of(daves, str(acme.session_id("one"))) == START


def test_the_list_says_it_and_an_unknown_one_is_null(daves: Program, ident: str) -> None:
    daves.put(ident, "a.log", LOG, starts_at=START)
    daves.put(ident, "b.log", LOG)

    (listed,) = json.loads(b"".join(daves.send("GET", SESSIONS)))["sessions"]
    assert [file["starts_at"] for file in listed["attachments"]] == [START, None]


def test_a_later_one_takes_its_place_and_none_keeps_it(daves: Program, ident: str, tmp_path: Path) -> None:
    daves.put(ident, "a.log", LOG, starts_at=START)
    for send_again in (
        lambda: daves.put(ident, "a.log", LOG),
        lambda: daves.put(ident, "a.log", b"other\n", starts_at=""),
        lambda: daves.patch(ident, {"attachments": [announced(None)]}),
        lambda: daves.patch(ident, {"attachments": [announced(None) | {"starts_at": None}]}),
        lambda: daves.new(external_id="one", attachments=[announced(None)]),
        lambda: daves.batch(a_line(attachments=[announced(None)])),
        lambda: imported(tmp_path, announced(None)),
    ):
        send_again()
        assert start_of(daves, ident) == START

    assert daves.put(ident, "a.log", LOG, starts_at=LATER).json()["starts_at"] == LATER == start_of(daves, ident)
    imported(tmp_path, announced(START))
    assert start_of(daves, ident) == START


def test_it_can_be_said_of_a_file_that_is_there_without_undoing_the_file(daves: Program, ident: str) -> None:
    daves.put(ident, "a.log", LOG)
    before = daves.get(ident)["attachments"][0]

    for say, start in (
        (lambda: daves.patch(ident, {"attachments": [announced(START, kind="other")]}), START),
        (lambda: daves.batch(a_line(attachments=[announced(LATER, kind="other")])), LATER),
        (lambda: daves.new(external_id="one", attachments=[announced(START, kind="other")]), START),
    ):
        say()
        assert daves.get(ident)["attachments"] == [before | {"starts_at": start}]


def test_of_two_lines_in_a_batch_the_one_that_knows_it_counts(daves: Program) -> None:
    lines = [a_line(attachments=[announced(start)]) for start in (START, None)]

    assert start_of(daves, daves.batch(*lines)[1]["id"]) == START


def test_a_batch_of_many_sessions_says_it_of_each(daves: Program) -> None:
    """So many that they go through a staging table."""
    lines = [a_line(external_id=str(number), attachments=[announced()]) for number in range(20)]
    idents = [outcome["id"] for outcome in daves.batch(*lines)]
    for ident in idents:
        daves.put(ident, "a.log", LOG)

    lines = [a_line(external_id=str(number), attachments=[announced(LATER)]) for number in range(20)]
    daves.batch(*lines)

    assert {(start_of(daves, ident), daves.get(ident)["attachments"][0]["available"]) for ident in idents} == {
        (LATER, True)
    }


BAD = ["soon", "2026-11-20", "2026-11-20T10:00:00", "1969-12-31T23:59:59Z", "2500-01-01T00:00:00Z"]
BAD += ["9999-12-31T23:59:59-14:00", "2026-02-30T10:00:00Z"]


def too_far_ahead() -> str:
    return rfc_3339(timezone.now() + timedelta(hours=24, minutes=1))


@pytest.mark.parametrize("bad", [*BAD, None], ids=str)
def test_what_is_no_such_time_is_refused_by_name(daves: Program, ident: str, tmp_path: Path, bad: str | None) -> None:
    bad = bad or too_far_ahead()

    assert error(daves.put(ident, "a.log", LOG, starts_at=bad)) == (400, "invalid_value", "starts_at")
    field = "attachments[0].starts_at"
    assert error(daves.patch(ident, {"attachments": [announced(bad)]})) == (400, "invalid_value", field)
    assert error(daves.post(a_line(attachments=[announced(bad)]))) == (400, "invalid_value", field)
    (outcome,) = daves.batch(a_line(attachments=[announced(bad)]))
    assert (outcome["status"], outcome["field"]) == ("refused", field)
    assert f"s.ndjson:1: {field}: " in imported(tmp_path, announced(bad))
    assert Attachment.objects.count() == 0


def test_a_start_within_the_next_24_hours_is_taken_and_tells_that_the_clock_is_ahead(daves: Program) -> None:
    ahead = rfc_3339(timezone.now() + timedelta(hours=2))

    ident = daves.new(attachments=[announced(ahead)])

    assert start_of(daves, ident) == ahead
    assert daves.get(ident)["clock_skew_ms"] > 7_000_000


def test_the_api_describes_it(client: Client) -> None:
    described = client.get("/api/openapi.json").json()

    schemas = described["components"]["schemas"]
    assert "starts_at" in schemas["Attachment"]["required"]
    assert schemas["AnnouncedAttachment"]["properties"]["starts_at"]["anyOf"][0]["format"] == "date-time"
    (path,) = [path for path in described["paths"] if path.endswith("/attachments/{name}")]
    parameters = {one["name"]: one["schema"] for one in described["paths"][path]["put"]["parameters"]}
    assert parameters["starts_at"] == {"type": "string", "format": "date-time"}
