"""The vendor's REST list and its monthly CSV report, imported."""

import io
import json
import os
import re
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from sessions.contract.line_errors import LineError
from sessions.ingest.reading.formats import FORMATS, format_of
from sessions.ingest.reading.ndjson import Line
from sessions.models import Organisation, Session

HEADER = (
    "publicKey,sessionRequested,startTime,userConnected,frameTime,appLaunchTime,endTime,closeTime,"
    "sessionLengthMilliseconds,sessionLengthSeconds,referrer,clientIP,clientLanguage,clientUserAgent,versionCode,"
    "deviceType,osVersion,rotation,debug,queued,location,appetizeUser"
)
ROW = (
    "p7nww3n6,2026-05-02T09:00:00.000Z,2026-05-02T09:00:04.500Z,2026-05-02T09:00:05Z,2026-05-02T09:00:06Z,"
    "2026-05-02T09:00:06Z,2026-05-02T09:01:04.500Z,2026-05-02T09:01:10Z,60000,60,https://example.com/demo,"
    '192.0.2.7,en-GB,"Mozilla/5.0 (X11, Linux)",451,iphone15pro,17.2,portrait,false,true,DE,uma@acme.example'
)
LISTED = {
    "targetId": "target-1",
    "appId": "io.acme.shop",
    "platform": "ios",
    "device": "iphone15pro",
    "osVersion": "18.1",
    "sessionRequestedTime": "2026-05-02T09:00:00.000Z",
    "startTime": "2026-05-02T09:00:04.500Z",
    "userConnectedTime": "2026-05-02T09:00:05.000Z",
    "frameTime": None,
    "appLaunchTime": None,
    "endTime": "2026-05-02T09:01:04.500Z",
    "closeTime": "2026-05-02T09:01:10.000Z",
    "sessionLengthSeconds": 60,
    "queueTimeSeconds": 4.5,
}


def imported(tmp_path: Path, name: str, content: str | bytes, *arguments: str) -> tuple[str, list[str]]:
    """What the command says about a file, and the lines it refuses."""
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    output, errors = io.StringIO(), io.StringIO()
    try:
        call_command("import_sessions", str(path), "--organisation", "acme", *arguments, stdout=output, stderr=errors)
    except CommandError as error:
        if error.returncode != 1:
            raise
    return output.getvalue().strip(), [line.removeprefix(f"{path}:") for line in errors.getvalue().splitlines()]


def the_session() -> Session:
    return Session.objects.select_related("app", "device", "os", "user").get()


def csv(header: str, *rows: str) -> str:
    return "\n".join([header, *rows, ""])


def test_a_record_of_the_report_has_every_column_in_its_place(acme: Organisation, tmp_path: Path) -> None:
    said, refused = imported(tmp_path, "2026-05.csv", csv(HEADER, ROW))

    assert (said, refused) == ("1 sessions (1 new, 0 updated), 0 events, 0 attachments, 0 lines refused", [])
    session = the_session()
    assert session.app is not None
    assert session.device is not None
    assert session.os is not None
    assert session.user is not None
    assert session.requested_at == datetime(2026, 5, 2, 9, 0, tzinfo=UTC)
    assert session.started_at == datetime(2026, 5, 2, 9, 0, 4, 500_000, tzinfo=UTC)
    assert session.ended_at == datetime(2026, 5, 2, 9, 1, 4, 500_000, tzinfo=UTC)
    assert (session.status, session.initiator_type, session.user.email) == ("ended", "user", "uma@acme.example")
    assert (session.app.app_id, session.app_build) == ("p7nww3n6", "451")
    assert (session.device.model, session.os.version) == ("iphone15pro", "17.2")
    assert (session.client_ip, session.user_agent) == ("192.0.2.7", "Mozilla/5.0 (X11, Linux)")
    assert session.country == "DE"
    # The lengths agree with the times, so they say nothing more.
    assert session.attributes == {
        "userConnected": "2026-05-02T09:00:05Z",
        "frameTime": "2026-05-02T09:00:06Z",
        "appLaunchTime": "2026-05-02T09:00:06Z",
        "closeTime": "2026-05-02T09:01:10Z",
        "referrer": "https://example.com/demo",
        "clientLanguage": "en-GB",
        "rotation": "portrait",
        "debug": False,
        "queued": True,
    }


def test_the_same_report_again_in_another_order_with_a_mark_and_epoch_times_is_the_same_session(
    acme: Organisation, tmp_path: Path
) -> None:
    imported(tmp_path, "2026-05.csv", csv(HEADER, ROW))
    names, cells = HEADER.split(","), ROW.replace('"Mozilla/5.0 (X11, Linux)"', '"Mozilla/5.0 (X11; Linux)"')
    backwards = [*zip(names, cells.replace("(X11; Linux)", "(X11\x00 Linux)").split(","), strict=True)][::-1]
    row = ",".join(cell.replace("\x00", ",") for _, cell in backwards)
    row = row.replace("2026-05-02T09:00:00.000Z", "1777712400000").replace("2026-05-02T09:01:04.500Z", "1777712464500")
    again = "\ufeff" + csv(",".join(name for name, _ in backwards) + ",region", row + ",eu").replace("\n", "\r\n")

    said, refused = imported(tmp_path, "again.csv", again)

    assert (said, refused) == ("1 sessions (0 new, 1 updated), 0 events, 0 attachments, 0 lines refused", [])
    assert the_session().attributes["region"] == "eu"


def test_a_report_with_few_columns_is_enough(acme: Organisation, tmp_path: Path) -> None:
    report = csv("startTime;sessionLengthSeconds;location", "2026-05-02 09:00:00;90;52.52,13.4")
    imported(tmp_path, "few.csv", report)

    session = the_session()
    assert session.initiator_type == "anonymous"
    assert session.ended_at == datetime(2026, 5, 2, 9, 1, 30, tzinfo=UTC)
    assert (session.latitude, session.longitude) == (52.52, 13.4)
    assert session.attributes == {}


def test_what_disagrees_with_the_times_is_kept_as_it_was_sent(acme: Organisation, tmp_path: Path) -> None:
    imported(tmp_path, "x.csv", csv(HEADER, ROW.replace(",60000,60,", ",60000,75,").replace(",DE,", ",Berlin,")))

    session = the_session()
    assert session.attributes["sessionLengthSeconds"] == "75"
    assert session.attributes["location"] == "Berlin"
    assert "sessionLengthMilliseconds" not in session.attributes
    assert session.country is None


def test_bad_records_are_reported_by_line_and_column_and_the_good_ones_kept(acme: Organisation, tmp_path: Path) -> None:
    report = csv(
        HEADER,
        ROW.replace("2026-05-02T09:00:04.500Z", "yesterday"),
        ROW.replace("https://example.com/demo", '"two\nlines"'),
        "",
        ROW.replace("192.0.2.7", "nowhere"),
        ROW + ",one too many",
        ROW.replace("2026-05-02T09:00:04.500Z", "2026-05-02T08:00:00Z"),
        "p7nww3n6",
        ROW.replace("uma@acme.example", "@"),
        ROW.replace(",60000,", ",a minute,"),
    ).encode()

    said, refused = imported(tmp_path, "x.csv", report + ROW.encode().replace(b"en-GB", b"\xff") + b"\n")

    assert said.startswith("1 sessions (1 new")
    assert refused == [
        "2: startTime: is neither ISO 8601 nor milliseconds since 1970",
        "6: clientIP: is not an IP address",
        "7: has 23 cells, and the header 22 columns",
        "8: startTime: is before requested_at",
        "9: sessionRequested: is required while the session is queued",
        "10: appetizeUser: is not an e-mail address",
        "11: sessionLengthMilliseconds: is not a number",
        "12: clientLanguage: is not valid UTF-8",
    ]


def test_a_quote_that_is_never_closed_is_reported_and_not_swallowed(acme: Organisation, tmp_path: Path) -> None:
    report = csv(HEADER, ROW, ROW.replace("https://example.com/demo", '"' + "x" * 200_000))

    said, refused = imported(tmp_path, "x.csv", report)

    assert said.startswith("1 sessions (1 new")
    assert refused[0] == "3: not CSV: field larger than field limit (131072)"


SHORT = "publicKey,startTime,endTime,clientUserAgent"


def record(hour: int, agent: str) -> str:
    return f"hat.shop,2026-05-02T{hour:02}:00:00Z,2026-05-02T{hour:02}:01:00Z,{agent}"


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_lines_may_end_as_they_do_anywhere(
    acme: Organisation, tmp_path: Path, ending: str, last: bool, mark: str
) -> None:
    report = mark + ending.join([SHORT, record(1, f'"one{ending}and more"'), "", record(2, "two")]) + ending * last

    assert imported(tmp_path, "x.csv", report)[0].startswith("2 sessions (2 new")
    agents = {session.user_agent for session in Session.objects.all()}
    assert agents == {f"one{ending}and more", "two"}
    records = list(FORMATS["appetize-csv"].split(io.BytesIO(report.encode())))
    assert [line.number for line in records] == [2, 5]
    assert records[-1].end == len(report.encode())


@pytest.mark.parametrize(
    ("rows", "refused", "kept"),
    [
        ([record(1, "a"), record(2, '"b'), record(3, "c")],
         ["3: not CSV: a quote that opens here is never closed (lines 3 to 4 are left out)"], ["a"]),
        ([record(1, '"a')], ["2: not CSV: a quote that opens here is never closed"], []),
        ([record(1, '"a'), record(2, '"b"'), record(3, "c")],
         ["2: not CSV: ',' expected after '\"' (lines 2 to 3 are left out)"], ["c"]),
        ([record(1, '"a"b'), record(2, "c")], ["2: not CSV: ',' expected after '\"'"], ["c"]),
    ],
)  # fmt: skip
def test_no_quote_swallows_a_record_in_silence(
    acme: Organisation, tmp_path: Path, rows: list[str], refused: list[str], kept: list[str]
) -> None:
    assert imported(tmp_path, "x.csv", csv(SHORT, *rows))[1] == refused
    assert [session.user_agent for session in Session.objects.order_by("started_at")] == kept


@pytest.mark.parametrize(
    ("content", "refused"),
    [
        (csv(SHORT, record(1, "a\0b")), ["2: clientUserAgent: contains a NUL character"]),
        (csv(SHORT, record(1, "a") + ",b"), ["2: has 5 cells, and the header 4 columns"]),
        (csv(SHORT) + "hat.shop,2026-05-02T01:00:00Z", ["2: is cut short: it has 2 of 4 cells, and the file ends"]),
        (csv('publicKey,"startTime', "hat.shop,2026"), ["1: not CSV: the header: unexpected end of data"]),
        (csv(SHORT, record(1, "x" * 1_100_000)), ["2: not CSV: a line longer than 1,048,576 characters"]),
        ("x" * 3_000_000, ["1: not CSV: the header: a line longer than 1,048,576 characters"]),
        (csv(SHORT), []),
        (SHORT, []),
        ("\ufeff", []),
        ("\n\n", []),
    ],
    ids=["NUL", "long", "short", "header's quote", "long line", "long header", "header", "no end", "BOM", "blank"],
)
def test_what_is_wrong_with_a_report_is_named_once(
    acme: Organisation, tmp_path: Path, content: str, refused: list[str]
) -> None:
    said, found = imported(tmp_path, "x.csv", content)
    assert (said[:10], found) == ("0 sessions", refused)


def test_after_a_line_of_100_mb_the_next_one_is_read_in_little_memory() -> None:
    class Long(io.RawIOBase):
        left = 100_000_000

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
            size = min(len(buffer), self.left)
            buffer[:size] = b"x," * (size // 2) + b"x" * (size % 2)
            self.left -= size
            return size

    class Parts(io.RawIOBase):
        parts = (io.BytesIO(csv(SHORT).encode()), Long(), io.BytesIO(f"\n{record(1, 'a')}\n".encode()))

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
            return next((size for part in self.parts if (size := part.readinto(buffer))), 0)

    tracemalloc.start()
    found = [(line.number, json.loads(line.raw)) for line in FORMATS["appetize-csv"].split(io.BufferedReader(Parts()))]  # type: ignore[type-var]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert found[0] == (2, {"": "not CSV: a line longer than 1,048,576 characters"})
    assert [(number, one["clientUserAgent"]) for number, one in found[1:]] == [(3, "a")]
    assert peak < 20_000_000


def test_a_shorter_line_has_empty_cells_at_its_end_and_a_column_that_is_there_twice_stays(
    acme: Organisation, tmp_path: Path
) -> None:
    report = csv(f"{SHORT},,startTime", "hat.shop,2026-05-02T01:00:00Z,2026-05-02T01:01:00Z", record(2, "a") + ",b,c")

    assert imported(tmp_path, "x.csv", report)[0].startswith("2 sessions (2 new")
    first, second = Session.objects.order_by("started_at")
    assert (first.user_agent, first.status) == (None, "ended")
    assert second.attributes == {"column 5": "b", "startTime (column 6)": "c"}


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ("x" * 131_073, "field larger than field limit (131072)"),
        ("a," + "x" * 131_073, "field larger than field limit (131072)"),
        ('a,"' + "x\n" * 70_000, "field larger than field limit (131072)"),
        ("a," * 600_000, "a line longer than 1,048,576 characters"),
        ('a,"b', "unexpected end of data"),
    ],
    ids=["a name", "a second name", "a name that does not end", "too long", "a quote that does not end"],
)
def test_a_header_that_cannot_be_read_is_refused_by_name(header: str, why: str) -> None:
    (line,) = FORMATS["appetize-csv"].split(io.BytesIO(f"{header}\n1,2\n".encode()))
    with pytest.raises(LineError, match=re.escape(f"not CSV: the header: {why}")):
        FORMATS["appetize-csv"].read(line.raw)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("name", ["x.csv", "x.json", "x.ndjson"])
def test_another_encoding_is_named_once(acme: Organisation, tmp_path: Path, encoding: str, name: str) -> None:
    line = json.dumps({"status": "ended", "initiator": {"type": "anonymous"}, "started_at": "2026-05-02T09:00:00Z"})
    contents = {
        "x.csv": csv(SHORT, record(1, "a"), record(2, "b")),
        "x.json": json.dumps([LISTED, LISTED], indent=1),
        "x.ndjson": f"{line}\n{line}\n",
    }

    said, refused = imported(tmp_path, name, contents[name].encode(encoding))

    assert said.startswith("0 sessions")
    assert refused == [f"1: is encoded in {encoding[:6].upper()}: save it as UTF-8"]


@pytest.mark.parametrize("name", ["x.json", "x.ndjson"])
def test_objects_separated_by_cr_alone_are_refused_with_the_reason(
    acme: Organisation, tmp_path: Path, name: str
) -> None:
    line = json.dumps({"status": "ended", "initiator": {"type": "anonymous"}, "started_at": "2026-05-02T09:00:00Z"})

    assert imported(tmp_path, name, f"{line}\r{line}\r")[1] == ["1: has lines that end with CR alone: end them with LF"]


@pytest.mark.parametrize("separators", [None, (",", ":")])
@pytest.mark.parametrize("indent", [None, 1])
def test_a_list_that_was_cut_short_is_one_refusal_wherever_it_was_cut(
    acme: Organisation, tmp_path: Path, indent: int | None, separators: tuple[str, str] | None
) -> None:
    whole = json.dumps({"data": [LISTED, LISTED]}, indent=indent, separators=separators)
    for length in range(1, len(whole), 97):
        records = list(FORMATS["appetize-json"].split(io.BytesIO(whole[:length].encode())))
        with pytest.raises(LineError, match="not JSON"):
            FORMATS["appetize-json"].read(records[-1].raw)
        assert len(records) == 1


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'{"data":[\n' + b'{"id":"a"},\n' * 1_000_000, "not JSON: the document ends too early"),
        (b'{"data":[{}],\n"more":' + b"9" * 9_000_000 + b"}]", "not JSON: something follows the document"),
        (b"[\n" + b"[" * 9_000_000, "Its JSON is nested too deeply."),
        (b"{" + b'"a":1,' * 2_000_000 + b'\n"data":[{}]}', "Its JSON has more than 1000 keys."),
        (b'{"id":\n"' + b"x" * 9_000_000 + b'"}', "longer than 8 MiB"),
        (b"[\n" + b'{"id":"' + b"x" * 9_000_000 + b'"}]', "longer than 8 MiB"),
        (b"{}\n" + b'{"id":"' + b"x" * 65 * 1024**2 + b'"}', "longer than 64 MiB"),
        (f"[{'1,' * 5_000_000}1]".encode("utf-16"), "is encoded in UTF-16: save it as UTF-8"),
    ],
    ids=["cut short", "with more", "nested", "keys", "one session", "a session", "a line", "UTF-16"],
)
def test_what_is_wrong_with_a_large_list_is_said_once(content: bytes, why: str) -> None:
    *_, record = FORMATS["appetize-json"].split(io.BytesIO(content))
    with pytest.raises(LineError) as refused:
        FORMATS["appetize-json"].read(record.raw)
    assert refused.value.message == why
    assert record.number == (2 if content.startswith(b"{}") else 1)


def test_a_list_may_come_through_a_pipe() -> None:
    reading, writing = os.pipe()
    with open(writing, "wb") as end:  # noqa: PTH123
        end.write(b'{"total": 2,\n"data": [{"id": "a"},\n{"id": "b"}]}')
    with open(reading, "rb") as file:  # noqa: PTH123
        records = list(FORMATS["appetize-json"].split(file))
    assert [(line.number, line.raw) for line in records] == [(1, b'{"id": "a"}'), (2, b'{"id": "b"}')]


def test_one_bad_line_of_a_list_by_line_is_one_refusal() -> None:
    records = FORMATS["appetize-json"].split(io.BytesIO(b'[{"id":"a"}]\n[{"id":"b"\n{"data":[{"id":"c"}]}\n'))
    assert [line.raw for line in records] == [b'{"id":"a"}', b'[{"id":"b"\n', b'{"id":"c"}']


@pytest.mark.parametrize(
    "content",
    [
        json.dumps({"data": [LISTED], "nextPage": None, "total": 1}),
        json.dumps({"sessions": [LISTED]}, indent=2),
        json.dumps([LISTED], indent=2),
        json.dumps([LISTED]),
        json.dumps(LISTED),
        "\ufeff" + json.dumps({"data": [LISTED]}) + "\n\n" + json.dumps({"data": []}) + "\n",
    ],
)
def test_a_listed_session_has_every_field_in_its_place_however_the_list_was_saved(
    acme: Organisation, tmp_path: Path, content: str
) -> None:
    said, refused = imported(tmp_path, "list.json", content)

    assert (said, refused) == ("1 sessions (1 new, 0 updated), 0 events, 0 attachments, 0 lines refused", [])
    session = the_session()
    assert session.app is not None
    assert session.os is not None
    assert session.device is not None
    assert (session.status, session.app.app_id, session.platform) == ("ended", "io.acme.shop", "ios")
    assert (session.os.name, session.os.version, session.device.model) == ("iOS", "18.1", "iphone15pro")
    assert session.attributes == {
        "targetId": "target-1",
        "userConnectedTime": "2026-05-02T09:00:05Z",
        "closeTime": "2026-05-02T09:01:10Z",
    }


def test_a_session_that_was_running_is_the_same_one_when_it_has_ended(acme: Organisation, tmp_path: Path) -> None:
    running = LISTED | {"endTime": None, "closeTime": None, "sessionLengthSeconds": 12}
    queued = running | {"startTime": None, "userConnectedTime": None, "queueTimeSeconds": 2, "sessionLengthSeconds": 0}
    seen = []
    for listed in (queued, running, LISTED):
        imported(tmp_path, "list.json", json.dumps([listed]))
        seen.append(the_session().status)

    assert seen == ["queued", "active", "ended"]


def test_a_queue_time_stands_in_for_the_time_of_the_request(acme: Organisation, tmp_path: Path) -> None:
    imported(tmp_path, "list.json", json.dumps([LISTED | {"sessionRequestedTime": None}]))

    assert the_session().requested_at == datetime(2026, 5, 2, 9, 0, tzinfo=UTC)


def test_values_that_are_no_scalars_are_kept_as_json(acme: Organisation, tmp_path: Path) -> None:
    listed = LISTED | {"buildTags": ["beta", "eu"], "user": {"name": "Uma"}, "cost": 1.5, "proxy": True, "note": ""}
    imported(tmp_path, "list.json", json.dumps([listed]))

    attributes = the_session().attributes
    assert attributes["buildTags"] == '["beta","eu"]'
    assert attributes["user"] == '{"name":"Uma"}'
    assert (attributes["cost"], attributes["proxy"]) == (1.5, True)
    assert "note" not in attributes


def test_bad_sessions_of_a_list_are_reported_by_position_and_field(acme: Organisation, tmp_path: Path) -> None:
    content = json.dumps({"data": [LISTED, LISTED | {"endTime": 17}, "x", LISTED | {"osVersion": "1" * 200}]})

    said, refused = imported(tmp_path, "list.json", content)

    assert said.startswith("1 sessions (1 new")
    assert refused == [
        "2: endTime: is neither ISO 8601 nor milliseconds since 1970",
        "3: Expected object",
        "4: osVersion: Expected str of length <= 100",
    ]


def test_a_file_that_is_no_list_is_one_refusal(acme: Organisation, tmp_path: Path) -> None:
    _, refused = imported(tmp_path, "list.json", '{"data": [\n')

    assert len(refused) == 1
    assert refused[0].startswith("1: not JSON: ")


def test_an_empty_file_is_no_session(acme: Organisation, tmp_path: Path) -> None:
    for name in ("x.csv", "x.json", "x.ndjson"):
        assert imported(tmp_path, name, b"") == (
            "0 sessions (0 new, 0 updated), 0 events, 0 attachments, 0 lines refused",
            [],
        )


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.csv", "appetize-csv"), ("A.JSON", "appetize-json"), ("a.ndjson", "ndjson"), ("-", "ndjson")],
)
def test_the_extension_tells_the_format(name: str, expected: str) -> None:
    assert format_of(name) == expected


def test_the_format_may_be_named(acme: Organisation, tmp_path: Path) -> None:
    said, _ = imported(tmp_path, "report.txt", csv(HEADER, ROW), "--format", "appetize-csv")

    assert said.startswith("1 sessions (1 new")


def test_a_report_of_any_length_is_read_record_by_record() -> None:
    class Endless(io.RawIOBase):
        """A report without an end: reading it whole would never return."""

        def __init__(self) -> None:
            self.given = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
            line = (HEADER if not self.given else ROW).encode() + b"\n"
            self.given += 1
            buffer[: len(line)] = line
            return len(line)

    records = FORMATS["appetize-csv"].split(io.BufferedReader(Endless(), 4096))  # type: ignore[type-var]
    taken = [next(records) for _ in range(1000)]

    assert [line.number for line in taken] == list(range(2, 1002))
    assert isinstance(taken[0], Line)


def test_every_refusal_of_a_record_names_a_column_of_the_file() -> None:
    with pytest.raises(LineError) as caught:
        FORMATS["appetize-csv"].read(json.dumps({"startTime": "2026-05-02", "clientUserAgent": "x" * 1001}).encode())

    assert caught.value.field == "clientUserAgent"
