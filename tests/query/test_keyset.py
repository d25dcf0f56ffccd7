"""Going through all pages gives every row once, in order, also while others are written; cursors cannot be made up."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from django.core import signing
from django.http import QueryDict

from sessions.ingest.prepare import prepare
from sessions.ingest.writing.load import load
from sessions.models import Organisation, Session, User
from sessions.query import Page, find_page, parse, read_parameters
from sessions.query.criteria.order import ORDERS
from tests.conftest import NOON, Send
from tests.query.readers import CSV, JSON, PAGE, Reader, text_of

# (queue in seconds or None, duration in seconds or None): with ties in every value and the unknown among them.
SHAPES: list[tuple[int | None, int | None]] = [
    (None, 5), (0, 5), (3, None), (3, 5), (7, 0), (None, None), (3, 9), (0, 0), (7, 5), (None, 9), (0, 9),
]  # fmt: skip


@pytest.fixture
def varied(acme: Organisation, tmp_path: Path) -> list[Session]:
    """Three of each shape; many at one moment."""
    write(acme, range(3 * len(SHAPES)), tmp_path)
    return list(Session.objects.all())


def write(acme: Organisation, numbers: Iterable[int], folder: Path) -> None:
    lines = [msgspec.json.encode(shaped(number)) for number in numbers]
    report = load(acme, [prepare(acme, line, 1, folder) for line in lines])
    assert not report.refused


def shaped(number: int) -> dict[str, Any]:
    queue, duration = SHAPES[number % len(SHAPES)]
    start = NOON + timedelta(seconds=60 * (number % 4))
    fields: dict[str, Any] = {
        "external_id": f"s-{number}",
        "status": "ended",
        "initiator": {"type": "anonymous"},
        "started_at": start,
        "app": {"app_id": f"app-{number % 2}"},
    }
    if queue is not None:
        fields["requested_at"] = start - timedelta(seconds=queue)
    if duration is not None:
        fields["ended_at"] = start + timedelta(seconds=duration)
    elif queue is None:
        fields |= {"status": "queued", "requested_at": start, "started_at": None}
    return fields


VALUES: dict[str, Callable[[Session], Any]] = {
    "date": lambda row: row.started_at or row.requested_at,
    "queue_ms": lambda row: -1 if row.queue_ms is None else row.queue_ms,
    "duration_ms": lambda row: -1 if row.duration_ms is None else row.duration_ms,
}
SORTS = {f"sort={name}": [name] for name in ORDERS} | {
    "sort_by=duration_ms:desc": ["-duration_ms"],
    "sort_by=queue_ms:desc&sort_by=date:asc": ["-queue_ms", "date"],
    "sort_by=queue_ms:asc&sort_by=duration_ms:asc": ["queue_ms", "duration_ms"],
    "sort_by=duration_ms:asc&sort_by=queue_ms:desc&sort_by=date:asc": ["duration_ms", "-queue_ms", "date"],
    "sort_by=date:desc&sort_by=duration_ms:asc": ["-date", "duration_ms"],
    "sort=-queue_ms,date": ["-queue_ms", "date"],
}


def in_order(rows: list[Session], sort: str) -> list[UUID]:
    """By what was asked for, then by date, then by id, which go the way of the last that was asked for."""
    names = SORTS[sort]
    way = "-" if names[-1].startswith("-") else ""
    ordered = sorted(rows, key=lambda row: row.id, reverse=bool(way))
    for name in reversed(names if {"date", "-date"} & set(names) else [*names, f"{way}date"]):
        ordered.sort(key=VALUES[name.removeprefix("-")], reverse=name.startswith("-"))
    return [row.id for row in ordered]


FILTERS = ("", "app=app-0&app=app-1", "q=app&status=ended&status=lost")


@pytest.mark.parametrize("sort", SORTS)
def test_all_pages_forwards_give_every_row_once_in_order(alice: User, varied: list[Session], sort: str) -> None:
    for filtered in FILTERS:
        for limit in (1, 7, 32, 33, 34):
            found = forwards(alice, f"{sort}&limit={limit}&{filtered}")
            assert found == in_order(varied, sort), (filtered, limit)


@pytest.mark.parametrize("sort", SORTS)
def test_all_pages_backwards_from_the_end_give_every_row_once_in_order(
    alice: User, varied: list[Session], sort: str
) -> None:
    for filtered in FILTERS:
        for limit in (5, 33):
            found: list[UUID] = []
            cursor: str | None = ""
            while cursor is not None:
                page = ask(alice, f"{sort}&limit={limit}&mode=before&cursor={cursor}&{filtered}")
                found = page.ids + found
                cursor = page.prev_cursor
            assert found == in_order(varied, sort), (filtered, limit)


def test_the_previous_page_is_the_one_that_was_left(alice: User, varied: list[Session]) -> None:
    first = ask(alice, "limit=10")
    second = ask(alice, f"limit=10&cursor={first.next_cursor}")
    third = ask(alice, f"limit=10&cursor={second.next_cursor}")
    assert ask(alice, f"limit=10&mode=before&cursor={third.prev_cursor}") == second
    back = ask(alice, f"limit=10&mode=before&cursor={second.prev_cursor}")
    assert back.ids == first.ids
    assert (back.prev_cursor, back.next_cursor) == (None, first.next_cursor)


def test_the_first_and_the_last_page_lead_nowhere_further(alice: User, varied: list[Session]) -> None:
    whole = ask(alice, f"limit={len(varied)}")
    assert (whole.prev_cursor, whole.next_cursor) == (None, None)
    last = ask(alice, "limit=5&mode=before")
    assert last.next_cursor is None
    assert last.prev_cursor is not None


def test_an_empty_list_has_no_cursors(alice: User) -> None:
    assert (ask(alice, "").prev_cursor, ask(alice, "").next_cursor) == (None, None)


@pytest.mark.parametrize(
    "sort",
    [
        "sort=-date",
        "sort=date",
        "sort=-queue_ms",
        "sort=duration_ms",
        "sort_by=queue_ms:desc&sort_by=date:asc",
        "sort_by=date:desc&sort_by=duration_ms:asc",
    ],
)
def test_rows_that_existed_come_exactly_once_while_others_are_written(
    acme: Organisation, alice: User, send: Send, tmp_path: Path, varied: list[Session], sort: str
) -> None:
    """New rows before, beside and behind the place where the reader is."""
    numbers = iter(range(len(varied), 10_000))

    def write_some() -> None:
        write(acme, [next(numbers) for _ in range(9)], tmp_path)
        send(acme, started_at=NOON + timedelta(days=next(numbers)))

    found = forwards(alice, f"{sort}&limit=6", between=write_some)
    assert len(found) == len(set(found))
    existed = set(in_order(varied, sort))
    assert [ident for ident in found if ident in existed] == in_order(varied, sort)


def test_a_row_that_is_gone_still_marks_its_place(alice: User, varied: list[Session]) -> None:
    expected = in_order(varied, "sort=-date")
    page = ask(alice, "limit=10")
    Session.objects.get(id=page.ids[-1]).delete()
    rest = ask(alice, f"limit=100&cursor={page.next_cursor}")
    assert rest.ids == expected[10:]


@pytest.mark.parametrize("paged", [JSON, CSV], ids=lambda paged: paged.name)
@pytest.mark.parametrize(
    "broken",
    [
        "banana",
        "a:b:c",
        ":",
        "::",
        "ü",
        "{cursor}x",
        "x{cursor}",
        "{cursor}&sort=date",
        "{cursor}&sort=-queue_ms",
        # Signed here, for another purpose: the values alone would be taken.
        signing.Signer(salt="sessions.event_cursor").sign_object(["-date", [0], "0" * 32]),
        "a" * 501,
    ],
)
def test_a_cursor_that_was_altered_or_is_of_another_sort_is_refused_by_name(
    alice: User, varied: list[Session], paged: Reader, broken: str
) -> None:
    cursor = ask(alice, "limit=10").next_cursor or ""
    query = QueryDict("cursor=" + broken.replace("{cursor}", cursor)).dict()
    response = paged.get(alice, **query)
    assert response.status_code == 400
    if paged is JSON:
        assert (response.json()["code"], response.json()["field"]) == ("invalid_value", "cursor")
    else:
        assert text_of(response).startswith("cursor: ")
    assert "<code>cursor</code>" in text_of(PAGE.get(alice, **query))


def test_every_altered_character_of_a_cursor_is_noticed(alice: User, varied: list[Session]) -> None:
    cursor = ask(alice, "limit=10").next_cursor or ""
    for position, character in enumerate(cursor):
        other = "A" if character != "A" else "B"
        altered = cursor[:position] + other + cursor[position + 1 :]
        found = read_parameters(alice, QueryDict(f"cursor={altered}"))
        # The last character of a base64 group can hold spare bits, which say nothing.
        assert found.invalid == {"cursor"} or position == len(cursor) - 1, position


def test_a_cursor_shows_nobody_more_than_they_may_see(
    acme: Organisation, alice: User, uma: User, send: Send, varied: list[Session]
) -> None:
    own = send(acme, user="uma@acme.example", started_at=datetime(2026, 1, 1, 12, tzinfo=NOON.tzinfo))
    cursor = ask(alice, "limit=10").next_cursor
    assert ask(uma, f"cursor={cursor}").ids == [own]


def ask(viewer: User, parameters: str) -> Page:
    return find_page(parse(viewer, QueryDict(parameters)))


def forwards(viewer: User, parameters: str, between: Callable[[], None] = lambda: None) -> list[UUID]:
    """All rows, page by page, with something done after each page."""
    found: list[UUID] = []
    cursor: str | None = ""
    sizes: list[int] = []
    while cursor is not None and len(sizes) < 100:
        page = ask(viewer, f"{parameters}&cursor={cursor}")
        found += page.ids
        sizes.append(len(page.ids))
        cursor = page.next_cursor
        if len(sizes) == 3:
            between()
    # No page but the last is short.
    assert all(earlier >= later for earlier, later in pairwise(sizes))
    return found
