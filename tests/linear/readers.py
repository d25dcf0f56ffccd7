"""Everything that reads what somebody else sent, each as a function of bytes. What it refuses, it refuses in time."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest_session_history as plugin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.test import RequestFactory
from django.utils.cache import get_conditional_response
from session_history import kind_of, type_of

from sessions.contract import schema
from sessions.contract.errors import Problem
from sessions.contract.line_errors import LineError
from sessions.files.contents import why_not_kind, why_not_type
from sessions.files.media import served_type, viewer_of
from sessions.files.ranges import RangeNotSatisfiable, parse_range
from sessions.foreign.formal_fields import FORMAL
from sessions.foreign.fullstory import event_shape
from sessions.foreign.user_agent import read_user_agent
from sessions.http.authentication import secret_in
from sessions.http.body import JSON, check_type
from sessions.ingest.reading.formats.appetize import read_listed, read_reported
from sessions.ingest.reading.formats.csv_records import csv_records
from sessions.ingest.reading.formats.json_records import json_records
from sessions.ingest.reading.ndjson import lines
from sessions.ingest.reading.normalise import check_content_type, check_name, normalise
from sessions.ingest.reading.parse import parse, parse_line, parse_object
from sessions.query.criteria.order import NEWEST_FIRST, InvalidCursorError, Position
from sessions.query.language import parse as search
from sessions.query.parameters import SessionFilterSet
from sessions.query.passed import stem
from sessions.query.pasted import _IN_A_LINK
from sessions.receiving.events import parse_lines
from sessions.replay.telling import summary, tone
from sessions.templatetags.detail import log_text, marked
from sessions.viewers.colours import coloured
from sessions.viewers.differing.events import MOST_EVENTS, compare_events, step_of
from sessions.viewers.differing.log import compare_logs, read_excerpt
from sessions.viewers.differing.requests import compare_requests, read_requests
from sessions.viewers.har.address import without_secrets
from sessions.viewers.har.archive import NotHar, details_at, read_archive, request_at
from sessions.viewers.har.curl import curl_of
from sessions.viewers.har.index import with_address
from sessions.viewers.indent import indented
from sessions.viewers.levels import Level
from sessions.viewers.log import Search, read_window
from sessions.viewers.log_index import index_log
from sessions.viewers.log_window import line_at, lines_around
from sessions.viewers.recordings import NotRecording
from sessions.viewers.recordings.asciicast import read_header, survey
from sessions.viewers.recordings.css import declarations, inert, rules
from sessions.viewers.recordings.inert import document
from sessions.viewers.recordings.screen_svg import Palette, rows_svg
from sessions.viewers.recordings.terminal_replay import TerminalReplay
from sessions.viewers.recordings.terminal_search import Search as OutputSearch
from sessions.viewers.recordings.web_events import read_index
from sessions.viewers.recordings.web_replay import WebReplay
from sessions.viewers.stamps import stamp_of

Reader = Callable[[bytes], object]

REFUSALS = (
    LineError, Problem, NotHar, NotRecording, RangeNotSatisfiable, InvalidCursorError, ValidationError,
)  # fmt: skip

SESSION = (
    b'{"status":"ended","initiator":{"type":"user","email":"dave@acme.example"},'
    b'"started_at":"2026-11-20T10:00:00Z","ended_at":"2026-11-20T10:05:00Z",%b}'
)
CAST = b'{"version":2,"width":80,"height":24}\n'
PAGE = (
    b'[{"type":2,"timestamp":1,"data":{"node":{"type":0,"id":1,"childNodes":[{"type":2,"id":2,"tagName":"html",'
    b'"attributes":{"style":%b},"childNodes":[{"type":3,"id":3,"textContent":%b}]}]}}},'
    b'{"type":3,"timestamp":2,"data":{"source":0,"texts":[{"id":3,"value":%b}],'
    b'"attributes":[{"id":2,"attributes":{"style":{"top":"1px"}}}]}},{"type":3,"timestamp":3,"data":%b}]'
)
EVENT = b'{"event_type":"x","event_time":"2026-11-20T10:01:00Z","event_properties":{"a":%b}}'


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _quoted(raw: bytes) -> bytes:
    return json.dumps(_text(raw)).encode()


def _archive(raw: bytes) -> None:
    file = io.BytesIO(raw)
    requests = read_archive(file)
    list(with_address(file, requests, "zoë"))
    for one in requests:
        request, details = request_at(file, one), details_at(file, one)
        without_secrets(request.url)
        curl_of(request, details.request_headers, details.sent, reveal=False)


def _archive_of(entry: bytes) -> Reader:
    return lambda raw: _archive(b'{"log":{"entries":[%b]}}' % entry.replace(b"%b", raw))


def _har_text(encoding: str) -> Reader:
    def read(raw: bytes) -> None:
        content = {"mimeType": "application/x-www-form-urlencoded", "text": _text(raw), "encoding": encoding}
        message = {"type": "send", "opcode": 2, "data": _text(raw)}
        entry = {"request": {"url": _text(raw), "postData": content}, "response": {"content": content}}
        _archive(json.dumps({"log": {"entries": [{**entry, "_webSocketMessages": [message]}]}}).encode())

    return read


def _log(raw: bytes) -> None:
    read_window(io.BytesIO(raw), Search("needle"))
    window = read_window(io.BytesIO(raw), Search("", [Level.ERROR, Level.NONE]))
    for line in window.lines:
        marked(line.text, "a")


def _compared_logs(raw: bytes) -> None:
    excerpts = [read_excerpt(io.BytesIO(one), "utf-8-sig") for one in (raw, raw.swapcase()[1:])]
    for pair in compare_logs(*excerpts):
        assert pair.parts != (None, None)


def _compared_events(raw: bytes) -> None:
    words = _text(raw)
    sides = [
        [step_of(schema.Event(word[:100], datetime.now(UTC), event_properties={"a": word}), word) for word in some]
        for some in (words.split(",")[:MOST_EVENTS], [words, *words.split(" ")][:MOST_EVENTS])
    ]
    for pair in compare_events(*sides):
        assert pair.change


def _compared_requests(raw: bytes) -> None:
    addresses = _text(raw).split(",")[:2_000]
    archives = [
        json.dumps({"log": {"entries": [{"request": {"url": url}} for url in some]}}).encode()
        for some in (addresses, addresses[::-1])
    ]
    for pair in compare_requests(*(read_requests(io.BytesIO(archive)) for archive in archives)):
        assert pair.change


def _placed_log(raw: bytes) -> None:
    for encoding in ("utf-8-sig", "utf-16-le"):
        index = index_log(io.BytesIO(raw), len(raw), encoding)
        line_at(io.BytesIO(raw), index, 0)
        for line in lines_around(io.BytesIO(raw), index, index.total // 2, 100, 100):
            log_text(line, "a")
    stamp_of(_text(raw))
    coloured(_text(raw))


def _cast(raw: bytes) -> None:
    file = io.BytesIO(raw)
    header = read_header(file)
    replay = TerminalReplay(header)
    replay.seek(file, survey(file, header).length)
    rows_svg(replay.screen, Palette(), list(range(replay.screen.lines)))
    OutputSearch("needle").read(file, header)


def _output(raw: bytes) -> None:
    """In small parts, so that no line is left out."""
    text = _text(raw)
    parts = "".join(f'[0,"o",{json.dumps(text[at : at + 1000])}]\n' for at in range(0, len(text), 1000))
    _cast(CAST + parts.encode())


def _web(raw: bytes) -> None:
    file = io.BytesIO(raw)
    index = read_index(file)
    replay = WebReplay(index)
    replay.seek(file, index.length)
    document(replay)


def _css(raw: bytes) -> None:
    text = _text(raw)
    rules(text)
    declarations(text)
    inert(text)


def _request(**headers: str) -> HttpRequest:
    return RequestFactory().get("/api/v1/sessions", headers=headers)


def _conditional(raw: bytes) -> None:
    request = _request(**{"If-None-Match": _text(raw), "If-Match": _text(raw)})
    get_conditional_response(request, etag='"a"', response=HttpResponse())


def _types(raw: bytes) -> None:
    check_type(RequestFactory().post("/", b"", content_type=_text(raw).replace("\n", " ").replace("\r", " ")), JSON)


def _file(raw: bytes) -> None:
    for declared in ("application/json", "text/plain", "application/octet-stream", _text(raw)):
        why_not_type(declared, raw[:262_144], is_whole=True)
        why_not_kind("log", declared, raw[:262_144])
        served_type(declared)
        viewer_of("log", declared)


def _parameters(raw: bytes) -> None:
    data = QueryDict(mutable=True)
    for name in SessionFilterSet.base_filters:
        data.appendlist(name, _text(raw))
    SessionFilterSet(data).form.is_valid()


def _fullstory(raw: bytes) -> None:
    stored = {"url": _text(raw), "user_agent": _text(raw)}
    session = schema.Session(id=UUID(int=1), status="ended", initiator=schema.Initiator(type="anonymous"))
    event = schema.Event(event_type=_text(raw), event_time=datetime.now(UTC), source_properties=stored)
    event_shape("one", session, event)
    tone(event.event_type)
    summary(event)


def _initiator(raw: bytes) -> None:
    line = parse_line(SESSION % b'"environment":"x"')
    line.initiator.email = _text(raw)
    normalise(line)


def _each(read: Callable[[bytes], Any], split: Callable[[Any], Any]) -> Reader:
    def records(raw: bytes) -> None:
        for line in split(io.BytesIO(raw)):
            try:
                read(line.raw)
            except LineError:
                continue

    return records


READERS: dict[str, Reader] = {
    "a session": lambda raw: parse(raw, schema.SessionLine),
    "a session's field": lambda raw: parse(SESSION % (b'"environment":' + raw), schema.SessionLine),
    "a session's text": lambda raw: parse(SESSION % (b'"environment":' + _quoted(raw)), schema.SessionLine),
    "a session's attributes": lambda raw: parse(SESSION % (b'"attributes":' + raw), schema.SessionLine),
    "a session's key": lambda raw: parse(SESSION % (_quoted(raw) + b":null"), schema.SessionLine),
    "an event's properties": lambda raw: parse(b'{"events":[%b]}' % (EVENT % raw), schema.EventBatch),
    "an event's text": lambda raw: parse(b'{"events":[%b]}' % (EVENT % _quoted(raw)), schema.EventBatch),
    "a change": parse_object,
    "a line of a file": parse_line,
    "events by line": parse_lines,
    "NDJSON": _each(parse_line, lines),
    "CSV": _each(read_reported, csv_records),
    "a REST list": _each(read_listed, json_records),
    "an archive": _archive,
    "an archive's entry": _archive_of(b"%b"),
    "an archive's address": _archive_of(b'{"request":{"url":%b}}'),
    "an archive's headers": _archive_of(b'{"response":{"headers":%b,"content":{"text":%b}}}'),
    "an archive's texts": _har_text(""),
    "an archive's Base64": _har_text("base64"),
    "indented JSON": indented,
    "a log": _log,
    "two logs side by side": _compared_logs,
    "events side by side": _compared_events,
    "requests side by side": _compared_requests,
    "the stem of an external id": lambda raw: stem(_text(raw)),
    "a pasted link": lambda raw: _IN_A_LINK.search(_text(raw)),
    "a log on the axis": _placed_log,
    "a terminal recording": _cast,
    "a terminal recording's event": lambda raw: _cast(CAST + raw),
    "a terminal's output": _output,
    "a terminal's output in one event": lambda raw: _cast(CAST + b'[0,"o",' + _quoted(raw) + b"]\n"),
    "a web recording": _web,
    "a web recording's texts": lambda raw: _web(PAGE.replace(b"%b", _quoted(raw))),
    "a web recording's values": lambda raw: _web(PAGE.replace(b"%b", raw)),
    "a style sheet": _css,
    "a file's type": _file,
    "a search": lambda raw: search.parse(_text(raw)),
    "the start of a search": lambda raw: search.parse(_text(raw[:9_000])),
    "the start of a query of Formal's": lambda raw: search.parse(_text(raw[:9_000]), FORMAL),
    "a user agent": lambda raw: read_user_agent(_text(raw)),
    "an event for FullStory": _fullstory,
    "a range": lambda raw: parse_range("bytes=" + _text(raw), 100),
    "ETags": lambda raw: _conditional(raw[:65_536]),  # no server takes a longer header
    "Basic": lambda raw: secret_in(_request(Authorization="Basic " + _text(raw))),
    "Bearer": lambda raw: secret_in(_request(Authorization=_text(raw))),
    "a body's type": _types,
    "a file's content type": lambda raw: check_content_type(_text(raw)),
    "a file's name": lambda raw: check_name(_text(raw)),
    "an e-mail address": _initiator,
    "a cursor": lambda raw: Position.from_cursor(_text(raw), NEWEST_FIRST),
    "the list's parameters": _parameters,
    "a client's file name": lambda raw: (type_of(_text(raw).replace("\0", "")), kind_of(_text(raw).replace("\0", ""))),
    "a line of chromedriver's": lambda raw: plugin._of_chromedriver(_text(raw)),
}


def read(reader: Reader, raw: bytes) -> None:
    try:
        reader(raw)
    except REFUSALS:
        return
