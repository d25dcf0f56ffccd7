"""The count of a list: exact up to 10,000, and not taken anew with each page of more."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from sessions.models import Organisation, User
from sessions.query import Count, SessionQuery
from tests.conftest import NOON

CAP = 10_000


def fill(organisation: Organisation, rows: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO history_session (id, organisation_id, status, initiator_type, started_at, ended_at,
                last_seen_at, exception, crash, anr, rage_tap, attributes)
            SELECT gen_random_uuid(), %s, 'ended', 'anonymous', moment, moment, moment, false, false, false, false, '{}'
            FROM generate_series(1, %s) number, LATERAL (SELECT %s - number * interval '1 s' AS moment) moments
            """,
            [organisation.pk, rows, NOON],
        )


def asked(viewer: User, parameters: str = "") -> tuple[Count, int]:
    """The count, and how many statements it took beyond those of the page."""
    query = SessionQuery(viewer, QueryDict(parameters))
    assert query.places.ids
    with CaptureQueriesContext(connection) as statements:
        found = query.count()
    return found, len(statements)


def test_ten_thousand_are_counted_and_one_more_is_more_than_that(acme: Organisation, alice: User) -> None:
    fill(acme, CAP)
    assert asked(alice) == (Count(CAP, capped=False), 1)
    fill(acme, 1)
    assert asked(alice) == (Count(CAP, capped=True), 1)


@pytest.mark.parametrize("parameters", ["", "status=ended"])
def test_more_than_that_is_not_counted_again_for_a_minute(acme: Organisation, alice: User, parameters: str) -> None:
    fill(acme, CAP + 1)
    with time_machine.travel(NOON, tick=False) as traveller:
        assert asked(alice, parameters) == (Count(CAP, capped=True), 1)
        assert asked(alice, parameters) == (Count(CAP, capped=True), 0)
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
    assert SessionQuery(dave, QueryDict()).count() == Count(0, capped=False)
