"""Values without an index are asked for within a day, on every way of finding rows and in the count."""

from datetime import timedelta

import pytest
from django.http import QueryDict

from sessions.models import Organisation, User
from sessions.query import SessionQuery
from sessions.query.criteria.clauses import EXACT_COLUMNS, NARROW, Criteria, TooWideError
from tests.conftest import NOON, Send


def asked(viewer: User, parameters: str = "", **values: str) -> SessionQuery:
    def narrow(criteria: Criteria) -> Criteria:
        return criteria.between(NOON, NOON + NARROW).exactly(values)

    return SessionQuery(viewer, QueryDict(parameters), narrow=narrow)


@pytest.mark.parametrize("parameters", ["", "sort=date", "sort=duration_ms", "sort=-queue_ms", "app=a", "app=a&app=b"])
def test_only_rows_with_the_value_are_found_and_counted(
    acme: Organisation, dave: User, alice: User, send: Send, parameters: str
) -> None:
    app = {"app_id": "a", "platform": "ios"}
    wanted = send(acme, external_id="1", installation_id="one", app=app, user="dave@acme.example")
    send(acme, external_id="2", installation_id="two", app=app, user="dave@acme.example")
    early = NOON - timedelta(seconds=1)
    send(acme, external_id="3", installation_id="one", app=app, started_at=early, user="dave@acme.example")
    for viewer in (alice, dave):
        query = asked(viewer, parameters, installation_id="one")
        assert query.places.ids == [wanted]
        assert query.count().value == 1
        assert len(list(query.every())) == 1
        assert asked(viewer, parameters, installation_id="one", space_id="none").places.ids == []


def test_every_value_that_can_be_asked_for_is_a_column(alice: User) -> None:
    assert asked(alice, **dict.fromkeys(EXACT_COLUMNS, "x")).places.ids == []


@pytest.mark.parametrize(("start", "end"), [(None, NOON), (NOON, None), (NOON, NOON + 2 * NARROW)])
def test_a_wider_range_is_refused(acme: Organisation, start: None, end: None) -> None:
    criteria = Criteria.of(acme).between(start, end)
    with pytest.raises(TooWideError):
        criteria.exactly({"space_id": "a"})
    assert criteria.exactly({}) == criteria
