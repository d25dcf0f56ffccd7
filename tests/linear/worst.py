"""Reads the worst input of each kind, or of those that are named, each in a process of its own, and prints by how many
MiB it grows, the kind, and what became of the input.

    python -m tests.linear.worst "a log of one line"

The folder for attachments is that of ATTACHMENTS_DIR; no database is asked.
"""

import os
import resource
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import django
import msgspec

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sessionhistory.settings")

django.setup()

from django.conf import settings
from django.core.files.storage import default_storage
from django.shortcuts import render
from django.test import RequestFactory

from sessions.contract import schema
from sessions.contract.line_errors import LineError
from sessions.files.media import Viewer
from sessions.ingest.reading.formats.appetize import read_listed, read_reported
from sessions.ingest.reading.formats.csv_records import csv_records
from sessions.ingest.reading.formats.json_records import json_records
from sessions.ingest.reading.ndjson import lines
from sessions.ingest.reading.parse import MAX_SENT_BYTES, parse, parse_object
from sessions.models import Attachment, User
from sessions.receiving.events import parse_lines
from sessions.replay.axis import Axis, scope_of
from sessions.replay.network import open_archive
from sessions.viewers.differing.log import compare_logs, read_excerpt
from sessions.viewers.differing.requests import compare_requests, read_requests
from sessions.viewers.har.archive import LARGEST, NotHar
from sessions.viewers.har.index import HarIndex, index_archive
from sessions.viewers.indent import LARGEST as LARGEST_INDENTED
from sessions.views.panels.network import request_table
from sessions.views.recordings import recording_moment
from sessions.views.viewers import viewer_page

MIB = 1024 * 1024
SESSION = (
    b'{"status":"ended","initiator":{"type":"anonymous"},"started_at":"2026-11-20T10:00:00Z",'
    b'"ended_at":"2026-11-20T10:05:00Z","events":['
)
EVENT = b'{"event_type":"x","event_time":"2026-11-20T10:01:00Z"}'
PROPERTIES = b'{"event_type":"x","event_time":"2026-11-20T10:01:00Z","event_properties":{"a":'
ENTRIES = b'{"log":{"entries":['
REQUEST = b'{"request":{"url":"https://a.example/"},"response":{"status":200}}'
SMILE = "\U0001f642".encode()


class Input(NamedTuple):
    """`unit` as often as it fits into `size` bytes between two others.

    What takes long to read is a part of the largest file: memory that grew with it would grow `times` as much.
    """

    before: bytes
    unit: bytes
    after: bytes
    size: int
    times: int = 1

    def parts(self) -> Iterator[bytes]:
        yield self.before
        many = self.unit * (65_536 // len(self.unit))
        for _ in range((self.size - len(self.before) - len(self.after)) // len(many)):
            yield many
        yield self.after


def sent(raw: bytes) -> str:
    return str(len(parse(raw, schema.SessionLine).events))


def page(viewer: Viewer, declared: str, **parameters: str) -> Callable[[str], str]:
    def show(name: str) -> str:
        record = schema.Session(id=UUID(int=1), status="ended", initiator=schema.Initiator(type="anonymous"))
        file = Attachment(session_id=record.id, name="file", kind="log", content_type=declared, storage_name=name)
        file.size, file.sha256, file.available = default_storage.size(name), name, True
        request = RequestFactory().get("/", parameters)
        request.user = User(email="alice@acme.example")
        answer = viewer_page(request, record, file, viewer).content
        return "not shown" if b"cannot be shown" in answer else f"{len(answer)} bytes"

    return show


def two_logs(name: str) -> str:
    with default_storage.open(name) as first, default_storage.open(name) as second:
        second.read(3)  # so that no line is at its place
        pairs = compare_logs(read_excerpt(first, "utf-8-sig"), read_excerpt(second, "utf-8-sig"))
    return f"{sum(pair.parts != (None, None) for pair in pairs)} lines"


def two_archives(name: str) -> str:
    with default_storage.open(name) as file:
        return f"{len(compare_requests(read_requests(file), read_requests(file)))} requests"


def requests(**parameters: str) -> Callable[[str], str]:
    """A network log from the pass over it to its panel, but for the table in which its index is kept."""

    def show(name: str) -> str:
        file = Attachment(name="file", kind="network_log", content_type="application/json", storage_name=name)
        file.size = default_storage.size(name)
        try:
            with open_archive(file) as content:
                index = msgspec.msgpack.decode(msgspec.msgpack.encode(index_archive(content)), type=HarIndex)
        except NotHar:
            return "not shown"
        request = RequestFactory().get("/", parameters)
        axis = Axis(datetime(2026, 11, 20, 10, tzinfo=UTC), 60)
        context = request_table(request, file, index, axis, scope_of(request.GET)) | {"record": {"id": UUID(int=1)}}
        answer = render(request, "detail/panel_network.html", context).content
        return index.refused or f"{len(index.requests)} requests, {len(answer)} bytes"

    return show


def rebuilt(name: str) -> str:
    """The document of a web recording at its end."""
    file = Attachment(name="file", kind="recording", content_type="application/x-rrweb+json", storage_name=name)
    file.size, file.sha256 = default_storage.size(name), name
    return f"{len(recording_moment(RequestFactory().get('/', {'t': '999999'}), file).content)} bytes"


def whole(read: Callable[[bytes], object]) -> Callable[[str], str]:
    def read_whole(name: str) -> str:
        with default_storage.open(name) as file:
            try:
                return f"read: {read(file.read())}"[:60]
            except LineError as error:
                return f"refused: {error}"

    return read_whole


def each(split: Callable[..., Iterator[object]], read: Callable[[bytes], object]) -> Callable[[str], str]:
    def read_each(name: str) -> str:
        refused = 0
        with default_storage.open(name) as file:
            for line in split(file):
                try:
                    read(line.raw)  # type: ignore[attr-defined]
                except LineError:
                    refused += 1
        return f"{refused} refused"

    return read_each


HAR = requests(request="1")
LOG = page(Viewer.LOG, "text/plain", q="x")
JSON = page(Viewer.LOG, "application/json")
TERMINAL = page(Viewer.TERMINAL, "application/x-asciicast", t="999999", q="x")
CAST = b'{"version":2,"width":80,"height":24}\n'
SNAPSHOT = (
    b'{"type":2,"timestamp":1,"data":{"node":{"type":0,"id":1,"childNodes":[{"type":2,"id":2,"tagName":"html",'
    b'"childNodes":[%b{"type":3,"id":3,"textContent":"x"}]}]}}}'
)
NODES = b"".join(b'{"type":3,"id":%d,"textContent":"%6d"},' % (id_, id_) for id_ in range(10, 1_500))
ADDED = (
    b'{"type":3,"timestamp":2,"data":{"source":0,"adds":[{"parentId":2,"nextId":null,'
    b'"node":{"type":3,"id":%d,"textContent":"%b"}}]}}\n'
)
CANVAS = (
    b'{"type":3,"timestamp":2,"data":{"source":9,"id":9,"type":0,"commands":[{"property":"drawImage","args":[{"rr_type":'
    b'"ImageBitmap","args":[{"rr_type":"Blob","type":"image/webp","data":[{"rr_type":"ArrayBuffer","base64":"%b"}]}]},0,0]}]}}\n'
) % (b"A" * 60_000)
BATCH = each(lambda file: lines(file, MAX_SENT_BYTES), lambda raw: parse(raw, schema.SessionLine))
EVENTS = MAX_SENT_BYTES

CASES: dict[str, tuple[Callable[[str], str], Input]] = {
    "an archive of empty entries": (HAR, Input(ENTRIES, b"{},", b"{}]}}", 12 * MIB)),
    "an archive of small entries": (HAR, Input(ENTRIES, REQUEST + b",", REQUEST + b"]}}", 19_000 * 66)),
    "an archive of large entries": (
        HAR,
        Input(ENTRIES, b'{"response":{"content":{"text":"%b"}}},' % (b"x" * 20_000), b"{}]}}", LARGEST - 65_536),
    ),
    "an archive of one entry of objects": (HAR, Input(ENTRIES + b'{"a":[', b"{},", b"{}]}]}}", LARGEST // 4, 4)),
    "an archive of one long text": (
        HAR,
        Input(ENTRIES + b'{"response":{"content":{"text":"' + SMILE, b"x", b'"}}}]}}', LARGEST - 65_536),
    ),
    "an archive of headers": (
        HAR,
        Input(
            ENTRIES + b'{"request":{"headers":[', b'{"name":"a","value":"%b"},' % (SMILE + b"&" * 8_000),
            b"{}]}}]}}", 3 * MIB,
        ),
    ),
    "an archive of messages": (
        HAR, Input(ENTRIES + b'{"_webSocketMessages":[', b'{"data":"&&&&"},', b"{}]}]}}", LARGEST // 4, 4)
    ),
    "an archive of addresses": (
        HAR,
        Input(ENTRIES, b'{"request":{"url":"%b"}},' % (SMILE + b"&" * 8_000), b"{}]}}", LARGEST - 65_536),
    ),
    "a search for an address": (
        requests(q="x", sort="-address"),
        Input(ENTRIES, b'{"request":{"url":"%b"}},' % (SMILE + b"x" * 4_000), b"{}]}}", LARGEST - 65_536),
    ),
    "JSON of lists": (JSON, Input(b"[", b"[[1]],", b"1]", LARGEST_INDENTED - 1)),
    "JSON of a text": (JSON, Input(b'["' + SMILE, b"&", b'"]', LARGEST_INDENTED - 1)),
    "a log of one line": (LOG, Input(SMILE, b"x", b"", LARGEST)),
    "a log of long lines": (LOG, Input(b"", SMILE + b"&" * 3_995 + b"\n", b"", 8 * MIB)),
    "a log of matches": (
        page(Viewer.LOG, "text/plain", q="&"), Input(b"", SMILE + b"&" * 3_995 + b"\n", b"", 8 * MIB)
    ),
    "a log of empty lines": (LOG, Input(b"", b"\n", b"", 4 * MIB)),
    "two logs of long lines": (two_logs, Input(b"", SMILE + b" 1&" * 1_300 + b"\n", b"", 8 * MIB)),
    "two logs of short lines": (two_logs, Input(b"", b"1 x\n2\n", b"", 8 * MIB)),
    "two logs of one line": (two_logs, Input(SMILE, b"x1 ", b"", 8 * MIB)),
    "two archives": (
        two_archives, Input(ENTRIES, b'{"request":{"url":"%b"}},' % (SMILE + b"&" * 8_000), b"{}]}}", LARGEST - 65_536),
    ),
    "a terminal recording of lines": (
        TERMINAL, Input(CAST, b'[1.5,"o","\\u001b[32m12:00:00\\u001b[0m INFO took 12 ms\\r\\n"]\n', b"", 6 * MIB, 8)
    ),
    "a terminal recording of orders": (
        TERMINAL, Input(CAST, b'[1.5,"o","\\u001b[5;7H\\u001b[38;5;208mvalue\\u001b[K"]\n', b"", 6 * MIB, 8)
    ),
    "a terminal recording of one line": (TERMINAL, Input(CAST, b"x", b"", 50 * MIB)),
    "a terminal recording of a huge terminal": (
        TERMINAL,
        Input(b'{"version":2,"width":1000000000,"height":1000000000}\n', b'[1,"o","\\u001b[41mx"]\n', b"", 4 * MIB),
    ),
    "a terminal recording of version 1": (
        TERMINAL, Input(b'{"version":1,"width":80,"stdout":[', b'[0.1,"line\\r\\n"],', b'[0,"x"]]}', 2 * MIB, 8)
    ),
    "a web recording of changes": (
        rebuilt,
        Input(
            SNAPSHOT % b"" + b"\n", b"".join(ADDED % (id_, b"y" * 100) for id_ in range(10, 200)), b"", 12 * MIB, 4,
        ),
    ),
    "a web recording of movements": (
        rebuilt,
        Input(
            SNAPSHOT % b"" + b"\n",
            b'{"type":3,"timestamp":2,"data":{"source":1,"positions":[{"x":1,"y":2,"id":3,"timeOffset":0}]}}\n',
            b"", 12 * MIB, 4,
        ),
    ),
    "a web recording of pictures of a canvas": (
        rebuilt,
        Input(SNAPSHOT % b'{"type":2,"id":9,"tagName":"canvas"},' + b"\n", CANVAS, b"", 50 * MIB),
    ),
    "a web recording of many nodes": (
        rebuilt, Input(SNAPSHOT.partition(b"%b")[0], NODES, SNAPSHOT.partition(b"%b")[2], 59_000 * 42)
    ),
    "a session of numbers": (whole(sent), Input(SESSION + PROPERTIES + b"[", b"1,", b"1]}}]}", MIB)),
    "a session of objects": (whole(sent), Input(SESSION + PROPERTIES + b"[", b'{"a":1},', b"1]}}]}", MIB)),
    "events": (whole(sent), Input(SESSION, EVENT + b",", EVENT + b"]}", 4_500_000)),
    "a text": (whole(sent), Input(SESSION + PROPERTIES + b'"\\n' + SMILE, b"x", b'"}}]}', EVENTS)),
    "a text and an escaped colon": (
        whole(sent), Input(SESSION + PROPERTIES + b'"\\u003a' + SMILE, b"x", b'"}}]}', EVENTS)
    ),
    "a text and a key that occurs twice": (
        whole(sent), Input(SESSION + PROPERTIES + b'"' + SMILE, b"x", b'"}}],"status":"ended"}', EVENTS)
    ),
    "a text and a large integer": (
        whole(sent), Input(SESSION + PROPERTIES + b'"' + SMILE, b"x", b'","b":%b}}]}' % (b"9" * 30), EVENTS)
    ),
    "a text and half a character": (
        whole(sent), Input(SESSION + PROPERTIES + b'"' + SMILE, b"x", b'\\ud83d"}}]}', EVENTS)
    ),
    "a change of lists": (whole(parse_object), Input(b'{"a":[', b"[],", b"1]}", 740_000)),
    "events by line": (whole(lambda raw: len(parse_lines(raw))), Input(b"", EVENT + b"\n", EVENT, EVENTS)),
    "a batch of one line of objects": (
        BATCH, Input(SESSION + PROPERTIES + b"[", b'{"a":1},', b"1]}}]}", MAX_SENT_BYTES)
    ),
    "a batch of one endless line": (BATCH, Input(b"", b"x", b"", 3 * 64 * MIB)),
    "CSV of many columns": (each(csv_records, read_reported), Input(b"", b"a,", b"\n1,2\n", MIB)),
    "CSV of an open quote": (each(csv_records, read_reported), Input(b'a,b\n"', b"x,\n", b"", 300_000)),
    "a list by line": (
        each(json_records, read_listed),
        Input(b"", b'{"id":"a","startTime":"2026-11-20T10:00:00Z"}\n', b"", MIB // 8, 8),
    ),
    "a list of sessions": (
        each(json_records, len), Input(b'{"data":[\n', b'{"id":"%b"},\n' % (b"x" * 4_000), b"{}]}", 12 * MIB, 8)
    ),
    "a list of empty objects": (each(json_records, len), Input(b"[", b"{},", b"{}]", MIB // 4, 8)),
}  # fmt: skip


def high_water() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def write(name: str, given: Input) -> str:
    """Piece by piece: the file must not have been in memory before it is read."""
    place = default_storage.path(name)
    os.makedirs(os.path.dirname(place), exist_ok=True)  # noqa: PTH103, PTH120
    with open(place, "wb") as file:  # noqa: PTH123
        file.writelines(given.parts())
    return name


def measure(case: str) -> None:
    read, given = CASES[case]
    # What is loaded once, such as templates, is no growth.
    read(write("small", given._replace(size=0)))
    name = write("worst", given)
    before = high_water()
    outcome = read(name)
    sys.stdout.write(f"{(high_water() - before) * given.times:.1f}\t{case}\t{outcome}\n")
    sys.stdout.flush()


def main(cases: Iterable[str]) -> None:
    # As in the tests: no `collectstatic` has been run.
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    for case in cases:
        if not (child := os.fork()):
            measure(case)
            os._exit(0)
        if os.waitpid(child, 0)[1]:
            raise SystemExit(f"{case} failed")


if __name__ == "__main__":
    main(sys.argv[1:] or CASES)
