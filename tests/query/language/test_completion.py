"""What is offered while a search is typed."""

import json
from typing import Any

import pytest
from django.test import Client

from sessions.models import Organisation, User
from sessions.query.language.completion import MOST_CANDIDATES, Place, completion, place_of
from sessions.query.language.fields import FIELDS, SEARCH
from sessions.query.language.offered import offered
from sessions.query.language.parse import parse
from tests.conftest import Send


@pytest.mark.parametrize(
    ("before", "place"),
    [
        ("", Place(0, "")),
        ("sta", Place(0, "sta")),
        ("a sta", Place(2, "sta")),
        ("a ", Place(2, "")),
        ("-", Place(1, "")),
        ("-sta", Place(1, "sta")),
        ("(sta", Place(1, "sta")),
        ("(", Place(1, "")),
        ("status:", Place(7, "", "status")),
        ("status:fa", Place(7, "fa", "status")),
        ('device:"Pixel 9', Place(7, "Pixel 9", "device")),
        ('device:"Pixel 9"', None),
        ("user:(", Place(6, "", "user")),
        ("user:(ann b", Place(10, "b", "user")),
        ("user:(ann ", Place(10, "", "user")),
        ('user:("ann b', Place(6, "ann b", "user")),
        ("user:(ann) b", Place(11, "b")),
        ('"status:fa', None),
        ('"a"', None),
        ('a "', None),
        ("app:\0", Place(4, "\0", "app")),
    ],
)
def test_the_place_of_the_caret(before: str, place: Place | None) -> None:
    assert place_of(before) == place


def texts(viewer: User, before: str) -> list[str]:
    found = completion(viewer, before)
    return [before[: found.start] + one.text for one in found.candidates]


def test_fields_and_the_words_of_their_vocabularies_are_offered(alice: User) -> None:
    assert texts(alice, "a pl") == ["a platform:"]
    assert texts(alice, "AP") == ["app:"]
    assert texts(alice, "-fai") == ["-status:failed "]
    assert texts(alice, "platform:an") == ["platform:android "]
    assert len(texts(alice, "")) == len(offered())
    assert texts(alice, "nothing:") == texts(alice, "nothing") == []


def test_values_that_occur_are_offered_by_any_part_of_their_name(acme: Organisation, alice: User, send: Send) -> None:
    send(acme, app={"app_id": "com.shop", "name": "Corner Shop"}, device={"model": "Pixel 9"}, user="uma@acme.example")
    send(acme, os={"name": "iOS", "version": "17.5"}, environment="production", device={"model": "iPad"})
    assert texts(alice, "app:corner") == ["app:com.shop "]
    assert texts(alice, "device:") == ['device:"Pixel 9" ', "device:iPad "]
    assert texts(alice, 'device:("Pix') == ['device:("Pixel 9" ']
    assert texts(alice, "user:UM") == ["user:uma@acme.example "]
    assert texts(alice, "os:17") == ['os:"iOS 17.5" ']
    assert texts(alice, "environment:") == ["environment:production "]


def test_what_no_name_can_have_is_not_looked_up(alice: User) -> None:
    assert texts(alice, "app:\0") == texts(alice, "app:\ud800") == []


def test_nobody_is_offered_a_name_that_they_may_not_see(
    acme: Organisation, globex: Organisation, dave: User, send: Send
) -> None:
    send(acme, app={"app_id": "own"}, device={"model": "Own"}, user="dave@acme.example", environment="own")
    send(acme, app={"app_id": "secret"}, device={"model": "Secret"}, user="uma@acme.example", environment="secret")
    send(globex, app={"app_id": "secret"}, device={"model": "Secret"}, user="dave@acme.example", environment="secret")
    for field in FIELDS:
        for typed in ("", "s", "secret", "uma"):
            found = completion(dave, f"{field}:{typed}")
            assert not any("secret" in one.text.lower() or "uma@" in one.text for one in found.candidates)
    assert texts(dave, "app:") == ["app:own "]


def test_there_are_never_more_than_a_screen(acme: Organisation, alice: User, send: Send) -> None:
    for number in range(MOST_CANDIDATES + 5):
        send(acme, app={"app_id": f"app-{number}"})
    assert len(texts(alice, "app:")) == MOST_CANDIDATES


def test_every_candidate_is_understood(acme: Organisation, alice: User, send: Send) -> None:
    send(acme, app={"app_id": 'a "b" \\'}, device={"model": "OR"}, environment="(x)", user="<a>@acme.example")
    for one in offered():
        for text in texts(alice, f"{one.name}:"):
            assert not parse(text).mistakes
            assert SEARCH.field(one.name)


def ask(viewer: User, before: str) -> Any:
    client = Client()
    client.force_login(viewer)
    return client.get("/sessions/search-completions/", {"before": before})


def test_the_address_answers_for_a_while(alice: User) -> None:
    response = ask(alice, "x pla")
    assert json.loads(response.content) == {
        "start": 2,
        "candidates": [{"text": "platform:", "label": "platform", "note": FIELDS["platform"].help_text}],
    }
    assert response["Cache-Control"] == "private, max-age=60"
    assert "Cookie" in response["Vary"]


@pytest.mark.parametrize("before", ["a" * 3_000, "app:" + "(" * 1_900, '"' * 1_999, "app:%_\\"])
def test_any_text_is_answered(alice: User, before: str) -> None:
    assert ask(alice, before).json()["candidates"] == []
