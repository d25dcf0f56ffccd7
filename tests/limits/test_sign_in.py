"""Trying out passwords is limited, for an account and for an address, and tells nothing about accounts."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.db import connections
from django.http import HttpResponse
from django.test import Client

from sessions.models import RateLimit, User
from tests.conftest import PASSWORD, ClientOf

Traveller = Any  # time-machine does not export its type
NOON = datetime(2026, 6, 15, 12, 3, tzinfo=UTC)


def attempt(client: Client, email: object, password: str = "wrong", address: str = "192.0.2.1") -> Any:
    return client.post("/signin/", {"email": str(email), "password": password}, REMOTE_ADDR=address)


def statuses(client: Client, times: int, email: object) -> list[int]:
    return [attempt(client, email).status_code for _ in range(times)]


@pytest.fixture(autouse=True)
def clock() -> Iterator[Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def test_after_ten_failures_the_right_password_must_wait_too(client: Client, uma: User, clock: Traveller) -> None:
    assert statuses(client, 11, uma.email) == [200] * 10 + [429]
    response = attempt(client, uma.email, PASSWORD)
    assert response.status_code == 429
    assert response["Retry-After"] == "720"
    assert "Try again in 12 minutes." in response.content.decode()
    clock.shift(timedelta(minutes=12))
    assert attempt(client, uma.email, PASSWORD)["Location"] == "/sessions/"


def test_an_account_that_does_not_exist_is_answered_the_same(client: Client, uma: User) -> None:
    pages = []
    for email in (uma.email, "nobody@acme.example"):
        answers = [attempt(client, email) for _ in range(12)]
        pages.append([(answer.status_code, without_token(answer, str(email))) for answer in answers])
    assert pages[0] == pages[1]


def without_token(response: HttpResponse, email: str) -> str:
    lines = response.content.decode().replace(email, "").splitlines()
    return "\n".join(line for line in lines if "csrfmiddlewaretoken" not in line)


def test_guessing_the_old_password_in_a_browser_left_signed_in_counts_too(
    client_of: ClientOf, client: Client, uma: User
) -> None:
    def change(old: str, new: str) -> Any:
        data = {"old_password": old, "new_password1": new, "new_password2": new}
        return browser.post("/password/change/", data, REMOTE_ADDR="192.0.2.1").status_code

    browser = client_of(uma)
    assert [change(PASSWORD, "short") for _ in range(12)] == [200] * 12  # nothing is guessed there
    assert [change("wrong", "a long new passphrase") for _ in range(11)] == [200] * 10 + [429]
    assert change(PASSWORD, "a long new passphrase") == 429
    assert attempt(client, uma.email, PASSWORD).status_code == 429


def test_the_limit_is_the_accounts_whichever_way_its_email_is_written(client: Client, uma: User) -> None:
    for written in (" uma@acme.example", "UMA@ACME.EXAMPLE", "Uma@acme.example "):
        statuses(client, 4, written)
    assert attempt(client, uma.email).status_code == 429
    assert attempt(client, "alice@acme.example").status_code == 200


def test_a_right_password_forgets_the_failures(client: Client, uma: User) -> None:
    for _ in range(3):
        assert statuses(client, 9, uma.email) == [200] * 9
        assert attempt(client, uma.email, PASSWORD).status_code == 302
        client.logout()


def test_an_address_has_a_hundred_failures_for_all_accounts(client: Client, uma: User) -> None:
    for number in range(100):
        assert attempt(client, f"n{number}@acme.example").status_code == 200
    assert attempt(client, uma.email, PASSWORD).status_code == 429
    assert attempt(client, uma.email, PASSWORD, "192.0.2.9").status_code == 302


def test_signing_in_to_an_own_account_does_not_buy_more_guesses(client: Client, uma: User) -> None:
    for number in range(100):
        attempt(client, f"n{number}@acme.example")
        if number % 9 == 0:
            attempt(client, uma.email, PASSWORD)
            client.logout()
    assert attempt(client, "last@acme.example").status_code == 429


def test_a_form_that_is_not_filled_in_is_no_attempt(client: Client, uma: User) -> None:
    for _ in range(20):
        assert client.post("/signin/", {"email": uma.email}).status_code == 200
    assert not RateLimit.objects.exists()


def test_what_is_typed_is_not_stored(client: Client, db: None) -> None:
    attempt(client, "my secret password")
    assert not RateLimit.objects.filter(key__icontains="secret").exists()


def test_who_is_signed_in_already_stays_so(client: Client, uma: User) -> None:
    attempt(client, uma.email, PASSWORD)
    statuses(Client(), 12, uma.email)
    assert client.get("/settings/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_twenty_guesses_at_once_are_ten_too_many(uma: User) -> None:
    barrier = Barrier(20)

    def guess(_: int) -> int:
        barrier.wait(timeout=60)
        status: int = attempt(Client(), uma.email).status_code
        connections.close_all()
        return status

    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(guess, range(20)))
    assert (found.count(200), found.count(429)) == (10, 10)
