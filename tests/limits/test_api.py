"""How many requests a token may send, and how many wrong tokens an address."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
import time_machine
from django.conf import LazySettings
from django.db import connections
from django.test import Client

from sessions.accounts.tokens import make_token
from sessions.models import RateLimit, User
from tests.conftest import ClientOf

LIST = "/api/v1/sessions"
NOON = datetime(2026, 6, 15, 12, 0, 15, tzinfo=UTC)


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture
def daves(dave: User) -> dict[str, str]:
    return bearer(make_token(dave, "ci", ["read"])[1])


WRONG = bearer("sh_" + "x" * 43)


def statuses(client: Client, times: int, headers: dict[str, str], address: str = "192.0.2.1") -> list[int]:
    return [client.get(LIST, headers=headers, REMOTE_ADDR=address).status_code for _ in range(times)]


def test_every_answer_to_a_token_says_where_it_stands(
    client: Client, daves: dict[str, str], settings: LazySettings
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 10
    with time_machine.travel(NOON, tick=False):
        for number, path in enumerate((LIST, LIST + "?limit=x", "/api/v1/nothing", LIST), 1):
            response = client.get(path, headers=daves)
            found = {name: response[f"RateLimit-{name}"] for name in ("Limit", "Remaining", "Reset")}
            assert found == {"Limit": "10", "Remaining": str(10 - number), "Reset": "45"}, path
            assert "Retry-After" not in response


def test_beyond_the_limit_it_is_a_429_that_says_when_to_come_back(
    client: Client, daves: dict[str, str], settings: LazySettings
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 3
    with time_machine.travel(NOON, tick=False) as clock:
        assert statuses(client, 4, daves) == [200, 200, 200, 429]
        response = client.get(LIST, headers=daves)
        assert response.json()["code"] == "too_many_requests"
        assert (response["Retry-After"], response["RateLimit-Reset"]) == ("45", "45")
        assert response["RateLimit-Remaining"] == "0"
        clock.shift(timedelta(seconds=45))
        assert statuses(client, 1, daves) == [200]


def test_the_default_is_a_thousand_a_minute(client: Client, daves: dict[str, str]) -> None:
    assert client.get(LIST, headers=daves)["RateLimit-Limit"] == "1000"


def test_zero_is_no_limit(client: Client, daves: dict[str, str], settings: LazySettings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 0
    assert "RateLimit-Limit" not in client.get(LIST, headers=daves)
    assert not RateLimit.objects.exists()


def test_each_token_has_its_own_count(
    client: Client, daves: dict[str, str], dave: User, settings: LazySettings
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1
    with time_machine.travel(NOON, tick=False):
        assert statuses(client, 2, daves) == [200, 429]
        assert statuses(client, 1, bearer(make_token(dave, "other", ["read"])[1])) == [200]


def test_a_signed_in_browser_is_not_limited(client_of: ClientOf, dave: User, settings: LazySettings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1
    response = client_of(dave).get(LIST)
    assert statuses(client_of(dave), 5, {}) == [200] * 5
    assert "RateLimit-Limit" not in response


@pytest.mark.django_db(transaction=True)
def test_twenty_threads_against_the_limit_get_exactly_what_is_allowed(
    daves: dict[str, str], settings: LazySettings
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 50
    barrier = Barrier(20)

    def requests(_: int) -> list[int]:
        barrier.wait(timeout=60)
        found = statuses(Client(), 5, daves)
        connections.close_all()
        return found

    with time_machine.travel(NOON, tick=False), ThreadPoolExecutor(20) as pool:
        answers = [status for found in pool.map(requests, range(20)) for status in found]
    assert (answers.count(200), answers.count(429)) == (50, 50)


def test_wrong_tokens_are_limited_by_address(client: Client, db: None) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        assert statuses(client, 32, WRONG) == [401] * 30 + [429] * 2
        refused = client.get(LIST, headers=WRONG, REMOTE_ADDR="192.0.2.1")
        assert (refused.json()["code"], refused["Retry-After"]) == ("too_many_requests", "45")
        assert statuses(client, 1, WRONG, "192.0.2.2") == [401]
        clock.shift(timedelta(minutes=1))
        assert statuses(client, 1, WRONG) == [401]


def test_a_good_token_from_that_address_goes_on_working(client: Client, daves: dict[str, str]) -> None:
    with time_machine.travel(NOON, tick=False):
        statuses(client, 40, WRONG)
        assert statuses(client, 1, daves) == [200]


def test_wrong_tokens_of_every_kind_count_together(client: Client, db: None) -> None:
    with time_machine.travel(NOON, tick=False):
        for headers in (WRONG, {"X-API-KEY": "x"}, {"Authorization": "Basic !"}):
            assert statuses(client, 10, headers) == [401] * 10
        assert statuses(client, 1, {"Authorization": "Digest x"}) == [429]
