"""`q`: text anywhere in the app ID, app name, username, e-mail or token label."""

from typing import Any

import pytest

from sessions.models import ApiToken, Organisation, User
from tests.conftest import Send
from tests.query.readers import Reader

SPECIAL = """50%_off "it's" \\back"""


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"app": {"app_id": "com.Example.Shop"}}, "com.Example.Shop"),
        ({"app": {"app_id": "com.Example.Shop"}}, "example.sh"),
        ({"app": {"app_id": "a", "name": "Corner Shop"}}, "corner s"),
        ({"app": {"app_id": "a", "name": "Öffi für Überlandbusse"}}, "ÜBERLAND"),
        ({"initiator": {"type": "user", "email": "uma@acme.example", "username": "Uma.Thorn"}}, "UMA.TH"),
        ({"initiator": {"type": "user", "username": "kiosk-7"}}, "sk-7"),
        ({"user": "vera@acme.example"}, "VERA@"),
        ({"token": "Nightly CI"}, "tly ci"),
    ],
    ids=["app ID", "app ID in part", "app name", "umlauts", "username", "username alone", "e-mail", "token label"],
)
def test_a_search_finds_text_anywhere_in_any_case(
    acme: Organisation, alice: User, send: Send, reader: Reader, fields: dict[str, Any], text: str
) -> None:
    wanted = send(acme, **fields)
    send(acme, app={"app_id": "org.other", "name": "Other"}, user="someone@else.example")
    assert reader.ask(alice, q=text) == [wanted]


@pytest.mark.parametrize("field", ["app_id", "name", "label", "username"])
def test_wildcards_quotes_and_backslashes_mean_themselves(
    acme: Organisation, alice: User, send: Send, reader: Reader, field: str
) -> None:
    send(acme, app={"app_id": "plain", "name": "Plain"}, user="plain@acme.example")
    send(acme, token="plain")
    wanted = {
        "app_id": lambda: send(acme, app={"app_id": SPECIAL}),
        "name": lambda: send(acme, app={"app_id": "b", "name": SPECIAL}),
        "label": lambda: send(acme, token=SPECIAL),
        "username": lambda: send(acme, initiator={"type": "user", "username": SPECIAL}),
    }[field]()
    for text in ("%", "_", '"', "'", "\\", SPECIAL.upper()):
        assert reader.ask(alice, q=text) == [wanted], text
    for text in ("_50", "%%", "''", "\\\\", "p%n", "pl_in", "e\\%"):
        assert reader.ask(alice, q=text) == [], text


def test_a_search_that_nothing_has_finds_nothing(acme: Organisation, alice: User, send: Send, reader: Reader) -> None:
    send(acme, app={"app_id": "shop"})
    assert reader.ask(alice, q="shops") == []


def test_a_search_without_text_finds_everything(acme: Organisation, alice: User, send: Send, reader: Reader) -> None:
    ident = send(acme)
    assert reader.ask(alice, q="") == reader.ask(alice, q="   ") == [ident]


def test_a_search_finds_sessions_of_every_app_person_and_token_that_has_the_text(
    acme: Organisation, alice: User, send: Send, reader: Reader
) -> None:
    send(acme)
    wanted = {
        send(acme, app={"app_id": "north"}),
        send(acme, user="north@acme.example"),
        send(acme, token="north"),
    }
    assert set(reader.ask(alice, q="NORTH")) == wanted


def test_a_session_that_has_the_text_twice_is_found_once(
    acme: Organisation, alice: User, send: Send, reader: Reader
) -> None:
    ident = send(acme, app={"app_id": "north", "name": "North"}, user="north@acme.example")
    assert reader.ask(alice, q="north") == [ident]


def test_tokens_of_members_are_searched_like_those_known_from_imports(
    acme: Organisation, alice: User, nightly: ApiToken, send: Send, reader: Reader
) -> None:
    ident = send(acme, token="nightly-ci")
    send(acme, token="weekly")
    assert reader.ask(alice, q="nightly") == [ident]


def test_a_name_of_another_organisation_is_not_found(
    acme: Organisation, globex: Organisation, alice: User, send: Send, reader: Reader
) -> None:
    send(globex, app={"app_id": "globex.secret"}, user="spy@globex.example")
    assert reader.ask(alice, q="globex") == []
