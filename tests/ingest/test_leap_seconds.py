"""23:59:60 in UTC is a time, wherever RFC 3339 is read: the first second of the day that follows."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.core.exceptions import ValidationError

from sessions.contract.leap_seconds import leap_second
from sessions.contract.line_errors import LineError
from sessions.contract.schema import SessionLine
from sessions.ingest.reading.formats.appetize_values import moment
from sessions.ingest.reading.parse import parse, parse_line
from sessions.models import Event, Organisation, User
from sessions.query.parameters import DayOrMomentField
from tests.api_writing.program import NDJSON, SESSIONS, Program
from tests.ingest.lines import a_line, an_event, send_lines, stored

NEW_YEAR = datetime(2017, 1, 1, tzinfo=UTC)
HALF = timedelta(seconds=0.5)
LEAP = "2016-12-31T23:59:60Z"
LEAPS = {
    LEAP: NEW_YEAR,
    "2016-12-31t23:59:60z": NEW_YEAR,
    "2016-12-31 23:59:60Z": NEW_YEAR,
    "2016-12-31T23:59:60.5Z": NEW_YEAR + HALF,
    "2016-12-31T23:59:60.500000000Z": NEW_YEAR + HALF,
    "2017-01-01T00:59:60+01:00": NEW_YEAR,
    "2016-12-31T18:59:60-05:00": NEW_YEAR,
    "2017-01-01T05:29:60+05:30": NEW_YEAR,
    "1990-12-31T15:59:60-08:00": datetime(1991, 1, 1, tzinfo=UTC),
}
NONE = [
    "2016-12-31T22:59:60Z",
    "2016-12-31T23:58:60Z",
    "2016-12-31T23:59:60+01:00",
    "2016-12-31T23:59:61Z",
    "2016-13-31T23:59:60Z",
    "2016-12-32T23:59:60Z",
    "9999-12-31T23:59:60Z",
    "2016-12-31T23:59:60+99:00",
    "2016-12-31T23:59:60",
    "2016-12-31T23:59:6٠Z",
]


@pytest.mark.parametrize(("text", "meant"), LEAPS.items())
def test_every_way_in_reads_it(text: str, meant: datetime) -> None:
    line = parse_line(json.dumps(a_line(started_at=text, events=[an_event(event_time=text)])).encode())

    assert (line.started_at, line.events[0].event_time) == (meant, meant)
    assert DayOrMomentField().clean(text.replace("t", "T")) == meant
    assert moment(text, "startTime") == meant


@pytest.mark.parametrize("text", NONE)
def test_where_there_can_be_none_it_is_refused(text: str) -> None:
    assert leap_second(text) is None
    with pytest.raises(LineError) as refused:
        parse(json.dumps(a_line(started_at=text)).encode(), SessionLine)
    assert (refused.value.code, refused.value.field) == ("invalid_value", "started_at")
    with pytest.raises(ValidationError):
        DayOrMomentField().clean(text)


def test_a_time_without_a_zone_is_utc_where_that_is_the_format() -> None:
    assert moment("2016-12-31T23:59:60", "startTime") == NEW_YEAR


def test_only_times_are_read_so(acme: Organisation) -> None:
    """What a text says stays."""
    fields: dict[str, Any] = {"environment": LEAP, "attributes": {"a": LEAP}}
    event = an_event(event_time=LEAP, str1=LEAP, event_properties={"event_time": LEAP}, ip=None)
    assert not send_lines(acme, a_line(started_at=LEAP, ended_at=None, **fields, events=[event])).refused

    row = stored(acme)
    assert (row.environment, row.attributes, row.started_at) == (LEAP, {"a": LEAP}, NEW_YEAR)
    found = Event.objects.get()
    assert (found.str1, found.event_properties, found.event_time) == (LEAP, {"event_time": LEAP}, NEW_YEAR)


def test_what_else_is_wrong_is_named_all_the_same() -> None:
    for wrong, field in (({"environment": 1}, "environment"), ({"hat": 1}, "hat"), ({"ended_at": "x"}, "ended_at")):
        with pytest.raises(LineError) as refused:
            parse(json.dumps(a_line(started_at=LEAP, **wrong)).encode(), SessionLine)
        assert refused.value.field == field


def test_it_is_the_same_over_http(dave: User, acme: Organisation) -> None:
    program = Program(dave)
    posted = program.post(a_line(started_at=LEAP, requested_at=None, ended_at="2017-01-01T00:59:60+01:00"))
    assert posted.status_code == 201
    ident = posted.json()["id"]
    assert posted.json()["started_at"] == posted.json()["ended_at"] == "2017-01-01T00:00:00.000000Z"
    assert program.patch(ident, {"requested_at": LEAP}).json()["queue_ms"] == 0
    assert program.batch(a_line(external_id="two", started_at=LEAP, ended_at=None))[0]["status"] == "created"
    assert program.events(ident, an_event(event_time=LEAP)).json()["new"] == 1
    lines = b"\n".join(json.dumps(an_event(event_time=LEAP, str1=str(n))).encode() for n in range(2))
    assert program.send("POST", f"{SESSIONS}/{ident}/events", lines, NDJSON).json()["new"] == 2

    at = quote(LEAP)
    assert len(program.send("GET", f"{SESSIONS}?start={at}&end={at}").json()["sessions"]) == 2
    assert len(json.loads(program.send("GET", f"/api/v1/events?start={at}&end={at}").getvalue())["events"]) == 3


def test_it_takes_no_longer_than_the_text_is_long() -> None:
    """Neither many of them nor one that never ends is read again and again."""
    many = a_line(started_at=LEAP, events=[an_event(event_time=LEAP, str1=str(n)) for n in range(5_000)])
    assert len(parse(json.dumps(many).encode(), SessionLine).events) == 5_000
    assert leap_second("2016-12-31T23:59:60." + "0" * 1_000_000 + "Z") is None
