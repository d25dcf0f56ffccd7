"""From a session back to the list it was opened from, and on to its neighbours there."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from django.test import Client

from sessions.models import Organisation
from tests.conftest import NOON

Send = Callable[..., UUID]


@pytest.fixture
def five(acme: Organisation, send: Send) -> list[UUID]:
    """One each minute; the second and the fourth have failed."""
    return [
        send(
            acme,
            user="bob@acme.example",
            status="failed" if n % 2 else "ended",
            started_at=NOON + timedelta(minutes=n),
            ended_at=NOON + timedelta(minutes=n, seconds=10 * n),
        )
        for n in range(5)
    ]


def turns(browser: Client, session_id: UUID, came_from: str = "") -> dict[str, str]:
    """The ids of the sessions that the page leads on to, by `prev` and `next`."""
    asked: dict[str, Any] = {"from": came_from} if came_from else {}
    page = browser.get(f"/sessions/{session_id}/", asked).content.decode()
    return {way: ident for ident, way in re.findall(r'href="/sessions/([0-9a-f-]{36})/[^"]*" rel="(prev|next)"', page)}


def test_the_neighbours_are_those_of_the_whole_list(alices: Client, five: list[UUID]) -> None:
    assert turns(alices, five[2]) == {"prev": str(five[3]), "next": str(five[1])}
    assert turns(alices, five[4]) == {"next": str(five[3])}
    assert turns(alices, five[0]) == {"prev": str(five[1])}


def test_the_ways_on_say_where_they_lead(alices: Client, acme: Organisation, send: Send) -> None:
    newer = send(acme, title='pays "12 €"', started_at=NOON + timedelta(minutes=2))
    this = send(acme, started_at=NOON + timedelta(minutes=1))
    send(acme, app={"app_id": "a", "name": "Shop"}, started_at=NOON)
    page = alices.get(f"/sessions/{this}/").content.decode()
    assert "Previous session of the list: pays &quot;12 €&quot;</span>" in page
    assert "Next session of the list: Shop</span>" in page
    assert "of the list" not in alices.get(f"/sessions/{newer}/").content.decode().partition('rel="next"')[0]


def test_the_neighbours_are_those_of_the_filtered_and_sorted_list(alices: Client, five: list[UUID]) -> None:
    assert turns(alices, five[3], "status=failed") == {"next": str(five[1])}
    assert turns(alices, five[2], "sort=duration_ms") == {"prev": str(five[1]), "next": str(five[3])}
    assert turns(alices, five[3], "q=status:failed+(bob") == {"next": str(five[1])}
    # One that no longer meets the filter stands where it would.
    assert turns(alices, five[2], "status=failed") == {"prev": str(five[3]), "next": str(five[1])}


def test_the_list_travels_along_and_back(alices: Client, five: list[UUID]) -> None:
    listed = alices.get("/sessions/?user=bob%40acme.example&sort=date").content.decode()
    query = urlencode({"from": "user=bob%40acme.example&sort=date"})
    assert f'href="/sessions/{five[2]}/?{query}"' in listed
    page = alices.get(f"/sessions/{five[2]}/?{query}").content.decode()
    assert 'href="/sessions/?user=bob%40acme.example&amp;sort=date"' in page
    assert f'href="/sessions/{five[1]}/?{query}" rel="prev"' in page
    assert "Sessions: bob@acme.example" in page


@pytest.mark.parametrize(
    ("came_from", "back"),
    [
        ("", "/sessions/"),
        ("start=banana&status=failed", "/sessions/?status=failed"),
        ("next=//evil.example", "/sessions/"),
        ('"><script>alert(1)</script>', "/sessions/"),
        ("cursor=forged", "/sessions/"),
        ("q=status:failed+bob", "/sessions/?q=status%3Afailed+bob"),
        ("q=stauts:failed+status:failed", "/sessions/?q=status%3Afailed"),
        ("q=stauts:failed", "/sessions/"),
    ],
)
def test_only_a_list_can_be_led_back_to(alices: Client, five: list[UUID], came_from: str, back: str) -> None:
    page = alices.get(f"/sessions/{five[2]}/", {"from": came_from}).content.decode()
    assert f'<a class="session-back" href="{back}">' in page
    assert "<script>alert" not in page


def test_neighbours_are_only_what_one_may_see(umas: Client, acme: Organisation, send: Send) -> None:
    hers = send(acme, user="uma@acme.example", started_at=NOON)
    send(acme, user="bob@acme.example", started_at=NOON + timedelta(minutes=1))
    assert turns(umas, hers) == {}
