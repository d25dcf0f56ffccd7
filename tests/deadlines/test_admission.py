"""Who gets a connection, who waits for one, and who is told at once that there is none."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from sessions.postgresql.admission import AWAY_SECONDS, STUCK_SECONDS, Admission, BusyError


def test_while_connections_are_given_back_everybody_waits_for_one() -> None:
    admission = Admission(size=2, waiting=1, seconds=60)

    def work(_: int) -> None:
        admission.enter()
        admission.leave()

    with ThreadPoolExecutor(30) as crowd:
        assert len(list(crowd.map(work, range(3_000)))) == 3_000


def test_of_a_stuck_database_only_some_wait_and_not_for_long() -> None:
    admission = Admission(size=1, waiting=2, seconds=STUCK_SECONDS)
    admission.enter()

    def refused(_: int) -> str:
        with pytest.raises(BusyError) as error:
            admission.enter()
        return str(error.value)

    with ThreadPoolExecutor(10) as crowd:
        said = list(crowd.map(refused, range(10)))
    assert any("as many as may wait" in one for one in said)
    assert any("has been in use for" in one for one in said)
    admission.leave()
    admission.enter()  # whoever was refused holds nothing


def test_a_database_that_is_away_is_not_asked_again_by_each() -> None:
    admission = Admission(size=1, waiting=1, seconds=60)
    admission.fail(since=time.monotonic())
    with pytest.raises(BusyError, match="a moment ago"):
        admission.enter()
    deadline = time.monotonic() + 60 * AWAY_SECONDS
    while time.monotonic() < deadline:
        try:
            admission.enter()
        except BusyError:
            continue
        return
    pytest.fail("never asked again")


def test_a_database_that_is_only_slow_to_be_connected_to_is_asked_on() -> None:
    """Somebody got a connection while another one could not be made in time."""
    admission = Admission(size=2, waiting=1, seconds=60)
    since = time.monotonic()
    admission.succeed()
    admission.fail(since)
    admission.enter()
