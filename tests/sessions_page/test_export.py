"""The CSV: what a spreadsheet and a program both read, and a download that never ends short in silence."""

import csv
import io
import shutil
import subprocess
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client

from sessions.contract.names import clean
from sessions.models import ApiToken, Organisation, User
from sessions.presenters.columns import COLUMNS, CSV_FIELDS
from tests.conftest import NOON, Send
from tests.query.readers import CSV, PAGE

Line = dict[str, str]
SOFFICE = shutil.which("soffice")

FULL: dict[str, Any] = {
    "external_id": "run-1",
    "title": "checkout › pays with an expired card",
    "status": "failed",
    "outcome": "TypeError: price is undefined\n  at cart.js:12",
    "initiator": {"type": "user", "email": "uma@acme.example", "username": "uma"},
    "app": {
        "app_id": "com.acme.shop", "name": "Shop", "group": "Retail", "platform": "ios", "version": "2.4",
        "build": "241",
    },
    "device": {
        "device_id": "D-7", "manufacturer": "Apple", "model": "iPhone 15", "type": "phone", "screen_width": 1179,
        "screen_height": 2556, "network_type": "wifi",
    },
    "os": {"name": "iOS", "version": "17.5.1"},
    "sdk": {"version": "4.1", "plug_version": "0.9"},
    "requested_at": "2026-06-15T11:59:57.5Z",
    "started_at": "2026-06-15T12:00:00.123456Z",
    "ended_at": "2026-06-15T12:01:30.123456Z",
    "last_seen_at": "2026-06-15T12:02:00Z",
    "flags": {"crash": True},
    "network": {"client_ip": "192.0.2.7", "server_ip": "2001:db8::1", "user_agent": "Shop/2.4"},
    "location": {"country": "DE", "latitude": 52.5, "longitude": 13.4, "accuracy": 20.5},
    "environment": "production",
    "data_residency": "eu",
    "space_id": "space",
    "installation_id": "inst",
    "installation_version": "7",
    "client_id": "client",
    "capture_id": "capture",
    "resource": {"type": "db", "id": "r1", "name": "orders", "technology": "postgres"},
    "connector": {"id": "c1", "name": "main"},
    "sidecar": {"id": "s1", "name": "side", "technology": "envoy"},
    "attributes": {"shift": "early"},
}  # fmt: skip

EXPECTED: Line = {
    "User": "uma@acme.example", "App": "Shop", "App ID": "com.acme.shop", "App group": "Retail", "Version": "2.4",
    "Build": "241", "Device": "iPhone 15", "OS": "iOS", "OS version": "17.5.1", "Queue time (s)": "2.623",
    "Duration (s)": "90.000", "Status": "failed", "Date (UTC)": "2026-06-15T12:00:00.123456", "Files": "",
    "External ID": "run-1", "Initiator type": "user", "Username": "uma", "E-mail": "uma@acme.example", "Label": "",
    "Requested (UTC)": "2026-06-15T11:59:57.500000", "Started (UTC)": "2026-06-15T12:00:00.123456",
    "Ended (UTC)": "2026-06-15T12:01:30.123456", "Last seen (UTC)": "2026-06-15T12:02:00.000000",
    "Queue time (ms)": "2623", "Duration (ms)": "90000", "Platform": "ios", "Device ID": "D-7",
    "Manufacturer": "Apple", "Device type": "phone", "Screen width": "1179", "Screen height": "2556",
    "Network type": "wifi", "SDK version": "4.1", "Plug SDK version": "0.9", "Exception": "false", "Crash": "true",
    "ANR": "false", "Rage tap": "false", "Client IP": "192.0.2.7", "Server IP": "2001:db8::1", "User agent": "Shop/2.4",
    "Country": "DE", "Latitude": "52.5", "Longitude": "13.4", "Location accuracy (m)": "20.5",
    "Environment": "production", "Data residency": "eu", "Space ID": "space", "Installation ID": "inst",
    "Installation version": "7", "Client ID": "client", "Capture ID": "capture", "Resource type": "db",
    "Resource ID": "r1", "Resource": "orders", "Resource technology": "postgres", "Connector ID": "c1",
    "Connector": "main", "Sidecar ID": "s1", "Sidecar": "side", "Sidecar technology": "envoy",
    "Attributes": '{"shift": "early"}', "Title": "checkout › pays with an expired card",
    "Outcome": "TypeError: price is undefined\n  at cart.js:12",
}  # fmt: skip


def export(viewer: User, **parameters: Any) -> bytes:
    response = CSV.get(viewer, **parameters)
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def lines(viewer: User, **parameters: Any) -> list[Line]:
    text = export(viewer, **parameters).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_everything_known_of_a_session_is_in_its_line(acme: Organisation, alice: User, send: Send) -> None:
    ident = send(acme, **FULL)
    assert lines(alice) == [EXPECTED | {"Session ID": str(ident)}]


def test_every_visible_column_is_there_first_and_in_the_pages_order(alice: User) -> None:
    headers = next(csv.reader(io.StringIO(export(alice).decode("utf-8-sig"), newline="")))
    visible = [field.header for column in COLUMNS for field in column.fields]
    assert headers[: len(visible)] == visible
    assert headers == [field.header for field in CSV_FIELDS]
    assert len(set(headers)) == len(headers)


def test_it_begins_with_a_byte_order_mark_and_ends_lines_as_rfc_4180_says(
    acme: Organisation, alice: User, send: Send
) -> None:
    send(acme)
    send(acme, app={"app_id": "a"})
    content = export(alice)
    assert content.startswith(b"\xef\xbb\xbfUser,App,")
    assert content.count(b"\xef\xbb\xbf") == 1
    assert content.endswith(b"\r\n")
    assert content.count(b"\r\n") == content.count(b"\n") == 3


@pytest.mark.parametrize(
    "name", ['say "hi"', "a, b; c", "two\nlines", "two\r\nlines", "Ünïcödé 日本 🎉", " spaced ", "\\."]
)
def test_any_text_comes_back_as_it_was(acme: Organisation, alice: User, send: Send, name: str) -> None:
    send(acme, environment=name)
    assert [line["Environment"] for line in lines(alice)] == [name]


def test_nothing_known_is_an_empty_cell(acme: Organisation, alice: User, send: Send) -> None:
    send(acme, status="lost", requested_at=NOON, started_at=None)
    (line,) = lines(alice)
    assert (line["User"], line["App"], line["Queue time (s)"], line["Duration (s)"]) == ("Anonymous", "", "", "")
    assert (line["Started (UTC)"], line["Attributes"]) == ("", "")


def test_times_are_utc_and_can_be_read_as_times(acme: Organisation, alice: User, send: Send) -> None:
    alice.time_zone = "Asia/Kathmandu"
    alice.save()
    moment = datetime(2025, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    send(acme, started_at=moment, ended_at=moment + timedelta(microseconds=1))
    (line,) = lines(alice)
    for name in ("Date (UTC)", "Started (UTC)"):
        assert datetime.fromisoformat(line[name]).replace(tzinfo=UTC) == moment
    assert line["Ended (UTC)"] == "2026-01-01T00:00:00.000000"


def test_all_times_have_one_form_so_that_readers_take_their_column_for_times(
    acme: Organisation, alice: User, send: Send
) -> None:
    fractions = {0, 1, 999_999, 500_000, 250_000, 123_000, 10}
    for fraction in fractions:
        moment = NOON + timedelta(microseconds=fraction)
        send(acme, requested_at=moment, started_at=moment, ended_at=moment)
    for name in ("Date (UTC)", "Requested (UTC)", "Started (UTC)", "Ended (UTC)", "Last seen (UTC)"):
        moments = {datetime.strptime(line[name], "%Y-%m-%dT%H:%M:%S.%f") for line in lines(alice)}  # noqa: DTZ007
        assert {moment.microsecond for moment in moments} == fractions
        assert {len(line[name]) for line in lines(alice)} == {26}


def test_seconds_are_numbers_with_the_milliseconds(acme: Organisation, alice: User, send: Send) -> None:
    send(acme, requested_at=NOON, started_at=NOON + timedelta(milliseconds=1), ended_at=NOON + timedelta(days=40))
    (line,) = lines(alice)
    assert float(line["Queue time (s)"]) == 0.001
    assert float(line["Duration (s)"]) == 40 * 86400 - 0.001


def test_a_session_in_progress_has_no_duration_and_a_lost_one_up_to_its_last_sign(
    acme: Organisation, alice: User, send: Send
) -> None:
    now = datetime.now(UTC)
    send(acme, status="active", started_at=now - timedelta(minutes=5), last_seen_at=now)
    begun = now - timedelta(hours=5)
    send(acme, status="active", started_at=begun, last_seen_at=begun + timedelta(minutes=2))
    found = [(line["Status"], line["Duration (s)"]) for line in lines(alice)]
    assert found == [("active", ""), ("lost", "120.000")]


def everywhere(text: str) -> dict[str, Any]:
    """A session with this text wherever a producer can write one and the CSV has it as text."""
    return {
        "external_id": text, "title": text, "outcome": text,
        "app": {"app_id": text, "name": text, "group": text, "version": text, "build": text},
        "device": {
            "model": text, "manufacturer": text, "device_id": text, "type": text, "network_type": text,
        },
        "os": {"name": text, "version": text}, "sdk": {"version": text, "plug_version": text},
        "initiator": {"type": "anonymous", "label": text}, "network": {"user_agent": text},
        "location": {"country": text, "latitude": -1.5, "longitude": -0.25}, "environment": text,
        "data_residency": text, "space_id": text, "installation_id": text, "installation_version": text,
        "client_id": text, "capture_id": text,
        "resource": {"type": text, "id": text, "name": text, "technology": text},
        "connector": {"id": text, "name": text}, "sidecar": {"id": text, "name": text, "technology": text},
    }  # fmt: skip


# User and Label say the same. Username, E-mail and Files are tested by themselves.
TEXT_COLUMNS = 37
SIGNS = "=+-@＝＋－＠"
BLANKS = " \u00a0\u3000\v\f\u200b\u200c\u200d\ufeff\u2060\u2003\u00ad"
HOSTILE = [
    *[f"{sign}1+1" for sign in SIGNS],
    *[f"{start}text" for start in "\t\r\n"],
    *[f"{blank}{sign}1+1" for blank in (*BLANKS, BLANKS) for sign in SIGNS],
]


def test_no_cell_is_run_by_a_spreadsheet(acme: Organisation, alice: User, send: Send) -> None:
    for number, text in enumerate(HOSTILE):
        send(acme, **everywhere(text), started_at=NOON - timedelta(seconds=number))
    for text, line in zip(HOSTILE, lines(alice), strict=True):
        assert [header for header, cell in line.items() if cell.startswith(text)] == [], ascii(text)
        # Names are stored without the blanks around them.
        name = clean(text)
        is_formula = name.lstrip(BLANKS).startswith(tuple(SIGNS))
        guarded = {f"'{text}", f"'{name}" if is_formula else name}
        assert sum(cell in guarded for cell in line.values()) == TEXT_COLUMNS, ascii(text)
        # A number is no formula.
        assert (line["Latitude"], line["Longitude"]) == ("-1.5", "-0.25")


@pytest.mark.skipif(not SOFFICE, reason="no LibreOffice on the PATH")
def test_libreoffice_finds_no_formula_in_it(acme: Organisation, alice: User, send: Send, tmp_path: Path) -> None:
    for text in HOSTILE:
        send(acme, **everywhere(text))
    send(acme, initiator={"type": "user", "username": "=1+1"})
    assert formulas_in(export(alice), tmp_path) == 0
    # It does find the one of a cell that is not guarded.
    assert formulas_in(b"\xef\xbb\xbfUser\r\n=1+1\r\n", tmp_path) == 1


def formulas_in(content: bytes, folder: Path) -> int:
    (folder / "sessions.csv").write_bytes(content)
    run = [
        str(SOFFICE), "--headless", f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--infilter=Text - txt - csv (StarCalc):44,34,76,1,,0,false,true", "--convert-to", "fods",
        "--outdir", str(folder / "converted"), str(folder / "sessions.csv"),
    ]  # fmt: skip
    subprocess.run(run, check=True, capture_output=True, timeout=180)
    sheet = (folder / "converted" / "sessions.fods").read_text()
    assert sheet.count("<table:table-row") >= 2
    return sheet.count("table:formula=")


def test_formulas_in_file_names_and_usernames_are_harmless_too(
    acme: Organisation, alice: User, send: Send, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"x")
    file = {"name": "=1+1.log", "kind": "log", "content_type": "text/plain", "file": "file"}
    send(acme, initiator={"type": "user", "username": "@SUM(1)"}, attachments=[file])
    (line,) = lines(alice)
    assert (line["Files"], line["User"], line["Username"]) == ("'=1+1.log", "'@SUM(1)", "'@SUM(1)")


@pytest.mark.parametrize(
    "name",
    [
        "Shop",
        "a=b",
        "'quoted",
        "1-2",
        "(x)",
        "#1",
        "5%",
        " Shop",
        "\u3000店",
        "\u00a0a=b",
        "~x",
        ":-)",
        "–1",
        "日本=1",
        "?=1",
    ],
)
def test_ordinary_text_is_left_alone(acme: Organisation, alice: User, send: Send, name: str) -> None:
    send(acme, environment=name)
    assert lines(alice)[0]["Environment"] == name


def test_files_that_arrived_are_named(acme: Organisation, alice: User, send: Send, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    file = {"kind": "log", "content_type": "text/plain", "file": "file"}
    send(acme, attachments=[file | {"name": "b.log"}, file | {"name": "a, b.log"}])
    assert lines(alice)[0]["Files"] == "a, b.log; b.log"


def test_who_ran_it_is_named_as_on_the_page(acme: Organisation, alice: User, nightly: ApiToken, send: Send) -> None:
    send(acme, initiator={"type": "user", "username": "kiosk"}, started_at=NOON)
    send(acme, token="nightly-ci", started_at=NOON - timedelta(minutes=1))
    send(acme, initiator={"type": "anonymous", "label": "Booth 7"}, started_at=NOON - timedelta(minutes=2))
    send(acme, started_at=NOON - timedelta(minutes=3))
    assert [line["User"] for line in lines(alice)] == ["kiosk", "nightly-ci", "Booth 7", "Anonymous"]


def test_rows_and_order_are_the_pages(acme: Organisation, alice: User, send: Send) -> None:
    for number in range(12):
        start = NOON + timedelta(minutes=number * 7 % 12)
        end = start + timedelta(seconds=number * 5 % 7)
        send(acme, external_id=f"s{number}", app={"app_id": f"app-{number % 3}"}, started_at=start, ended_at=end)
    for sort in ("-date", "date", "-duration_ms", "queue_ms"):
        for filters in ({}, {"app": "app-1"}, {"q": "APP-2", "status": "ended"}):
            assert CSV.ask(alice, sort=sort, **filters) == PAGE.ask(alice, sort=sort, **filters)


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({}, "acme-sessions-all.csv"),
        ({"start": "2026-06-01"}, "acme-sessions-from-2026-06-01.csv"),
        ({"end": "2026-06-30"}, "acme-sessions-to-2026-06-30.csv"),
        ({"start": "2026-06-01", "end": "2026-06-30T12:00:00Z"}, "acme-sessions-from-2026-06-01-to-2026-06-30.csv"),
    ],
)
def test_the_file_name_says_whose_and_which_days(
    acme: Organisation, alice: User, parameters: dict[str, str], name: str
) -> None:
    response = CSV.get(alice, **parameters)
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'
    assert response["Content-Type"] == "text/csv; charset=utf-8"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("start", "banana"), ("end", "2026-02-30"), ("start", "2026-06-15T12:00:00"), ("platform", "amiga"),
        ("status", "sleeping"), ("flag", "red"), ("sort", "colour"), ("limit", "many"), ("limit", "0"),
        ("cursor", "x"), ("mode", "sideways"), ("q", "x" * 2_001), ("user", "x" * 1026), ("colour", "blue"),
    ],
)  # fmt: skip
def test_a_parameter_that_is_wrong_is_refused_in_plain_text_by_name(
    acme: Organisation, alice: User, field: str, value: str
) -> None:
    response = CSV.get(alice, **{field: value})
    assert response.status_code == 400
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response.content.decode().startswith(f"{field}: ")


def test_the_end_before_the_start_is_refused(alice: User) -> None:
    response = CSV.get(alice, start="2026-06-02", end="2026-06-01")
    assert (response.status_code, response.content.decode()[:5]) == (400, "end: ")


def test_nothing_that_matches_is_a_header_alone(acme: Organisation, alice: User, send: Send) -> None:
    send(acme)
    assert lines(alice, app="nothing") == []
    assert export(alice, app="nothing").count(b"\r\n") == 1


def test_the_first_rows_are_read_before_the_status_is_sent(acme: Organisation, alice: User, send: Send) -> None:
    send(acme)
    response = CSV.get(alice)
    # What is written now is not in it: the snapshot is taken with the first row.
    ident = send(acme, app={"app_id": "late"})
    content = b"".join(response.streaming_content)
    assert content.startswith(b"\xef\xbb\xbfUser,")
    assert content.count(b"\r\n") == 2
    assert str(ident).encode() not in content


def test_it_works_while_statements_are_logged(
    acme: Organisation, alice: User, send: Send, settings: LazySettings
) -> None:
    send(acme)
    settings.DEBUG = True
    assert len(lines(alice)) == 1


def test_a_head_request_has_no_body(client_of: Any, alice: User) -> None:
    client: Client = client_of(alice)
    response = client.head("/sessions/export.csv")
    assert response.status_code == 200
    assert client.post("/sessions/export.csv").status_code == 405


def test_memory_stays_small_however_many_rows(acme: Organisation, alice: User, send: Send) -> None:
    send(acme, **FULL)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO history_session (
                id, organisation_id, status, initiator_type, started_at, ended_at, last_seen_at,
                exception, crash, anr, rage_tap, user_agent, attributes)
            SELECT gen_random_uuid(), %s, 'ended', 'anonymous', now(), now(), now(), false, false, false, false,
                   repeat('x', 900), '{}'
            FROM generate_series(1, 20000)
            """,
            [acme.pk],
        )
    chunks = iter(CSV.get(alice).streaming_content)
    next(chunks)
    tracemalloc.start()
    size = sum(len(chunk) for chunk in chunks)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 20_000_000
    # Some chunks of 64 KiB, as lines, joined and encoded.
    assert peak < 1_000_000
