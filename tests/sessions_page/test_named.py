"""A session's id, its external id, or a link to it in the search box leads to the session."""

from uuid import UUID, uuid4

import pytest
from django.test import Client

from sessions.models import Organisation, User
from tests.conftest import ClientOf, Send

TYPED = {"HX-Request": "true", "HX-Target": "results"}
OPEN = "data-named-session"


@pytest.fixture
def run(acme: Organisation, dave: User, send: Send) -> UUID:
    return send(acme, external_id="run 42/a", title="Checkout", user=dave.email)


@pytest.fixture
def alices(alice: User, client_of: ClientOf) -> Client:
    return client_of(alice)


@pytest.mark.parametrize(
    "text", ["{}", " {} ", "{.hex}", "https://history.example/sessions/{}/", "http://h/sessions/{}/?t=3&tab=log#x"]
)
def test_an_id_or_a_link_is_opened(alices: Client, run: UUID, text: str) -> None:
    given = text.format(run)
    for each in (given, given.upper() if "://" not in given else given):
        assert alices.get("/sessions/", {"q": each}).headers["Location"] == f"/sessions/{run}/"
    typed = alices.get("/sessions/", {"q": given}, headers=TYPED).content.decode()
    assert f'href="/sessions/{run}/" {OPEN}' in typed
    assert 'role="alert"' not in typed
    assert "No session matches" not in typed


def test_an_external_id_is_offered_beside_what_the_words_find(alices: Client, run: UUID) -> None:
    body = alices.get("/sessions/", {"q": "run 42/a", "status": "failed"}).content.decode()
    assert f'href="/sessions/{run}/" {OPEN}' in body
    assert OPEN not in alices.get("/sessions/", {"q": "run 42"}).content.decode()


def test_what_one_may_not_see_is_as_what_does_not_exist(uma: User, run: UUID, client_of: ClientOf) -> None:
    nobodys = uuid4()
    hidden, missing = (
        client_of(uma).get("/sessions/", {"q": str(one)}).content.decode().replace(str(one), "ID")
        for one in (run, nobodys)
    )
    assert "There is no session with this ID" in hidden
    without_nonce = [
        [line for line in body.splitlines() if "csrf" not in line and "nonce" not in line] for body in (hidden, missing)
    ]
    assert without_nonce[0] == without_nonce[1]
    assert OPEN not in client_of(uma).get("/sessions/", {"q": "run 42/a"}).content.decode()


@pytest.mark.parametrize("text", ["a\0b", "x" * 3_000, "/sessions/", "12345678-1234-1234-1234-12345678901"])
def test_other_texts_are_searches(alices: Client, run: UUID, text: str) -> None:
    response = alices.get("/sessions/", {"q": text})
    assert response.status_code == 200
    assert OPEN not in response.content.decode()
