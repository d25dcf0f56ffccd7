"""Each person's columns, density and dates of the list, kept with the person."""

import re
from typing import Any

import pytest
import time_machine

from sessions.models import Organisation, User
from sessions.presenters.columns import COLUMNS
from sessions.presenters.display import FIELDS, display_of, value_of
from sessions.query import ListRequest, find_page, listed_records
from tests.conftest import NOON, ClientOf, Send
from tests.sessions_page.reading import cells, html, words

USUAL = [column.name for column in COLUMNS]


def choose(client_of: ClientOf, person: User, **given: Any) -> Any:
    response = client_of(person).post("/sessions/display/", given)
    assert response.status_code == 302
    person.refresh_from_db()
    return response


def headers(body: str) -> list[str]:
    _, *found = re.findall(r"<th[^>]*>.*?</th>", body, re.DOTALL)
    return [words(header) for header in found]


def test_columns_are_chosen_ordered_and_kept(acme: Organisation, alice: User, send: Send, client_of: ClientOf) -> None:
    send(acme, environment="staging", app={"app_id": "a", "version": "2.4"}, attributes={"branch": "main <b>"})
    given = ["date", "app", "environment", "app.version"]
    answer = choose(client_of, alice, column=given, attribute="branch", **{"from": "q=a&banana=1"})
    assert answer["Location"] == "/sessions/?q=a"
    body = html(alice)
    assert headers(body) == ["Date", "App", "Environment", "Version", "branch"]
    row = re.findall(r'<td class="col-field">(.*?)</td>', body)
    assert [words(cell) for cell in row] == ["Environment staging", "Version 2.4", "branch main <b>"]
    # Another person sees the usual ones.
    assert client_of(alice).get("/sessions/live/").status_code == 200


def test_every_field_can_be_a_column(acme: Organisation, alice: User, send: Send, client_of: ClientOf) -> None:
    send(acme)
    choose(client_of, alice, column=list(FIELDS)[:29])
    assert len(cells(html(alice))) == 1
    choose(client_of, alice, column=list(FIELDS)[29:])
    assert len(cells(html(alice))) == 1
    (record,) = listed_records(alice, find_page(ListRequest(alice)).ids, {name.partition(".")[0] for name in FIELDS})
    for name in FIELDS:
        value_of(record, name)


def test_a_column_is_moved_without_a_script(alice: User, client_of: ClientOf) -> None:
    choose(client_of, alice, column=USUAL, move="date:-1")
    assert alice.list_display["columns"][-3:] == ["date", "duration", "files"]
    choose(client_of, alice, column=alice.list_display["columns"], move="user:-1")
    assert alice.list_display["columns"][0] == "user"


def test_what_was_chosen_is_undone_and_reset(alice: User, client_of: ClientOf) -> None:
    choose(client_of, alice, column=["app", "date"], density="compact")
    choose(client_of, alice, column=["app", "user"])
    choose(client_of, alice, do="undo")
    assert (alice.list_display["columns"], alice.list_display["density"]) == (["app", "date"], "compact")
    choose(client_of, alice, do="undo")
    assert alice.list_display["columns"] == ["app", "user"]
    choose(client_of, alice, do="reset")
    assert display_of(alice.list_display).is_usual


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"column": ["banana", "attr.", "\0", "__class__", "app.__class__", "attributes"]},
        {"column": "user", "density": "huge", "dates": "never", "zone": "Mars", "move": "x" * 5000},
        {"column": [f"attr.{number}" for number in range(500)], "attribute": "\0"},
        {"do": "undo"},
        {"do": "banana"},
    ],
)
def test_what_makes_no_sense_is_the_usual(
    acme: Organisation, alice: User, send: Send, client_of: ClientOf, given: dict[str, Any]
) -> None:
    send(acme)
    choose(client_of, alice, **given)
    display = display_of(alice.list_display)
    assert "app" in display.names
    assert len(display.names) <= 30
    assert (display.density, display.dates, display.zone) == ("comfortable", "relative", "own")
    assert len(cells(html(alice))) == 1


@pytest.mark.parametrize(
    "stored", [{}, {"columns": "app"}, {"columns": [1, None, {}]}, {"density": ["x"]}, {"zone": 1}]
)
def test_what_an_older_version_stored_is_read_with_tolerance(stored: dict[str, Any]) -> None:
    assert "app" in display_of(stored).names


def test_dates_are_relative_or_absolute_and_in_utc_by_choice(
    acme: Organisation, alice: User, send: Send, client_of: ClientOf
) -> None:
    send(acme, started_at=NOON.replace(minute=5))
    with time_machine.travel(NOON.replace(hour=13), tick=False):
        assert words(cells(html(alice))[0]["date"]) == "55 minutes ago (2026-06-15 14:05:00 CEST) 15 Jun 14:05"
        choose(client_of, alice, column=USUAL, dates="absolute")
        assert words(cells(html(alice))[0]["date"]) == "15 Jun 14:05"
        choose(client_of, alice, column=USUAL, dates="absolute", zone="utc")
        cell = cells(html(alice))[0]["date"]
    assert words(cell) == "15 Jun 12:05"
    assert 'title="2026-06-15 12:05:00 UTC"' in cell
