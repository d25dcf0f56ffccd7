"""Values without an index are asked for within a day, on every way of finding rows and in the count."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.http import QueryDict

from sessions.models import Organisation, User
from sessions.query import ListRequest, count_matches, find_page, parse, stream_json
from sessions.query.criteria.clauses import NARROW, Clauses, TooWideError
from sessions.query.criteria.conditions import EXACT_COLUMNS
from tests.conftest import NOON, Send


def asked(viewer: User, parameters: str = "", **values: str) -> ListRequest:
    request = parse(viewer, QueryDict(parameters))
    return replace(request, clauses=request.clauses.between(NOON, NOON + NARROW).exactly(values))


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
        request = asked(viewer, parameters, installation_id="one")
        assert find_page(request).ids == [wanted]
        assert count_matches(request).value == 1
        assert len(list(stream_json(request))) == 1
        assert find_page(asked(viewer, parameters, installation_id="one", space_id="none")).ids == []


def test_every_value_that_can_be_asked_for_is_a_column(alice: User) -> None:
    assert find_page(asked(alice, **dict.fromkeys(EXACT_COLUMNS, "x"))).ids == []


@pytest.mark.parametrize(("start", "end"), [(None, NOON), (NOON, None), (NOON, NOON + 2 * NARROW)])
def test_a_wider_range_is_refused(start: None, end: None) -> None:
    clauses = Clauses().between(start, end)
    with pytest.raises(TooWideError):
        clauses.exactly({"space_id": "a"})
    assert clauses.exactly({}) == clauses
