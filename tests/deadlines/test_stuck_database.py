"""A database that is away, locked or frozen: whoever asks is told so in time, and what needs none is not held up."""

import json
import statistics
import time

import pytest

from tests.deadlines.conftest import STATEMENT_SECONDS, Answer, PostgreSQL, Product, Watch

pytestmark = pytest.mark.own_database
AT_ONCE_SECONDS = 1.5
BACK_SECONDS = 2.0
PROBE_SECONDS = 0.2


@pytest.fixture
def burden(product: Product) -> float:
    """What a busy machine adds, in seconds: twice what it takes for the same requests when all is well, and a second.

    Together with this, the limits stay far below the ten seconds and more for which a database is waited for that
    nobody gives up.
    """
    return 1 + 2 * max(answer.seconds for answer in product.ask_at_once())


def assert_unavailable(answers: list[Answer], seconds: float) -> None:
    for answer in answers:
        assert (answer.path, answer.status) == (answer.path, 503)
        assert answer.headers["Retry-After"] == "5"
        assert answer.seconds <= seconds, answer
        if answer.path.startswith(("/sessions", "/usage")):
            assert b"Not available just now" in answer.body
        else:
            assert answer.headers["Content-Type"].startswith("application/json")
            assert json.loads(answer.body)


def assert_back(product: Product, seconds: float) -> None:
    """Whether everything is answered again so many seconds from now, however many ask at once."""
    deadline = time.monotonic() + seconds
    while not all(answer.status < 300 for answer in product.ask_at_once(1)):
        assert time.monotonic() < deadline


def test_stopped(product: Product, postgresql: PostgreSQL, burden: float) -> None:
    postgresql.stop()
    try:
        with Watch(product) as watch:
            for _ in range(3):
                assert_unavailable(product.ask_at_once(), AT_ONCE_SECONDS + burden)
            ready = product.ask("/readyz")
            assert (ready.status, ready.headers["Retry-After"]) == (503, "5")
            assert ready.seconds < AT_ONCE_SECONDS + burden
    finally:
        postgresql.start()
    assert_back(product, BACK_SECONDS + 2 * burden)
    assert product.ask("/readyz").status == 200
    assert_quick(watch, burden)


def test_locked(product: Product, postgresql: PostgreSQL, burden: float) -> None:
    with postgresql.locked(), Watch(product) as watch:
        until = time.monotonic() + 6
        while time.monotonic() < until:
            assert_unavailable(product.ask_at_once(), AT_ONCE_SECONDS + burden)
    assert_back(product, BACK_SECONDS + 2 * burden)
    assert_quick(watch, burden)


def test_frozen(product: Product, postgresql: PostgreSQL, burden: float) -> None:
    with postgresql.frozen(), Watch(product) as watch:
        for _ in range(2):
            assert_unavailable(product.ask_at_once(), STATEMENT_SECONDS + 1 + burden)
    assert_back(product, BACK_SECONDS + 2 * burden)
    assert_quick(watch, burden)


def test_a_crowd_does_not_queue(product: Product, postgresql: PostgreSQL, burden: float) -> None:
    with postgresql.locked(), Watch(product) as watch:
        answers = product.ask_at_once(10)
    assert_unavailable(answers, AT_ONCE_SECONDS + 5 * burden)
    assert_quick(watch, 4 * burden)


def assert_quick(watch: Watch, burden: float) -> None:
    for path, seconds in watch.seconds.items():
        assert statistics.median(seconds) < PROBE_SECONDS + burden / 4, path
        assert max(seconds) < PROBE_SECONDS + burden, path
