"""The count of a list: exact if up to 10,000 can match, and many are not counted with each page."""

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from sessions.models import App, Organisation, User
from sessions.query import Count, ListRequest, count_matches, find_page, is_streamed, parse, tuning
from tests.conftest import NOON

CAP = 10_000


def fill(organisation: Organisation, rows: int, user: User | None = None, app: App | None = None) -> None:
    """Ended sessions, one a second up to noon."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO history_session (id, organisation_id, user_id, app_id, status, initiator_type, started_at,
                ended_at, last_seen_at, exception, crash, anr, rage_tap, attributes)
            SELECT gen_random_uuid(), %s, %s, %s, 'ended', %s, moment, moment, moment, false, false, false, false, '{}'
            FROM generate_series(1, %s) number, LATERAL (SELECT %s - number * interval '1 s' AS moment) moments
            """,
            [
                organisation.pk,
                user.pk if user else None,
                app.pk if app else None,
                "user" if user else "anonymous",
                rows,
                NOON,
            ],
        )


def asked(viewer: User, parameters: str = "") -> tuple[Count, int]:
    """The count, and how many statements it took beyond those of the page."""
    request = parse(viewer, QueryDict(parameters))
    page = find_page(request)
    assert page.ids
    with CaptureQueriesContext(connection) as statements:
        found = count_matches(request, page)
    return found, sum(
        "SELECT count" in statement["sql"] or "SELECT COUNT" in statement["sql"] for statement in statements
    )


def test_ten_thousand_are_counted_and_one_more_is_more_than_that(acme: Organisation, alice: User) -> None:
    fill(acme, CAP)
    assert asked(alice) == (Count(CAP, capped=False), 1)
    cache.clear()
    fill(acme, 1)
    assert asked(alice) == (Count(CAP, capped=True), 1)


def test_more_than_a_hundred_are_not_counted_again_for_a_minute(acme: Organisation, alice: User) -> None:
    fill(acme, 100)
    for _ in range(2):
        assert asked(alice) == (Count(100, capped=False), 1)
    fill(acme, 1)
    for statements in (1, 0):
        assert asked(alice) == (Count(101, capped=False), statements)
    assert asked(alice, "count=exact") == (Count(101, capped=False), 1)


def test_rows_that_can_match_and_do_not_count_as_looked_at(
    acme: Organisation, alice: User, dave: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two filters the index is asked for the narrow one, and the wide one is checked on each row."""
    monkeypatch.setattr(tuning, "COUNT_CAP", 100)
    monkeypatch.setattr(tuning, "PROBED_KEYS", 1)
    wide = [App.objects.create(organisation=acme, app_id=f"wide-{number}") for number in range(2)]
    fill(acme, 60, dave, App.objects.create(organisation=acme, app_id="other"))
    for app in wide:
        fill(acme, 20, dave, app)
    both = "user=dave&q=wide&limit=10"
    assert asked(alice, both) == (Count(40, capped=False), 1)

    fill(acme, 10, dave, wide[0])
    assert asked(alice, both)[0] == Count(41, capped=True)  # the row that says there are more is looked at too
    assert asked(alice, f"{both}&count=exact")[0] == Count(50, capped=False)


def test_a_count_is_never_below_what_the_page_shows(
    acme: Organisation, alice: User, dave: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tuning, "COUNT_CAP", 5)
    fill(acme, 60, dave)
    assert asked(alice, "user=dave&status=ended&limit=20")[0] == Count(20, capped=True)


def test_a_streamed_list_is_counted_without_being_read_first(acme: Organisation, alice: User) -> None:
    fill(acme, 2_001)
    request = parse(alice, QueryDict("limit=2000"))
    assert is_streamed(request)
    with CaptureQueriesContext(connection) as statements:
        assert count_matches(request) == Count(2_001, capped=False)
    assert len(statements) == 1


@pytest.mark.parametrize("parameters", ["", "status=ended"])
def test_more_than_that_is_not_counted_again_for_a_minute(
    acme: Organisation, alice: User, monkeypatch: pytest.MonkeyPatch, parameters: str
) -> None:
    monkeypatch.setattr(tuning, "COUNT_CAP", 700)
    fill(acme, 701)
    with time_machine.travel(NOON, tick=False) as traveller:
        assert asked(alice, parameters) == (Count(700, capped=True), 1)
        assert asked(alice, parameters) == (Count(700, capped=True), 0)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM history_session WHERE occurred_at < %s", [NOON - timedelta(minutes=10)])
        assert asked(alice, f"{parameters}&count=exact")[0] == Count(600, capped=False)
        traveller.shift(timedelta(seconds=61))
        assert asked(alice, parameters) == (Count(600, capped=False), 1)


def test_what_is_known_of_one_list_says_nothing_of_another(
    acme: Organisation, alice: User, dave: User, globex: Organisation, globex_admin: User
) -> None:
    fill(acme, CAP + 1)
    fill(globex, 60)
    assert asked(alice)[0].capped
    for viewer, parameters in ((globex_admin, ""), (alice, f"end={(NOON - timedelta(minutes=150)).isoformat()[:19]}Z")):
        found, statements = asked(viewer, parameters)
        assert not found.capped, parameters
        assert statements == 1
    assert count_matches(ListRequest(dave)) == Count(0, capped=False)
