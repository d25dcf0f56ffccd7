"""`q` of every reader: what is found, and what happens to a search that has a mistake."""

import json
from typing import Any
from uuid import UUID

import pytest

from sessions.models import Organisation, User
from tests.conftest import NOON, Send
from tests.query.readers import CSV, JSON, PAGE, Reader, text_of


@pytest.fixture
def six(acme: Organisation, send: Send) -> list[UUID]:
    """Oldest first. Even ones are of the shop and by uma, every third one failed."""
    return [
        send(
            acme,
            started_at=NOON.replace(day=10 + n),
            app={"app_id": ("com.shop", "com.kiosk")[n % 2], "name": ("Corner Shop", "Kiosk")[n % 2]},
            user=("uma@acme.example", "dave@acme.example")[n % 2],
            status="failed" if n % 3 == 0 else "ended",
        )
        for n in range(6)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("status:failed", {0, 3}),
        ("-status:failed", {1, 2, 4, 5}),
        ("app:com.shop status:failed", {0}),
        ("status:failed corner", {0}),
        ("corner shop", {0, 2, 4}),
        ("shop corner", set()),
        ("shop AND corner", {0, 2, 4}),
        ("shop OR kiosk", {0, 1, 2, 3, 4, 5}),
        ("user:(UMA@acme.example dave@acme.example) status:failed", {0, 3}),
        ("(app:com.shop OR user:dave@acme.example) status:(failed lost)", {0, 3}),
        ("date:2026-06-11..2026-06-12", {1, 2}),
        ("date:>2026-06-14", {5}),
        ("date:>=2026-06-14T12:00:00Z", {4, 5}),
        ('"corner shop" -status:ended', {0}),
        ("app:nowhere", set()),
    ],
)
def test_every_reader_finds_what_a_search_says(
    alice: User, six: list[UUID], reader: Reader, text: str, expected: set[int]
) -> None:
    assert set(reader.ask(alice, q=text)) == {six[n] for n in expected}


def test_a_search_and_filters_must_both_match(alice: User, six: list[UUID], reader: Reader) -> None:
    assert reader.ask(alice, q="status:failed", app="com.shop") == [six[0]]
    assert reader.ask(alice, q="app:com.kiosk", app="com.shop") == []


def test_a_search_finds_no_session_that_the_viewer_may_not_see(uma: User, six: list[UUID], reader: Reader) -> None:
    assert set(reader.ask(uma, q="status:(failed ended)")) == {six[0], six[2], six[4]}
    assert reader.ask(uma, q="user:dave@acme.example") == []


WRONG: list[tuple[str, str, set[int]]] = [
    ("stauts:failed corner", "There is no field “stauts”.", {0, 2, 4}),
    ("status:(faled failed)", "“faled” is not one of queued,", {0, 3}),
    ("(corner", "A parenthesis is not closed.", {0, 2, 4}),
    ("duration:>5 kiosk", "“5” is not a length of time.", {1, 3, 5}),
]


@pytest.mark.parametrize(("text", "said", "rest"), WRONG)
def test_the_page_names_a_mistake_and_applies_the_rest(
    alice: User, six: list[UUID], text: str, said: str, rest: set[int]
) -> None:
    body = text_of(PAGE.get(alice, q=text))
    assert said in body
    assert 'role="alert"' in body
    for number, ident in enumerate(six):
        assert (f"session-{ident}" in body) == (number in rest)


@pytest.mark.parametrize("reader", [CSV, JSON], ids=lambda reader: reader.name)
@pytest.mark.parametrize(("text", "said", "rest"), WRONG)
def test_a_program_is_told_the_mistake_with_its_place(
    alice: User, six: list[UUID], reader: Reader, text: str, said: str, rest: Any
) -> None:
    response = reader.get(alice, q=text)
    assert response.status_code == 400
    if reader is JSON:
        answer = json.loads(text_of(response))
        assert (answer["code"], answer["field"]) == ("invalid_value", "q")
        assert said in answer["message"]
        assert "at character" in answer["message"]


MEANT: list[tuple[str, set[int]]] = [
    ("-app:com.shop", {1, 3, 5}),
    ("-(status:failed OR app:com.kiosk)", {2, 4}),
    ("-corner", {1, 3, 5}),
    ("duration:>5m OR status:failed", {0, 3}),
    ("app:com.s* -status:failed", {2, 4}),
    ("-app:(com.shop com.kiosk)", set()),
]


@pytest.mark.parametrize(("text", "expected"), MEANT)
def test_not_alternatives_and_prefixes_mean_the_same_in_every_reader(
    alice: User, six: list[UUID], reader: Reader, text: str, expected: set[int]
) -> None:
    assert set(reader.ask(alice, q=text)) == {six[number] for number in expected}


def test_a_search_of_too_many_words_is_refused_and_the_rest_applies(alice: User, six: list[UUID]) -> None:
    many = " OR ".join(f"word{number}" for number in range(61))
    assert "at most 60" in json.loads(text_of(JSON.get(alice, q=f"({many})")))["message"]
    body = text_of(PAGE.get(alice, q=f"({many}) status:failed"))
    assert [f"session-{ident}" in body for ident in six] == [True, False, False, True, False, False]


def test_a_search_is_bounded(alice: User) -> None:
    assert JSON.get(alice, q="a" * 2_000).status_code == 200
    assert JSON.get(alice, q="a" * 2_001).status_code == 400
