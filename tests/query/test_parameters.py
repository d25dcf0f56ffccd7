"""Every other parameter of a list, on page, CSV and JSON alike."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from sessions.models import Organisation, User
from tests.conftest import NOON, Send
from tests.query.readers import CSV, JSON, PAGE, Reader, text_of


def test_without_parameters_everything_comes_newest_first(
    acme: Organisation, alice: User, send: Send, reader: Reader
) -> None:
    middle, newest, oldest = (send(acme, started_at=NOON + timedelta(hours=hours)) for hours in (2, 3, 1))
    assert reader.ask(alice) == [newest, middle, oldest]


def test_a_session_that_waits_stands_where_it_was_requested(
    acme: Organisation, alice: User, send: Send, reader: Reader
) -> None:
    early = send(acme, started_at=NOON)
    waiting = send(acme, status="queued", requested_at=NOON + timedelta(minutes=1), started_at=None)
    late = send(acme, requested_at=NOON, started_at=NOON + timedelta(minutes=2))
    assert reader.ask(alice) == [late, waiting, early]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"start": "2026-06-15"}, "bcd"),
        ({"end": "2026-06-15"}, "ab"),
        ({"start": "2026-06-15", "end": "2026-06-15"}, "b"),
        ({"start": "2026-06-14", "end": "2026-06-16"}, "abc"),
        ({"start": "2026-06-15T12:00:00Z"}, "bcd"),
        ({"start": "2026-06-15T14:00:00+02:00"}, "bcd"),
        ({"start": "2026-06-15T12:00:00.000001Z"}, "cd"),
        ({"end": "2026-06-15T12:00:00Z"}, "ab"),
        ({"end": "2026-06-15T11:59:59.999999Z"}, "a"),
        ({"start": "2026-06-15", "end": "2026-06-16T12:00:00Z"}, "bc"),
        ({"start": "", "end": ""}, "abcd"),
    ],
)
def test_a_range_holds_both_of_its_ends(
    acme: Organisation, alice: User, send: Send, reader: Reader, parameters: dict[str, str], expected: str
) -> None:
    sent = {
        name: send(acme, started_at=NOON + timedelta(days=days))
        for name, days in (("a", -1), ("b", 0), ("c", 1), ("d", 2))
    }
    assert named(sent, reader.ask(alice, **parameters)) == expected[::-1]


@pytest.fixture
def varied(acme: Organisation, send: Send) -> dict[str, UUID]:
    """Sessions that differ in everything one can filter by, the later in the alphabet the newer."""
    fields: dict[str, dict[str, Any]] = {
        "a": {
            "initiator": {"type": "user", "email": "Uma@acme.example", "username": "uma"},
            "app": {"app_id": "shop", "platform": "ios"},
            "device": {"model": "iPhone 15"},
            "os": {"name": "iOS", "version": "17.5.1"},
            "flags": {"crash": True},
        },
        "b": {
            "initiator": {"type": "user", "email": "vera@acme.example", "username": "Vera"},
            "app": {"app_id": "shop", "platform": "android"},
            "device": {"model": "Pixel 8", "manufacturer": "Google"},
            "os": {"name": "Android", "version": "17"},
            "flags": {"anr": True, "exception": True},
        },
        "c": {
            "initiator": {"type": "user", "username": "walk-in"},
            "app": {"app_id": "Shop", "platform": "web"},
            "device": {"model": "iPhone 15", "manufacturer": "Apple"},
            "os": {"name": "iOS", "version": "17.5"},
            "flags": {"rage_tap": True},
        },
        "d": {
            "app": {"app_id": "till", "platform": "kiosk"},
            "device": {"model": 'Kiosk, 32" (left)'},
            "os": {"name": "Debian"},
            "status": "failed",
        },
        "e": {"app": {"app_id": "proxy", "platform": "proxy"}, "os": {"name": "iOS", "version": "175"}},
    }
    return {
        name: send(acme, started_at=NOON + timedelta(minutes=number), **parts)
        for number, (name, parts) in enumerate(fields.items())
    }


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"user": "uma@acme.example"}, "a"),
        ({"user": "UMA@ACME.example"}, "a"),
        ({"user": "vera"}, "b"),
        ({"user": "WALK-IN"}, "c"),
        ({"user": ["uma", "walk-in", "nobody"]}, "ca"),
        ({"user": "nobody"}, ""),
        ({"user": "um"}, ""),
        ({"user": ["", "uma"]}, "a"),
        ({"app": "shop"}, "ba"),
        ({"app": "Shop"}, "c"),
        ({"app": ["Shop", "till"]}, "dc"),
        ({"app": "nothing"}, ""),
        ({"device": "iPhone 15"}, "ca"),
        ({"device": ["Pixel 8", 'Kiosk, 32" (left)']}, "db"),
        ({"device": "iPhone"}, ""),
        ({"os": "iOS 17.5"}, "c"),
        ({"os": "ios 17.5.1"}, "a"),
        ({"os": "17.5"}, "c"),
        ({"os": "iOS 17"}, "ca"),
        ({"os": "17"}, "cba"),
        ({"os": "iOS"}, "eca"),
        ({"os": "debian"}, "d"),
        ({"os": ["Android 17", "Debian"]}, "db"),
        ({"os": "iOS 1"}, ""),
        ({"platform": "ios"}, "a"),
        ({"platform": ["kiosk", "proxy"]}, "ed"),
        ({"flag": "crash"}, "a"),
        ({"flag": "exception"}, "b"),
        ({"flag": "anr"}, "b"),
        ({"flag": "rage_tap"}, "c"),
        ({"flag": ["crash", "rage_tap"]}, "ca"),
        ({"status": "failed"}, "d"),
        ({"status": "ended"}, "ecba"),
        ({"app": "shop", "device": "iPhone 15"}, "a"),
        ({"app": "shop", "platform": "web"}, ""),
        ({"user": ["uma", "vera"], "os": "17", "flag": ["crash", "anr"], "q": "SHOP", "status": "ended"}, "ba"),
        ({"q": "shop", "start": "2026-06-15T12:01:00Z", "end": "2026-06-15T12:01:00Z"}, "b"),
    ],
    ids=str,
)
def test_filters_find_what_has_one_of_their_values_and_combine(
    varied: dict[str, UUID], alice: User, reader: Reader, parameters: dict[str, Any], expected: str
) -> None:
    assert named(varied, reader.ask(alice, **parameters)) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("queued", "b"),
        ("active", "a"),
        ("lost", "edc"),
        (["active", "queued"], "ba"),
        (["active", "lost"], "edca"),
        ("ended", "f"),
    ],
    ids=str,
)
def test_an_open_session_that_fell_silent_is_lost(
    acme: Organisation, alice: User, send: Send, reader: Reader, status: Any, expected: str
) -> None:
    now = timezone.now()
    begun = now - timedelta(hours=9)
    silent = now - acme.lost_after - timedelta(minutes=1)
    at = [begun + timedelta(minutes=number) for number in range(6)]
    sent = {
        "a": send(acme, status="active", started_at=at[0], last_seen_at=now),
        "b": send(acme, status="queued", requested_at=at[1], last_seen_at=now),
        "c": send(acme, status="active", started_at=at[2], last_seen_at=silent),
        "d": send(acme, status="queued", requested_at=at[3], last_seen_at=silent),
        "e": send(acme, status="lost", started_at=at[4], last_seen_at=now),
        "f": send(acme, status="ended", started_at=at[5], ended_at=silent),
    }
    assert named(sent, reader.ask(alice, status=status)) == expected


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("-date", "cba"),
        ("date", "abc"),
        ("-queue_ms", "bac"),
        ("queue_ms", "cab"),
        ("-duration_ms", "acb"),
        ("duration_ms", "bca"),
    ],
)
def test_each_sort_orders_by_its_value_with_the_unknown_as_least(
    acme: Organisation, alice: User, send: Send, reader: Reader, sort: str, expected: str
) -> None:
    def at(seconds: float) -> datetime:
        return NOON + timedelta(seconds=seconds)

    sent = {
        "a": send(acme, requested_at=at(0), started_at=at(1), ended_at=at(100)),
        "b": send(acme, status="lost", requested_at=at(2), started_at=at(5), last_seen_at=at(5)),
        "c": send(acme, started_at=at(7), ended_at=at(8)),
    }
    assert named(sent, reader.ask(alice, sort=sort)) == expected


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"sort_by": ["queue_ms:desc", "date:asc"]}, "bdac"),
        ({"sort_by": ["queue_ms:desc", "date:desc"]}, "bdca"),
        ({"sort_by": ["queue_ms:asc", "duration_ms:desc"]}, "acdb"),
        ({"sort": "-queue_ms,date"}, "bdac"),
        ({"sort": "-queue_ms"}, "bdca"),
        ({"sort_by": "duration_ms:asc"}, "bcda"),
    ],
)
def test_what_ties_in_one_value_is_ordered_by_the_next(
    acme: Organisation, alice: User, send: Send, reader: Reader, parameters: dict[str, Any], expected: str
) -> None:
    def lasting(minute: int, queue: int, duration: int) -> UUID:
        started = NOON + timedelta(minutes=minute)
        ended = started + timedelta(seconds=duration)
        return send(acme, requested_at=started - timedelta(seconds=queue), started_at=started, ended_at=ended)

    sent = {"a": lasting(0, 5, 9), "b": lasting(1, 7, 1), "c": lasting(2, 5, 3), "d": lasting(3, 6, 4)}
    assert named(sent, reader.ask(alice, **parameters)) == expected


def test_an_order_is_given_once(alice: User, reader: Reader) -> None:
    for parameters, field in (
        ({"sort_by": ["date:asc", "date:desc"]}, "sort_by"),
        ({"sort": "date,-date"}, "sort"),
        ({"sort": "date", "sort_by": "date:asc"}, "sort_by"),
        ({"sort": "date,name"}, "sort"),
    ):
        assert field in text_of(reader.get(alice, **parameters))


def test_rows_of_one_moment_are_ordered_by_id(acme: Organisation, alice: User, send: Send, reader: Reader) -> None:
    sent = [send(acme, external_id=name) for name in "abcde"]
    assert reader.ask(alice) == sorted(sent, reverse=True)
    assert reader.ask(alice, sort="date") == sorted(sent)


@pytest.mark.parametrize("paged", [PAGE, JSON], ids=lambda paged: paged.name)
def test_limit_says_how_many_rows_a_page_has(acme: Organisation, alice: User, send: Send, paged: Reader) -> None:
    sent = [send(acme, started_at=NOON - timedelta(minutes=number)) for number in range(4)]
    assert paged.ask(alice, limit=3) == sent[:3]
    assert paged.ask(alice, limit=4) == paged.ask(alice, limit=200) == sent


def test_the_export_has_all_rows_whatever_part_the_page_shows(acme: Organisation, alice: User, send: Send) -> None:
    sent = [send(acme, started_at=NOON - timedelta(minutes=number)) for number in range(4)]
    cursor = JSON.get(alice, limit=2).json()["next_cursor"]
    assert CSV.ask(alice, limit=1) == CSV.ask(alice, cursor=cursor) == sent


def test_a_list_without_a_limit_has_fifty_rows(acme: Organisation, alice: User, send: Send) -> None:
    for number in range(51):
        send(acme, started_at=NOON - timedelta(minutes=number))
    assert len(PAGE.ask(alice)) == len(JSON.ask(alice)) == 50


@pytest.mark.parametrize("paged", [PAGE, JSON], ids=lambda paged: paged.name)
def test_a_cursor_leads_on_and_back(acme: Organisation, alice: User, send: Send, paged: Reader) -> None:
    sent = [send(acme, started_at=NOON - timedelta(minutes=number)) for number in range(6)]
    second = JSON.get(alice, limit=2).json()["next_cursor"]
    assert paged.ask(alice, limit=2, cursor=second) == sent[2:4]
    assert paged.ask(alice, limit=2, cursor=second, mode="after") == sent[2:4]
    third = JSON.get(alice, limit=4).json()["next_cursor"]
    assert paged.ask(alice, limit=2, cursor=third, mode="before") == sent[1:3]


@pytest.mark.parametrize("paged", [PAGE, JSON], ids=lambda paged: paged.name)
def test_before_without_a_cursor_starts_from_the_end_and_stays_in_order(
    acme: Organisation, alice: User, send: Send, paged: Reader
) -> None:
    sent = [send(acme, started_at=NOON - timedelta(minutes=number)) for number in range(6)]
    assert paged.ask(alice, limit=2, mode="before") == sent[4:]


def test_a_cursor_keeps_microseconds(acme: Organisation, alice: User, send: Send) -> None:
    at = datetime(2026, 6, 15, 23, 59, 59, 999998, tzinfo=UTC)
    sent = [send(acme, started_at=at + timedelta(microseconds=number)) for number in (2, 1, 0)]
    first = JSON.get(alice, limit=1).json()
    assert JSON.ask(alice, cursor=first["next_cursor"]) == sent[1:]


def named(sent: dict[str, UUID], found: list[UUID]) -> str:
    names = {ident: name for name, ident in sent.items()}
    return "".join(names[ident] for ident in found)
