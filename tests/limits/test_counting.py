"""Counting in windows: exact among threads, shared by processes, and swept up."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.db import connection, connections

from sessions.accounts.limits import LONGEST_PERIOD, Limit, count, delete_old, take_back
from sessions.models import RateLimit

NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
FIVE = Limit("five", 5, timedelta(minutes=1))


@pytest.mark.django_db
def test_so_many_are_allowed_and_the_next_is_not() -> None:
    counts = [count(FIVE, "a", NOON) for _ in range(7)]
    assert [one.exceeded for one in counts] == [False] * 5 + [True] * 2
    assert [one.remaining for one in counts] == [4, 3, 2, 1, 0, 0, 0]


@pytest.mark.django_db
def test_each_has_a_count_of_its_own_and_each_limit_too() -> None:
    for _ in range(5):
        count(FIVE, "a", NOON)
    assert count(FIVE, "b", NOON).used == 1
    assert count(Limit("other", 5, timedelta(minutes=1)), "a", NOON).used == 1


@pytest.mark.django_db
def test_a_new_window_begins_with_the_minute() -> None:
    for _ in range(6):
        last = count(FIVE, "a", NOON + timedelta(seconds=59.5))
    assert (last.exceeded, last.resets_in) == (True, 1)
    assert count(FIVE, "a", NOON + timedelta(seconds=60)).used == 1
    assert count(FIVE, "a", NOON + timedelta(seconds=60)).resets_in == 60


@pytest.mark.django_db
def test_beyond_the_limit_nothing_is_written() -> None:
    for _ in range(20):
        count(FIVE, "a", NOON)
    assert RateLimit.objects.get().count == 6


@pytest.mark.django_db
def test_what_is_taken_back_does_not_count() -> None:
    for _ in range(20):
        count(FIVE, "a", NOON)
        take_back(FIVE, "a", NOON)
    assert count(FIVE, "a", NOON).used == 1


@pytest.mark.django_db
def test_old_windows_go_and_the_present_ones_stay() -> None:
    for minute in range(30):
        count(FIVE, "a", NOON + timedelta(minutes=minute))
    now = NOON + timedelta(minutes=29)
    delete_old(now)
    assert RateLimit.objects.order_by("started_at").values_list("started_at", flat=True)[0] == now - LONGEST_PERIOD


@pytest.mark.django_db
def test_sweeping_happens_now_and_then_by_itself() -> None:
    for minute in range(3000):
        count(FIVE, "a", NOON + timedelta(minutes=minute))
    # One window in a hundred sweeps: 1,500 in a row without is a chance of one in three million.
    assert RateLimit.objects.count() < 1500 + 16


@pytest.mark.django_db
def test_counting_waits_for_no_disk() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'history_ratelimit'")
        assert cursor.fetchone() == ("u",)


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    """Each with a connection of its own, as the server's processes have."""
    with ThreadPoolExecutor(20) as pool:
        yield pool


@pytest.mark.django_db(transaction=True)
def test_twenty_threads_at_once_get_exactly_what_is_allowed(threads: ThreadPoolExecutor) -> None:
    limit, barrier = Limit("many", 100, timedelta(minutes=1)), Barrier(20)

    def requests(_: int) -> int:
        barrier.wait(timeout=60)
        allowed = sum(not count(limit, "a", NOON).exceeded for _ in range(25))
        connections.close_all()
        return allowed

    assert sum(threads.map(requests, range(20))) == 100


@pytest.mark.django_db(transaction=True)
def test_two_that_sweep_at_once_do_not_wait_for_each_other(threads: ThreadPoolExecutor) -> None:
    for minute in range(200):
        count(FIVE, "a", NOON + timedelta(minutes=minute))
    barrier = Barrier(20)

    def sweep(_: int) -> None:
        barrier.wait(timeout=60)
        delete_old(NOON + timedelta(days=1))
        connections.close_all()

    list(threads.map(sweep, range(20)))
    assert not RateLimit.objects.exists()
