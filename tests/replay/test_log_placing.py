"""Where a log lies on its session's axis, by what its lines say and by what is known of the file."""

import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sessions.replay.axis import Axis
from sessions.replay.log import log_lane
from sessions.replay.log_placing import Placing, place_log
from sessions.viewers.levels import Level
from sessions.viewers.log_index import LEVELS, LogIndex, index_log

ORIGIN = datetime(2026, 11, 30, 23, 59, 0, tzinfo=UTC)
AXIS = Axis(ORIGIN, 120.0)
BERLIN, KOLKATA, NEW_YORK = (ZoneInfo(name) for name in ("Europe/Berlin", "Asia/Kolkata", "America/New_York"))


def index_of(text: str) -> LogIndex:
    content = text.encode()
    return index_log(io.BytesIO(content), len(content), "utf-8-sig")


def log_of(form: str, *seconds: float, origin: datetime = ORIGIN, zone: ZoneInfo | None = None) -> LogIndex:
    """A log with lines at these seconds of the session, as a clock of a zone shows them."""
    moments = [(origin + timedelta(seconds=each)).astimezone(zone or UTC) for each in seconds]
    return index_of("".join(f"{moment:{form}} INFO a\n" for moment in moments))


def ts(index: LogIndex, placing: Placing) -> list[float | None]:
    return [placing.t(block.low) for block in index.blocks]


FORMS = {
    "%Y-%m-%dT%H:%M:%S.%f+00:00": "times from the log",
    "%Y-%m-%d %H:%M:%S.%f": "times from the log, read as UTC",
    "%m-%d %H:%M:%S.%f  1  2 I Hat:": "times from the log, read as 2026, UTC",
    "%b %d %H:%M:%S.%f host hat:": "times from the log, read as 2026, UTC",
    "%H:%M:%S.%f": "times from the log, read as 2026-11-30, UTC",
}


@pytest.mark.parametrize(("form", "source"), FORMS.items())
def test_a_line_lies_where_it_says(form: str, source: str) -> None:
    index = log_of(form, 1.25, 30.5, 119)
    placing = place_log(index, AXIS)
    assert ts(index, placing) == pytest.approx([1.25, 30.5, 119], abs=1e-5)
    assert (placing.source, placing.off) == (source, 0.0)
    assert placing.start == pytest.approx(1.25, abs=1e-5)


@pytest.mark.parametrize("form", [form for form in FORMS if "+00:00" not in form])
def test_a_clock_without_a_zone_is_read_in_the_one_that_fits(form: str) -> None:
    index = log_of(form, 1, 119, zone=BERLIN)
    placing = place_log(index, AXIS, zones=[KOLKATA, BERLIN])
    assert ts(index, placing) == pytest.approx([1, 119])
    assert placing.source.endswith("UTC+01:00")
    assert place_log(index, AXIS, zones=[NEW_YORK]).off != 0


def test_of_zones_that_fit_alike_utc_counts() -> None:
    long = Axis(ORIGIN, 10 * 3600.0)
    assert place_log(log_of("%Y-%m-%d %H:%M:%S", 7200, 7260), long, zones=[BERLIN]).source.endswith("as UTC")


def test_a_zone_may_be_behind_utc_and_off_by_half_an_hour() -> None:
    for zone, name in ((KOLKATA, "UTC+05:30"), (NEW_YORK, "UTC-05:00")):
        placing = place_log(log_of("%Y-%m-%d %H:%M:%S", 1, 119, zone=zone), AXIS, zones=[zone])
        assert placing.source.endswith(name)


@pytest.mark.parametrize(
    ("origin", "seconds"),
    [
        (datetime(2026, 12, 31, 23, 59, 0, tzinfo=UTC), [1, 119]),
        (datetime(2027, 1, 1, 0, 0, 30, tzinfo=UTC), [-60, 5]),
        (datetime(2026, 2, 28, 23, 59, 0, tzinfo=UTC), [1, 119]),
        (datetime(2024, 2, 29, 12, 0, 0, tzinfo=UTC), [1, 119]),
        (datetime(2024, 3, 1, 12, 0, 0, tzinfo=UTC), [1, 119]),
    ],
)
def test_a_log_without_a_year_belongs_to_the_year_of_its_session(origin: datetime, seconds: list[float]) -> None:
    index = log_of("%m-%d %H:%M:%S.000", *seconds, origin=origin)
    assert ts(index, place_log(index, Axis(origin, 120.0))) == pytest.approx(seconds)


def test_seconds_of_the_log_count_from_the_sessions_start_where_they_fit() -> None:
    placing = place_log(index_of("[    2.500000] a\n[    3.000000] b\n"), AXIS)
    assert (placing.t(2.5), placing.source) == (2.5, "seconds from the log, start assumed: session’s start")


def test_seconds_since_a_boot_begin_at_the_sessions_start() -> None:
    placing = place_log(index_of("[12345.500000] a\n[12346.000000] b\n"), AXIS)
    assert placing.t(12346.0) == 0.5


def test_seconds_of_the_log_count_from_starts_at_where_that_is_known() -> None:
    placing = place_log(index_of("+0.000 s a\n+1.000 s b\n"), AXIS, ORIGIN + timedelta(seconds=5))
    assert (placing.t(1.0), placing.source) == (6.0, "seconds from the log, starts_at: sent by the producer")


def test_lines_without_stamps_have_no_place() -> None:
    index = index_of("a\nb\n")
    placing = place_log(index, AXIS, ORIGIN + timedelta(seconds=5))
    assert (placing.shift, placing.start, placing.source) == (None, 5.0, "starts_at: sent by the producer")
    assert placing.t(1.0) is None
    assert log_lane(index, placing, AXIS) is None
    assert place_log(index, AXIS).source == "start assumed: session’s start"


def test_starts_at_tells_which_zone_a_clock_showed() -> None:
    index = log_of("%Y-%m-%d %H:%M:%S", 3630, 3650, zone=BERLIN)
    long = Axis(ORIGIN, 4 * 3600.0)
    assert ts(index, place_log(index, long, ORIGIN + timedelta(seconds=3629), [BERLIN])) == [3630, 3650]


@pytest.mark.parametrize("hours", [-26, -9, -1, 1, 5.5, 9, 400])
def test_a_clock_that_is_hours_off_is_told_and_can_be_set(hours: float) -> None:
    index = log_of("%Y-%m-%dT%H:%M:%S.%f+00:00", hours * 3600 + 10, hours * 3600 + 20)
    placing = place_log(index, AXIS)
    assert placing.off == pytest.approx(hours * 3600 + (20 if hours < 0 else 10 - AXIS.length))
    assert placing.correction == -hours * 3600
    assert not placing.is_corrected
    assert ts(index, placing) == pytest.approx([hours * 3600 + 10, hours * 3600 + 20])
    corrected = place_log(index, AXIS, correct=True)
    assert ts(index, corrected) == pytest.approx([10, 20])
    assert corrected.is_corrected


def test_a_clock_that_is_off_by_no_zone_is_set_to_the_sessions_start() -> None:
    index = log_of("%Y-%m-%dT%H:%M:%S.%f+00:00", -5_000, -4_900)
    assert ts(index, place_log(index, AXIS, correct=True)) == pytest.approx([0, 100])


def test_what_lies_just_outside_is_not_off() -> None:
    placing = place_log(log_of("%Y-%m-%dT%H:%M:%S.%f+00:00", -300, -200), AXIS, correct=True)
    assert (placing.off, placing.is_corrected) == (0.0, False)
    assert placing.start == pytest.approx(-300)


def test_a_lane_counts_levels_along_the_axis() -> None:
    lines = {-5.0: "INFO", 0.0: "INFO", 0.5: "ERROR", 60.0: "WARN", 119.9: "INFO", 120.0: "INFO", 200.0: "ERROR"}
    index = index_of(
        "".join(f"{(ORIGIN + timedelta(seconds=t)).isoformat()} {level} a\n" for t, level in lines.items())
    )
    lane = log_lane(index, place_log(index, AXIS), AXIS, buckets=12)
    assert lane is not None
    assert (lane.before, lane.after, lane.most) == (1, 1, 2)
    named = [{LEVELS[place]: count for place, count in enumerate(counts) if count} for counts in lane.buckets]
    assert named[0] == {Level.INFO: 1, Level.ERROR: 1}
    assert named[6] == {Level.WARN: 1}
    assert named[11] == {Level.INFO: 2}
    assert sum(sum(counts) for counts in lane.buckets) == 5


def test_a_lane_loses_no_line_of_a_large_log() -> None:
    index = log_of("%Y-%m-%dT%H:%M:%S.%f+00:00", *[number * 0.006 for number in range(20_000)])
    lane = log_lane(index, place_log(index, AXIS), AXIS)
    assert lane is not None
    assert sum(sum(counts) for counts in lane.buckets) == 20_000
    assert max(abs(sum(counts) - 100) for counts in lane.buckets) < 15
