"""Sessions in: one, a change to one, its events, or many as NDJSON."""

import tempfile
from collections.abc import Iterator
from typing import IO
from uuid import UUID

import msgspec
from django.conf import settings
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone

from sessions.accounts.tokens import scopes_of
from sessions.contract.choices import Scope
from sessions.contract.errors import Problem
from sessions.contract.schema import EventBatch
from sessions.http.authentication import ApiRequest, scope_required
from sessions.http.body import JSON, NDJSON, check_type, lines_of, whole
from sessions.http.refusals import refusals, sender_of, sender_to
from sessions.ingest.reading.parse import MAX_SENT_BYTES, parse
from sessions.presenters.json import json_of_new
from sessions.query import find_session_json
from sessions.receiving.changing import change
from sessions.receiving.events import add_events, parse_lines
from sessions.receiving.posting import receive, receive_lines

SPOOLED_BYTES = 1024 * 1024
ANSWER_CHUNK_BYTES = 64 * 1024


@scope_required("write")
def post_session(request: ApiRequest) -> HttpResponse:
    """Create a session, or replace the record of the one with this `external_id`."""
    check_type(request, JSON)
    raw = whole(request, settings.API_MAX_BODY_BYTES)
    with refusals():
        received = receive(sender_of(request), raw)
    if received.line is None:
        response = _stored(request, received.id)
    else:
        lost_before = timezone.now() - request.user.organisation.lost_after
        response = _json(json_of_new(received.id, received.line, lost_before, received.clock_skew_ms))
    response.status_code = 201 if received.is_new else 200
    response["Location"] = f"{request.path}/{received.id}"
    return response


@scope_required("write")
def patch_session(request: ApiRequest, session_id: UUID) -> HttpResponse:
    """Change the fields that are sent."""
    sender = sender_to(request, session_id)
    check_type(request, JSON | {"application/merge-patch+json"})
    raw = whole(request, settings.API_MAX_BODY_BYTES)
    with refusals():
        change(sender, session_id, raw)
    return _stored(request, session_id)


@scope_required("write")
def post_events(request: ApiRequest, session_id: UUID) -> HttpResponse:
    """`{"events": [...]}`, or one event a line. The same event again is no new one."""
    sender = sender_to(request, session_id)
    declared = check_type(request, JSON | NDJSON)
    raw = whole(request, MAX_SENT_BYTES)
    with refusals():
        events = parse(raw, EventBatch).events if declared in JSON else parse_lines(raw)
        new = add_events(sender, session_id, events)
    answer = msgspec.json.encode({"received": len(events), "new": new})
    return _json(answer)


@scope_required("write")
def post_batch(request: ApiRequest) -> HttpResponseBase:
    """The answer begins when all lines are read: most clients send to the end before they begin to listen."""
    check_type(request, NDJSON)
    encoder = msgspec.json.Encoder()
    answer: IO[bytes] = tempfile.SpooledTemporaryFile(SPOOLED_BYTES)  # noqa: SIM115  closed by who sends it
    for outcomes in receive_lines(sender_of(request), lines_of(request)):
        answer.write(encoder.encode_lines(outcomes))
    size = answer.tell()
    answer.seek(0)
    headers = {"Content-Length": str(size)}
    return StreamingHttpResponse(_chunks(answer), content_type="application/x-ndjson", headers=headers)


def _stored(request: ApiRequest, session_id: UUID) -> HttpResponse:
    """The session as it is stored, or its id alone for a token that may not read: a change is no way to read."""
    if request.token and Scope.READ not in scopes_of(request.token):
        return _json(msgspec.json.encode({"id": session_id}))
    text = find_session_json(request.user, session_id)
    if text is None:  # a change has made it somebody else's
        raise Problem("not_found")
    return _json(text)


def _json(text: str | bytes) -> HttpResponse:
    return HttpResponse(text, content_type="application/json")


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        yield from iter(lambda: file.read(ANSWER_CHUNK_BYTES), b"")
