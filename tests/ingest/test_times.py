"""What a session's times must mean, and which follow from others."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.ingest.lines import a_line, an_event
from tests.ingest.test_parse import parsed, refused

TEN = datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"started_at": None}, "required_field", "started_at"),
        ({"requested_at": "2026-11-20T10:00:01Z"}, "invalid_value", "started_at"),
        ({"ended_at": "2026-11-20T09:59:59Z"}, "invalid_value", "ended_at"),
        ({"started_at": None, "requested_at": "2026-11-20T11:00:00Z"}, "invalid_value", "ended_at"),
        ({"last_seen_at": "2026-11-20T10:04:00Z"}, "invalid_value", "last_seen_at"),
        ({"status": "queued"}, "invalid_value", "ended_at"),
        ({"status": "queued", "ended_at": None}, "invalid_value", "started_at"),
        ({"status": "queued", "ended_at": None, "started_at": None}, "required_field", "requested_at"),
        ({"status": "active"}, "invalid_value", "ended_at"),
        (
            {"status": "active", "ended_at": None, "started_at": None, "requested_at": "2026-11-20T10:00:00Z"},
            "required_field",
            "started_at",
        ),
        ({"duration_ms": 299_000}, "invalid_value", "duration_ms"),
        ({"requested_at": "2026-11-20T09:59:58Z", "queue_ms": 1000}, "invalid_value", "queue_ms"),
        (
            {"started_at": None, "ended_at": None, "requested_at": "2026-11-20T10:00:00Z", "duration_ms": 5},
            "invalid_value",
            "duration_ms",
        ),
        (
            {
                "status": "queued",
                "started_at": None,
                "ended_at": None,
                "requested_at": "2026-11-20T10:00:00Z",
                "queue_ms": 5,
            },
            "invalid_value",
            "queue_ms",
        ),
        (
            {"status": "lost", "ended_at": None, "last_seen_at": "2026-11-20T10:10:00Z", "duration_ms": 300_000},
            "invalid_value",
            "duration_ms",
        ),
    ],
)
def test_times_that_contradict_each_other_are_refused(fields: dict[str, Any], code: str, field: str) -> None:
    assert refused(a_line(**fields)) == (code, field)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"started_at": "1970-01-02T00:00:00Z", "queue_ms": 10**12}, "requested_at"),
        ({"started_at": None, "ended_at": "1970-01-02T00:00:00Z", "duration_ms": 10**12}, "started_at"),
        ({"started_at": "2499-01-02T00:00:00Z", "ended_at": None, "duration_ms": 10**12}, "ended_at"),
    ],
)
def test_a_duration_leads_no_further_than_times_may(fields: dict[str, Any], field: str) -> None:
    assert refused(a_line(**fields)) == ("invalid_value", field)


def test_times_are_kept_in_utc() -> None:
    assert parsed(a_line(started_at="2026-11-20T11:00:00.000001+01:00")).started_at == TEN + timedelta(microseconds=1)
    assert parsed(a_line(started_at="2026-11-20T11:00:00+01:00")).started_at.tzinfo is UTC  # type: ignore[union-attr]


def test_a_duration_gives_the_end() -> None:
    assert parsed(a_line(ended_at=None, duration_ms=1500)).ended_at == TEN + timedelta(milliseconds=1500)


def test_a_duration_and_the_end_give_the_start() -> None:
    assert parsed(a_line(started_at=None, duration_ms=300_000)).started_at == TEN


@pytest.mark.parametrize("status", ["active", "lost"])
def test_the_duration_of_an_open_or_lost_session_is_as_far_as_it_was_seen(status: str) -> None:
    line = parsed(a_line(status=status, ended_at=None, duration_ms=60_000))

    assert line.ended_at is None
    assert line.last_seen_at == TEN + timedelta(minutes=1)


def test_a_queue_time_gives_the_request() -> None:
    assert parsed(a_line(queue_ms=2000)).requested_at == TEN - timedelta(seconds=2)


def test_a_queue_time_gives_the_start() -> None:
    line = parsed(a_line(started_at=None, requested_at="2026-11-20T09:59:58Z", queue_ms=2000))

    assert line.started_at == TEN


def test_durations_may_be_off_by_a_millisecond() -> None:
    parsed(a_line(duration_ms=300_001))
    assert refused(a_line(duration_ms=300_002)) == ("invalid_value", "duration_ms")


def test_it_was_last_seen_when_it_or_an_event_last_gave_a_sign() -> None:
    assert parsed(a_line()).last_seen_at == TEN + timedelta(minutes=5)

    late = an_event(event_time="2026-11-20T10:06:00Z")

    assert parsed(a_line(events=[late])).last_seen_at == TEN + timedelta(minutes=6)


def test_a_session_that_failed_while_queued_has_an_end_and_no_start() -> None:
    line = parsed(a_line(status="failed", started_at=None, requested_at="2026-11-20T10:00:00Z"))

    assert line.started_at is None
