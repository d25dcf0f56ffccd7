"""A session's id in capitals or without hyphens is the same session, at every address that holds one."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from sessions.http.session_address import SessionIdConverter
from sessions.models import Organisation, User
from tests.api_writing.program import SESSIONS, Program
from tests.conftest import Send
from tests.ingest.lines import an_event

IDENT = UUID("ab34cdef-1b2c-4d5e-8f90-aabbccddeeff")
SPELLINGS: dict[str, Callable[[UUID], str]] = {
    "as it is": str,
    "in capitals": lambda ident: str(ident).upper(),
    "without hyphens": lambda ident: ident.hex,
    "both": lambda ident: ident.hex.upper(),
}
NOT_ONE = ["0" * 31, "0" * 33, str(IDENT)[:-1] + "g", f"{{{IDENT}}}", f"urn:uuid:{IDENT}", f"{IDENT}-", "٣" * 32]
# A foreign format's, where the producer's own id stands as well.
TAKES_ANY_NAME = {"foreign_session_events"}


def routes(patterns: list[Any], before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, before + str(pattern.pattern))
        elif ":session_id>" in str(pattern.pattern):
            yield before + str(pattern.pattern), pattern


WITH_A_SESSION = {pattern.name or "": pattern for _, pattern in routes(get_resolver().url_patterns)}


@pytest.fixture
def session(acme: Organisation, send: Send, tmp_path: Any) -> UUID:
    (tmp_path / "a b.log").write_text("text")
    (tmp_path / "a b.cast").write_text('{"version": 2, "width": 80, "height": 24}\n[0.5, "o", "$ "]\n')
    files = [
        {"name": "a b.log", "kind": "log", "content_type": "text/plain", "file": "a b.log"},
        {"name": "a b.cast", "kind": "recording", "content_type": "application/x-asciicast", "file": "a b.cast"},
    ]
    return send(acme, external_id="one", attachments=files, events=[an_event()])


def test_routes_are_found() -> None:
    assert len(WITH_A_SESSION) >= 7
    for name, pattern in WITH_A_SESSION.items():
        if name not in TAKES_ANY_NAME:
            assert isinstance(pattern.pattern.converters["session_id"], SessionIdConverter), name


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("name", WITH_A_SESSION)
def test_every_address_takes_every_spelling(
    session: UUID, alice: User, client_of: Callable[[User], Client], name: str, spelling: str
) -> None:
    converters = WITH_A_SESSION[name].pattern.converters
    file = "a b.cast" if name == "attachment_moment" else "a b.log"
    kwargs = {"session_id": str(session)} | ({"name": file} if "name" in converters else {})
    address = reverse(name, kwargs=kwargs)
    asked = address.replace(str(session), SPELLINGS[spelling](session))

    client = client_of(alice)
    # What a page is asked stays; the API's other addresses do not know the parameter.
    query = "?download" if name.endswith("attachment") else ""
    response = client.get(asked + query)
    is_page = not address.startswith(("/api/", "/v2/"))
    if is_page and asked != address:
        assert (response.status_code, response["Location"]) == (301, address + query)
        response = client.get(response["Location"])
    assert response.status_code == 200


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_what_is_written_there_is_written_to_the_same_session(dave: User, spelling: str) -> None:
    program = Program(dave)
    ident = program.new(status="active", ended_at=None)
    spelt = SPELLINGS[spelling](UUID(ident))

    assert program.patch(spelt, {"environment": "x"}).json()["id"] == ident
    assert program.events(spelt, an_event()).json()["new"] == 1
    answer = program.put(spelt, "a.log", b"text")
    assert (answer.status_code, answer["Location"]) == (201, f"{SESSIONS}/{ident}/attachments/a.log")


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_parameters_take_every_spelling(
    session: UUID, alice: User, client_of: Callable[[User], Client], spelling: str
) -> None:
    client, spelt = client_of(alice), SPELLINGS[spelling](session)

    listed = json.loads(client.get("/api/v1/events", {"session": spelt, "start": "2026-06-15"}).getvalue())
    assert [event["session_id"] for event in listed["events"]] == [str(session)]
    assert str(session) in client.get("/sessions/live/", {"open": spelt}).content.decode()


@pytest.mark.parametrize("text", NOT_ONE)
def test_what_is_no_id_is_not_found(alice: User, client_of: Callable[[User], Client], text: str) -> None:
    for address in (f"/sessions/{text}/", f"{SESSIONS}/{text}"):
        assert client_of(alice).get(address).status_code == 404
