"""PostgreSQL's own account of every statement that a page issues: no filter makes one read without bound.

30,000 sessions over 400 days of one organisation, 3,000 of another. What each statement
really read of the table is added up over a whole page, and may not exceed

- for a list by date: the looks, of LOOK_ROWS and of fewer than a week holds; and once a page
  has to go further, either 8 keys * 51 rows (merge) or the rows that have all of the keys in the periods
  it takes to find 50, of which the last is read whole: fewer than all sessions of 8 weeks,
  4,200 here, however many weeks there are.
- sorted by anything else: SORTED_LOOK_ROWS; then, where matches are frequent, MOST_LOOK_ROWS, and
  else all that matches, since that is gathered and sorted.
- for a count: the cap, and a period more.

Rows read for the answer itself, by their primary key, come to that: 50.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.http import QueryDict
from pytest_django import DjangoDbBlocker

from sessions.contract.choices import Role
from sessions.models import User
from sessions.query import find_page, parse, tuning
from sessions.query.criteria.order import ORDERS
from sessions.query.request import ROWS_ON_A_PAGE
from tests.conftest import member, organisation
from tests.query.explained import check, list_and_count
from tests.query.large import DAYS, DEATHS, ROWS, fill_both

COUNT_CAP = 500
LOOK_ROWS, SORTED_LOOK_ROWS, MOST_LOOK_ROWS = 250, 1_000, 4_000
IN_A_WEEK, IN_EIGHT_WEEKS = 7 * ROWS // DAYS, 8 * 7 * ROWS // DAYS
READ_BY_A_LIST = LOOK_ROWS + IN_A_WEEK + IN_EIGHT_WEEKS
READ_BY_A_COUNT = COUNT_CAP + 1 + IN_EIGHT_WEEKS


@pytest.fixture(autouse=True)
def _low_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """As far from the 30,000 as what they are is from millions: a third of a table is best read from its beginning."""
    monkeypatch.setattr(tuning, "COUNT_CAP", COUNT_CAP)
    monkeypatch.setattr(tuning, "SCAN_ROWS", LOOK_ROWS)
    monkeypatch.setattr(tuning, "SORTED_SCAN_ROWS", SORTED_LOOK_ROWS)
    monkeypatch.setattr(tuning, "MOST_SCAN_ROWS", MOST_LOOK_ROWS)


class Cast(NamedTuple):
    alice: User
    dave: User


@pytest.fixture(scope="module")
def cast(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Cast]:
    """Made once, since the tests read and do not write: each is a savepoint in this transaction."""
    with django_db_blocker.unblock(), transaction.atomic():
        acme, globex = organisation("acme"), organisation("globex")
        made = Cast(member(acme, "alice", Role.ADMIN), member(acme, "dave", Role.DEVELOPER))
        fill_both(acme, globex, made.dave)
        yield made
        transaction.set_rollback(True)


@pytest.fixture
def alice(cast: Cast, db: None) -> User:
    return cast.alice


@pytest.fixture
def dave(cast: Cast, db: None) -> User:
    return cast.dave


SHAPES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "a busy person": {"user": "dave"},
    "somebody seldom": {"user": "seldom"},
    "twenty people": {"user": [f"person-{number}" for number in range(20)]},
    "an app": {"app": "live-1"},
    "an app of long ago": {"app": "rare"},
    "a search for many apps": {"q": "live"},
    "a search for everything": {"q": "e"},
    "a search for nothing": {"q": "no such thing"},
    "a search for one that died": {"q": "dead-300"},
    "a device never used": {"device": "unused"},
    "a busy person and a device never used": {"user": "dave", "device": "unused"},
    "a busy person and a device of others": {"user": "dave", "device": "new"},
    "others and the busy person's device": {"user": "person-1", "device": "private"},
    "a dead app, a person and a device": {"app": "dead-300", "user": "dave", "device": "new"},
    "an app after its death": {"app": "dead-300", "start": "2026-11-01"},
    "a major version": {"os": "18"},
    "a flag that is rare": {"flag": "crash"},
    "some of two flags": {"flag": ["crash", "exception"]},
    "failed": {"status": "failed"},
    "flags and a person": {"flag": ["crash", "exception"], "user": "seldom"},
    "failed on a platform": {"status": "failed", "platform": "web"},
    "a status that hardly occurs": {"status": "lost"},
    "what runs": {"status": ["active", "queued"]},
    "what runs of a dead app": {"status": "active", "app": "dead-100"},
    "a day long ago": {"start": "2025-12-24", "end": "2025-12-24"},
    "a person on a day long ago": {"user": "dave", "start": "2025-12-24", "end": "2025-12-24"},
}


def test_no_list_or_count_reads_more_than_its_bound(alice: User) -> None:
    for name, asked in SHAPES.items():
        for by in (asked, asked | {"sort": "date"}, asked | {"mode": "before"}):
            listed, counted = list_and_count(alice, by)
            check(f"{name}: {by}", listed, READ_BY_A_LIST)
            check(f"the count of {name}", counted, READ_BY_A_COUNT)


def test_members_lists_are_bounded_like_those_of_admins(dave: User) -> None:
    for name in ("nothing", "an app of long ago", "a device never used", "a search for nothing", "what runs"):
        listed, counted = list_and_count(dave, SHAPES[name])
        check(name, listed, READ_BY_A_LIST)
        check(f"the count of {name}", counted, READ_BY_A_COUNT)


def test_other_sorts_read_a_look_and_what_matches(alice: User) -> None:
    for name, matches in (
        ("nothing", 0),
        ("a busy person", ROWS // 2),
        ("an app of long ago", 10),
        ("a flag that is rare", ROWS // 5000),
        ("some of two flags", ROWS // 11 + ROWS // 5000),
        ("failed", 2 * ROWS // 50),  # a further look reads up to twice what it expects to need
        ("flags and a person", 10),
        ("what runs", 5),
    ):
        for sort in ORDERS:
            for by in (SHAPES[name] | {"sort": sort}, SHAPES[name] | {"sort": sort, "mode": "before"}):
                bound = READ_BY_A_LIST if "date" in sort else SORTED_LOOK_ROWS + matches + ROWS_ON_A_PAGE
                check(f"{name}: {by}", list_and_count(alice, by)[0], bound)


def test_an_app_that_died_longer_ago_costs_no_more(alice: User) -> None:
    """The trap: walking the newest rows until some match reads all that came since the app died."""
    others: list[dict[str, str]] = [{}, {"user": "person-1"}, {"user": "dave", "device": "new"}]
    for also in others:
        read = {}
        for days in DEATHS:
            listed, _ = list_and_count(alice, {"app": f"dead-{days}"} | also)
            check(f"dead for {days} days", listed, READ_BY_A_LIST)
            read[days] = sum(one.rows for one in listed)
            assert len(listed) <= 4  # a look or two, all periods, the rows
        # 100 days are 7,500 sessions. What one window may hold of somebody's is 210.
        assert read[300] <= read[100] + IN_EIGHT_WEEKS // 20 + ROWS_ON_A_PAGE, (also, read)


def test_what_failed_and_what_has_a_flag_is_read_and_nothing_else(alice: User) -> None:
    for name in ("a flag that is rare", "some of two flags", "failed"):
        for by in ({}, {"sort": "date"}, {"mode": "before"}):
            listed, _ = list_and_count(alice, SHAPES[name] | by)
            # The next rows of each of two flags at most, and the page's own.
            check(name, listed, 2 * (ROWS_ON_A_PAGE + 1) + ROWS_ON_A_PAGE)


def test_what_never_was_at_one_time_is_known_without_reading_a_row(alice: User) -> None:
    """An app died before the device came: neither index has a row where the other's begin."""
    for by in ({}, {"sort": "date"}, {"mode": "before"}, {"sort": "-duration_ms"}):
        listed, counted = list_and_count(alice, {"app": "dead-300", "device": "new"} | by)
        look = SORTED_LOOK_ROWS if "-duration_ms" in by.values() else 0
        assert sum(one.rows for one in [*listed, *counted]) <= look + 20, (by, listed, counted)


def test_a_list_begins_where_all_its_filters_have_sessions(alice: User) -> None:
    """Half of all rows are the busy person's: those of the 300 days after the app died are passed over."""
    for by in ({}, {"sort": "date"}, {"mode": "before"}):
        listed, _ = list_and_count(alice, {"app": "dead-300", "user": "dave"} | by)
        # Every fifth of the busy person's is the app's: a look finds 50, and a short one the 51st.
        assert sum(one.rows for one in listed) <= LOOK_ROWS + 2 * ROWS_ON_A_PAGE, (by, listed)


def test_a_page_deep_in_the_list_costs_what_the_first_one_costs(alice: User) -> None:
    for asked in ({}, {"user": "dave"}, {"flag": "exception", "user": "dave"}):
        deep = find_page(parse(alice, QueryDict(urlencode(asked | {"limit": 9_000})))).next_cursor if not asked else ""
        cursor = deep or find_page(parse(alice, QueryDict(urlencode(asked | {"limit": 900})))).next_cursor
        listed, _ = list_and_count(alice, asked | {"cursor": cursor})
        check(f"deep in {asked}", listed, READ_BY_A_LIST)
