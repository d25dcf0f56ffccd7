import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.files.storage import default_storage

from sessions.models import Attachment, FileIndex, Organisation
from sessions.replay.axis import Axis
from sessions.replay.network import (
    Placement,
    at_moment,
    failed_requests,
    har_index_of,
    is_har_at_hand,
    place_requests,
    request_lane,
    shifted,
)
from sessions.viewers.har.archive import NotHar
from sessions.viewers.har.index import index_archive
from tests.attachments.archives import har

START = datetime(2026, 11, 20, 10, 0, 0, 123_456, tzinfo=UTC)
AXIS = Axis(START, 60.0)
Send = Callable[..., UUID]
FileOf = Callable[[bytes], Attachment]


def request_at_moment(t: float, status: int = 200, url: str = "https://a.example/", time: float = 100) -> Any:
    began = (START + timedelta(seconds=t)).isoformat()
    return {
        "startedDateTime": began,
        "time": time,
        "request": {"method": "GET", "url": url},
        "response": {"status": status},
    }


def placed(*entries: object, starts_at: datetime | None = None, axis: Axis = AXIS) -> Placement:
    return place_requests(index_archive(io.BytesIO(har(*entries))), axis, starts_at)


def times(placement: Placement) -> list[float]:
    return [one.t for one in placement.requests]


@pytest.fixture
def file_of(acme: Organisation, send: Send, tmp_path: Path) -> FileOf:
    """An attachment with this content, as the import stores it."""

    def attach(content: bytes) -> Attachment:
        (tmp_path / "network.har").write_bytes(content)
        sent = {"name": "network.har", "kind": "network_log", "content_type": "application/json", "file": "network.har"}
        return Attachment.objects.get(session_id=send(acme, attachments=[sent]))

    return attach


def test_requests_stand_where_the_sessions_clock_says() -> None:
    assert times(placed(request_at_moment(12.5), request_at_moment(-0.2), request_at_moment(3))) == pytest.approx(
        [-0.2, 3, 12.5], abs=0.001
    )


def test_a_zone_and_none_are_the_same_moment() -> None:
    zoned = {"startedDateTime": "2026-11-20T11:00:05.123+01:00"}
    naive = {"startedDateTime": "2026-11-20T10:00:05.123"}
    assert times(placed(zoned, naive)) == pytest.approx([5, 5], abs=0.001)


def test_where_the_times_come_from_is_said() -> None:
    assert placed(request_at_moment(1)).note == "times from the network log"
    assumed = placed({}, {})
    assert (assumed.note, times(assumed)) == ("start assumed: session’s start", [0, 0])
    known = placed({}, starts_at=START + timedelta(seconds=7))
    assert (known.note, times(known)) == ("starts_at: sent by the producer", [7])


def test_a_request_without_a_time_stands_at_the_start_and_is_counted() -> None:
    placement = placed(request_at_moment(5), {"startedDateTime": "soon"})
    assert (times(placement), placement.untimed, placement.is_start_assumed) == ([0, 5], 1, True)


@pytest.mark.parametrize(("t", "is_off"), [(-599, False), (-602, True), (659, False), (662, True)])
def test_a_clock_is_off_when_all_lie_far_from_the_session(t: float, is_off: bool) -> None:
    assert placed(request_at_moment(t)).is_off is is_off
    assert not placed(request_at_moment(t), request_at_moment(5)).is_off


def test_a_clock_that_is_off_by_a_zone_is_shifted_by_that() -> None:
    placement = placed(request_at_moment(-3 * 3600 + 4), request_at_moment(-3 * 3600 + 50))
    assert placement.offered_shift == 3 * 3600
    assert times(shifted(placement)) == pytest.approx([4, 50], abs=0.001)
    assert not shifted(placement).is_off
    assert shifted(placement).shift == 3 * 3600


def test_any_other_clock_is_shifted_so_that_the_first_request_stands_at_the_start() -> None:
    placement = placed(request_at_moment(1_000_007), request_at_moment(1_000_040))
    assert times(shifted(placement)) == pytest.approx([0, 33], abs=0.001)
    known = placed(request_at_moment(1_000_007), {}, starts_at=START + timedelta(seconds=20))
    assert times(shifted(known)) == pytest.approx([20, 20], abs=0.001)


def test_nothing_is_shifted_that_was_not_off() -> None:
    placement = placed(request_at_moment(5))
    assert shifted(placement) == placement


@pytest.mark.parametrize(("t", "number"), [(None, None), (0.5, None), (1, 1), (1.9, 1), (2, 2), (99, 2)])
def test_the_request_at_a_moment_is_the_last_one_begun(t: float | None, number: int | None) -> None:
    found = at_moment(placed(request_at_moment(1), request_at_moment(2)).requests, t)
    assert (found and found.summary.number) == number


def test_a_short_log_is_drawn_as_it_is_with_what_lies_outside_at_the_ends() -> None:
    lane = request_lane(placed(request_at_moment(-5), request_at_moment(10, 500), request_at_moment(61)), AXIS)
    assert [(bar.t, bar.failed) for bar in lane] == [
        (0, False),
        (pytest.approx(10, abs=0.001), True),
        (60, False),
    ]
    assert [bar.length for bar in lane] == [0, pytest.approx(0.1), 0]


def test_a_lane_of_many_requests_has_few_bars_and_every_failure() -> None:
    entries = [request_at_moment(n * 0.01, 500 if n % 1500 == 7 else 200) for n in range(6_000)]
    lane = request_lane(placed(*entries), AXIS)
    assert len(lane) <= 500
    failed = [bar for bar in lane if bar.failed]
    assert [bar.t for bar in failed] == pytest.approx([0.07, 15.07, 30.07, 45.07], abs=0.002)
    assert all(bar.t + bar.length <= 60 for bar in lane)
    covered = sum(bar.length for bar in lane if not bar.failed)
    assert covered >= 59


def test_a_lane_whose_clock_is_off_is_not_drawn() -> None:
    assert request_lane(placed(request_at_moment(7200)), AXIS) == []


def test_the_first_failures_are_named_and_all_are_counted(file_of: FileOf) -> None:
    entries = [request_at_moment(n, 404 if n > 3 else 200, f"https://a.example/{n}") for n in range(10)]
    aborted = request_at_moment(0.5, 0)
    aborted["response"]["_failureText"] = "net::ERR_ABORTED"
    file = file_of(har(*entries, aborted))
    placement = place_requests(har_index_of(file), AXIS, None)
    failures = failed_requests(file, placement)
    assert failures.count == 6
    assert [(one.method, one.url, one.status) for one in failures.first] == [
        ("GET", f"https://a.example/{n}", 404) for n in (4, 5, 6)
    ]
    assert failures.first[0].t == pytest.approx(4, abs=0.001)
    assert failures.first[0].number == 6


def test_a_large_archive_is_read_once(file_of: FileOf) -> None:
    content = har(*[request_at_moment(n, url="https://a.example/" + "x" * 1_000) for n in range(400)])
    file = file_of(content)
    assert not is_har_at_hand(file)
    index = har_index_of(file)
    assert is_har_at_hand(file)
    default_storage.delete(file.storage_name)
    assert har_index_of(file) == index


def test_a_large_file_that_is_no_archive_is_refused_again_without_being_read(file_of: FileOf) -> None:
    file = file_of(json.dumps(["x" * 300_000]).encode())
    for _ in range(2):
        with pytest.raises(NotHar, match="not an HTTP archive"):
            har_index_of(file)
    assert FileIndex.objects.filter(sha256=file.sha256, kind="har").count() == 1


def test_an_archive_in_another_encoding_is_read_as_one_in_utf_8(file_of: FileOf) -> None:
    text = har(request_at_moment(4, 500, "https://a.example/é")).decode()
    file = file_of(text.replace("\\u00e9", "é").encode("utf-16"))
    failures = failed_requests(file, place_requests(har_index_of(file), AXIS, None))
    assert failures.first[0].url == "https://a.example/é"


def test_one_content_in_two_encodings_has_an_index_for_each(file_of: FileOf) -> None:
    text = har(request_at_moment(1, url="https://a.example/" + "\u00e9" * 300_000), request_at_moment(4, 500)).decode()
    content = text.replace("\\u00e9", "\u00e9").encode()
    for content_type in ("application/json", "application/json; charset=windows-1252"):
        file = file_of(content)
        file.content_type = content_type
        failures = failed_requests(file, place_requests(har_index_of(file), AXIS, None))
        assert [one.t for one in failures.first] == [4]


def test_a_file_that_the_storage_has_lost_is_an_error_of_the_system(file_of: FileOf) -> None:
    file = file_of(har({}))
    default_storage.delete(file.storage_name)
    with pytest.raises(OSError, match="No such file"):
        har_index_of(file)
