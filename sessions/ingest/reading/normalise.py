"""What a session must mean to be kept, field by field, and the times that follow from others.

Everything that the database's constraints refuse is refused here first, by name.
"""

import ipaddress
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TypeVar

from django.utils import timezone

from sessions.contract.choices import OPEN_STATUSES
from sessions.contract.line_errors import LineError, invalid, required
from sessions.contract.schema import Event, Initiator, SessionLine
from sessions.ingest.reading.clocks import check_not_far_ahead, is_heard, last_heard

Line = TypeVar("Line", bound=SessionLine)

# A session's keys hold its week in 16 bits (sessions.models.keys), which end in the year 2597.
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2500, 1, 1, tzinfo=UTC)
MAX_TOKEN_LABEL = 200
MAX_NAME = 255
TOLERANCE = timedelta(milliseconds=1)

_EMAIL = re.compile(r"[^\s@\x00-\x1f\x7f]+@[^\s@\x00-\x1f\x7f]+")
_CONTENT_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(\s*;[\x20-\x7e]*)?", re.ASCII)
_UNFIT_FOR_A_NAME = re.compile(r"[/\\\x00-\x1f\x7f-\x9f]")


def normalise(line: Line, now: datetime | None = None) -> Line:
    """The same object, its times in UTC and complete, its IP addresses canonical. Raises LineError.

    It is heard of `now`: no sign of life is later than that (`sessions.ingest.reading.clocks`).
    """
    now = now or timezone.now()
    _check_years(line)
    line.network.client_ip = _ip(line.network.client_ip, "network.client_ip")
    line.network.server_ip = _ip(line.network.server_ip, "network.server_ip")
    normalise_events(line.events)
    _check_initiator(line.initiator)
    _check_app(line)
    _check_attachments(line, now)
    if None in (line.requested_at, line.started_at, line.ended_at, line.last_seen_at):
        _derive_times(line, now)
        _check_years(line)
    for name in ("requested_at", "started_at"):
        if (time := getattr(line, name)) is not None:
            check_not_far_ahead(time, now, name)
    _check_times(line, now)
    _check_durations(line)
    assert line.last_seen_at is not None
    if not is_heard(line.last_seen_at, now):
        line.last_seen_at = last_heard(line, now)
    return line


def normalise_events(events: list[Event]) -> None:
    for index, event in enumerate(events):
        event.event_time = _utc(event.event_time, f"events[{index}].event_time")
        if event.ip is not None:
            event.ip = _ip(event.ip, f"events[{index}].ip")


def _check_years(line: SessionLine) -> None:
    """Of the times that are sent, and again of those that follow from a duration."""
    for name in ("requested_at", "started_at", "ended_at", "last_seen_at"):
        if (time := getattr(line, name)) is not None:
            setattr(line, name, _utc(time, name))


def _utc(value: datetime, field: str) -> datetime:
    if value.tzinfo is not UTC:
        try:
            value = value.astimezone(UTC)
        except OverflowError as error:
            raise invalid(field, "is outside the years 1970 to 2499") from error
    if not EARLIEST <= value < LATEST:
        raise invalid(field, "is outside the years 1970 to 2499")
    return value


def _ip(value: str | None, field: str) -> str | None:
    try:
        return None if value is None else _canonical_ip(value)
    except ValueError as error:
        raise invalid(field, "is not an IP address") from error


@lru_cache(maxsize=10_000)
def _canonical_ip(value: str) -> str:
    if "%" in value:  # a zone index means something on one machine only, and PostgreSQL takes none
        raise ValueError(value)
    return str(ipaddress.ip_address(value))


def _check_initiator(initiator: Initiator) -> None:
    initiator.email = initiator.email or None
    initiator.username = initiator.username or None
    if initiator.email is not None and not _EMAIL.fullmatch(initiator.email):
        raise invalid("initiator.email", "is not an e-mail address")
    if initiator.type == "user" and not (initiator.email or initiator.username):
        raise required("initiator.email", "is required, or a username, for an initiator of type user")
    if initiator.type == "token":
        if not initiator.label:
            raise required("initiator.label", "is required for an initiator of type token")
        if len(initiator.label) > MAX_TOKEN_LABEL:
            raise invalid("initiator.label", f"is longer than {MAX_TOKEN_LABEL} characters")


def _check_app(line: SessionLine) -> None:
    if line.app.app_id is None and (line.app.name or line.app.group):
        raise required("app.app_id", "is required where an app has a name or a group")


def _check_attachments(line: SessionLine, now: datetime) -> None:
    names: set[str] = set()
    for index, attachment in enumerate(line.attachments):
        check_name(attachment.name, f"attachments[{index}].name")
        if attachment.name in names:
            raise invalid(f"attachments[{index}].name", "is the name of two attachments")
        names.add(attachment.name)
        check_content_type(attachment.content_type, f"attachments[{index}].content_type")
        if attachment.starts_at is not None:
            attachment.starts_at = file_start(attachment.starts_at, now, f"attachments[{index}].starts_at")


def check_name(name: str, field: str = "name") -> None:
    """An attachment's name is a plain file name, so that it can stand in a URL and be saved under it."""
    if len(name) > MAX_NAME or name in ("", ".", "..") or _UNFIT_FOR_A_NAME.search(name):
        raise invalid(field, "must be a plain file name")


def check_content_type(value: str, field: str = "content_type") -> None:
    if len(value) > MAX_NAME or not _CONTENT_TYPE.fullmatch(value):
        raise invalid(field, "is not a content type such as text/plain")


def file_start(value: datetime, now: datetime, field: str = "starts_at") -> datetime:
    """When a file's first frame or byte is, in UTC. Raises LineError."""
    value = _utc(value, field)
    check_not_far_ahead(value, now, field)
    return value


def _derive_times(line: SessionLine, now: datetime) -> None:
    """What a duration says about a time that is missing."""
    closed = line.status in ("ended", "failed")
    if line.queue_ms is not None and line.status != "queued":
        queue = timedelta(milliseconds=line.queue_ms)
        if line.started_at is not None and line.requested_at is None:
            line.requested_at = line.started_at - queue
        elif line.started_at is None and line.requested_at is not None:
            line.started_at = line.requested_at + queue
    if line.duration_ms is not None:
        duration = timedelta(milliseconds=line.duration_ms)
        if line.started_at is None and line.ended_at is not None:
            line.started_at = line.ended_at - duration
        elif line.started_at is not None and line.ended_at is None:
            if closed:
                line.ended_at = line.started_at + duration
            elif line.last_seen_at is None:
                line.last_seen_at = line.started_at + duration
    if line.last_seen_at is None:
        line.last_seen_at = last_heard(line, now)


def _check_times(line: SessionLine, now: datetime) -> None:
    requested, started, ended = line.requested_at, line.started_at, line.ended_at
    _check_status(line)
    if requested is None and started is None:
        raise required("started_at", "is required, or requested_at")
    if requested is not None and started is not None and started < requested:
        raise invalid("started_at", "is before requested_at")
    if ended is not None and started is not None and ended < started:
        raise invalid("ended_at", "is before started_at")
    if ended is not None and requested is not None and ended < requested:
        raise invalid("ended_at", "is before requested_at")
    heard = [time for time in (requested, started, ended) if time is not None and is_heard(time, now)]
    if line.last_seen_at is None or line.last_seen_at < max(heard, default=line.last_seen_at):
        raise invalid("last_seen_at", "is before the session's own times")


def _check_status(line: SessionLine) -> None:
    if line.status in OPEN_STATUSES and line.ended_at is not None:
        raise invalid("ended_at", f"must be absent while the session is {line.status}")
    if line.status == "queued":
        if line.started_at is not None:
            raise invalid("started_at", "must be absent while the session is queued")
        if line.requested_at is None:
            raise required("requested_at", "is required while the session is queued")
    if line.status == "active" and line.started_at is None:
        raise required("started_at", "is required while the session is active")


def _check_durations(line: SessionLine) -> None:
    """`queue_ms` and `duration_ms` are computed when read, so what was sent must be what will come back."""
    queue = line.started_at - line.requested_at if line.started_at and line.requested_at else None
    end = line.ended_at or line.last_seen_at
    duration = end - line.started_at if end and line.started_at else None
    for field, sent, computed in (("queue_ms", line.queue_ms, queue), ("duration_ms", line.duration_ms, duration)):
        if sent is not None and (computed is None or abs(computed - timedelta(milliseconds=sent)) > TOLERANCE):
            raise _disagrees(field, computed)


def _disagrees(field: str, computed: timedelta | None) -> LineError:
    if computed is None:
        return invalid(field, "cannot be known before the session has started")
    return invalid(field, f"disagrees with the times, which say {computed // timedelta(milliseconds=1)}")
