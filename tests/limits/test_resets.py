"""Links to set a forgotten password are limited: nobody fills another person's mailbox with them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.mail import EmailMessage
from django.test import Client

from sessions.accounts.mail import send_due_mail
from sessions.models import User

Traveller = Any  # time-machine does not export its type
NOON = datetime(2026, 6, 15, 12, 3, tzinfo=UTC)


def ask(client: Client, email: object, address: str = "192.0.2.1") -> Any:
    return client.post("/password/reset/", {"email": str(email)}, REMOTE_ADDR=address)


@pytest.fixture(autouse=True)
def clock() -> Iterator[Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def test_five_links_for_one_person_whoever_asks(
    client: Client, uma: User, clock: Traveller, mailoutbox: list[EmailMessage]
) -> None:
    written = ["uma@acme.example", "UMA@acme.example", " uma@acme.example "] * 2
    answers = [ask(client, email, f"192.0.2.{number}") for number, email in enumerate(written)]
    assert [answer.status_code for answer in answers] == [302] * 5 + [429]
    assert answers[-1]["Retry-After"] == "720"
    assert "Try again in 12 minutes." in answers[-1].content.decode()
    send_due_mail()
    assert len(mailoutbox) == 5
    clock.shift(timedelta(minutes=12))
    assert ask(client, uma.email).status_code == 302
    send_due_mail()
    assert len(mailoutbox) == 6


def test_an_address_that_is_nobodys_is_answered_the_same(client: Client, uma: User) -> None:
    assert [ask(client, "nobody@acme.example").status_code for _ in range(6)] == [302] * 5 + [429]


def test_fifty_links_from_one_address_whatever_it_says_of_itself(client: Client, db: None) -> None:
    for number in range(50):
        assert ask(client, f"person{number}@acme.example").status_code == 302
    headers = {"X-Forwarded-For": "198.51.100.7"}
    response = client.post("/password/reset/", {"email": "a@b.example"}, REMOTE_ADDR="192.0.2.1", headers=headers)
    assert response.status_code == 429
    assert ask(client, "a@b.example", "192.0.2.2").status_code == 302


def test_a_form_without_an_email_is_no_request_for_one(client: Client, db: None) -> None:
    assert {ask(client, "").status_code for _ in range(60)} == {200}
