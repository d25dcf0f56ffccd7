"""A developer and a user see exactly the own sessions, wherever sessions show; anything else is not there."""

from uuid import UUID

import pytest
from django.http import QueryDict

from sessions.contract.choices import Role
from sessions.models import ApiToken, Organisation, User
from sessions.query import ListRequest, count_matches, find_session, parse
from sessions.query.options import filter_options
from tests.conftest import Send, member
from tests.query.readers import READERS, Reader, Response, text_of

MEMBERS = ("dave", "uma")
SECRETS = ("secret.app", "Secret App", "secret-model", "SecretOS", "hidden@", "hidden-token")


@pytest.fixture
def own(acme: Organisation, dave: User, uma: User, nightly: ApiToken, send: Send) -> dict[str, set[UUID]]:
    """Whose session is whose. Both have the same app and device, so that only visibility tells them apart."""
    ApiToken.objects.create(organisation=acme, creator=uma, label="umas-token", digest="1" * 64)
    shared = {"app": {"app_id": "shared", "name": "Shared"}, "device": {"model": "Shared One"}}
    return {
        "dave": {
            send(acme, user="dave@acme.example", **shared),
            send(acme, token="nightly-ci", **shared),
            # Run by the person and sent with the own token: own twice, shown once.
            send(acme, initiator={"type": "token", "label": "nightly-ci", "email": "dave@acme.example"}, **shared),
        },
        "uma": {send(acme, user="UMA@acme.example", **shared), send(acme, token="umas-token", **shared)},
    }


@pytest.fixture
def hidden(acme: Organisation, globex: Organisation, send: Send) -> set[UUID]:
    """Sessions that neither dave nor uma may see, each with names of its own."""
    secret = {
        "app": {"app_id": "secret.app", "name": "Secret App", "platform": "kiosk"},
        "device": {"model": "secret-model"},
        "os": {"name": "SecretOS", "version": "9"},
    }
    return {
        send(acme, user="hidden@acme.example", **secret),
        send(acme, token="hidden-token", **secret),
        send(acme, **secret),
        send(acme, initiator={"type": "anonymous", "label": "dave@acme.example"}, **secret),
        # Their namesakes in another organisation are other people.
        send(globex, user="dave@acme.example", **secret),
        send(globex, user="uma@acme.example", **secret),
        send(globex, token="nightly-ci", **secret),
    }


@pytest.fixture(params=MEMBERS)
def viewer(request: pytest.FixtureRequest, dave: User, uma: User) -> User:
    return {"dave": dave, "uma": uma}[request.param]


def test_a_member_gets_exactly_the_own_sessions(
    own: dict[str, set[UUID]], hidden: set[UUID], viewer: User, reader: Reader
) -> None:
    found = reader.ask(viewer)
    assert set(found) == own[viewer.username]
    assert len(found) == len(set(found))
    # The count says no more than the list.
    assert count_matches(ListRequest(viewer)).value == len(found)


@pytest.mark.parametrize(
    "parameters",
    [
        {"q": "secret"},
        {"q": "hidden"},
        {"user": "hidden@acme.example"},
        {"app": "secret.app"},
        {"device": "secret-model"},
        {"os": "SecretOS"},
        {"platform": "kiosk"},
    ],
    ids=str,
)
def test_no_filter_widens_what_a_member_sees(
    own: dict[str, set[UUID]], hidden: set[UUID], dave: User, reader: Reader, parameters: dict[str, str]
) -> None:
    assert reader.ask(dave, **parameters) == []
    assert count_matches(parse(dave, QueryDict("&".join(f"{k}={v}" for k, v in parameters.items())))).value == 0


def test_naming_another_member_shows_nothing_of_theirs(
    own: dict[str, set[UUID]], dave: User, alice: User, reader: Reader
) -> None:
    assert reader.ask(dave, user="uma@acme.example") == []
    assert reader.ask(dave, q="uma") == []
    # Beside the own name it neither adds anything nor takes anything away.
    run_by_dave = set(reader.ask(alice, user="dave"))
    assert set(reader.ask(dave, user=["dave", "uma"])) == run_by_dave < own["dave"]


def test_an_admin_sees_all_of_the_organisation_and_nothing_of_another(
    own: dict[str, set[UUID]], hidden: set[UUID], alice: User, globex_admin: User, reader: Reader
) -> None:
    of_acme, of_globex = set(reader.ask(alice)), set(reader.ask(globex_admin))
    assert own["dave"] | own["uma"] < of_acme
    assert of_acme.isdisjoint(of_globex)
    assert len(of_globex) == 3
    assert of_acme | of_globex == own["dave"] | own["uma"] | hidden


def test_one_session_is_found_by_whoever_sees_it_in_the_list(
    own: dict[str, set[UUID]], hidden: set[UUID], viewer: User
) -> None:
    for ident in own["dave"] | own["uma"] | hidden:
        assert bool(find_session(viewer, ident)) == (ident in own[viewer.username])


def test_the_pages_of_other_sessions_are_not_found(own: dict[str, set[UUID]], hidden: set[UUID], viewer: User) -> None:
    for ident in own["dave"] | own["uma"] | hidden:
        expected = 200 if ident in own[viewer.username] else 404
        for url in (f"/sessions/{ident}/", f"/api/v1/sessions/{ident}", f"/api/v1/sessions/{ident}/events"):
            assert get(viewer, url).status_code == expected, url


def test_live_rows_are_only_the_own_ones(own: dict[str, set[UUID]], hidden: set[UUID], viewer: User) -> None:
    everything = own["dave"] | own["uma"] | hidden
    body = text_of(get(viewer, "/sessions/live/", open=[str(ident) for ident in everything]))
    shown = {ident for ident in everything if f'id="session-{ident}"' in body}
    assert shown == own[viewer.username]


def test_options_name_only_what_occurs_in_the_own_sessions(
    own: dict[str, set[UUID]], hidden: set[UUID], viewer: User
) -> None:
    options = filter_options(viewer).values
    assert options["app"] == [("shared", "Shared")]
    assert [model for model, _ in options["device"]] == ["Shared One"]
    assert {"user", "os", "platform"}.isdisjoint(options)


@pytest.mark.parametrize("name", ["user", "app", "device", "os", "platform"])
def test_searching_the_options_names_nothing_else(
    own: dict[str, set[UUID]], hidden: set[UUID], dave: User, name: str
) -> None:
    body = text_of(get(dave, "/sessions/options/", name=name, search=""))
    assert not [secret for secret in SECRETS if secret in body]
    assert "uma@" not in body
    assert "kiosk" not in body


def test_no_answer_names_what_a_member_may_not_see(own: dict[str, set[UUID]], hidden: set[UUID], dave: User) -> None:
    for reader in READERS:
        body = text_of(reader.get(dave))
        assert not [secret for secret in (*SECRETS, "uma@", "umas-token") if secret in body], reader.name


def test_a_new_token_makes_its_sessions_own_and_a_new_role_shows_all(
    acme: Organisation, send: Send, reader: Reader
) -> None:
    vera = member(acme, "vera", Role.DEVELOPER)
    other, sent = send(acme, user="x@acme.example"), send(acme, token="veras")
    assert reader.ask(vera) == []
    ApiToken.objects.filter(label="veras").update(creator=vera)
    assert reader.ask(vera) == [sent]
    vera.role = Role.ADMIN
    vera.save()
    assert set(reader.ask(vera)) == {other, sent}


def get(viewer: User, url: str, **parameters: object) -> Response:
    return Reader("any", url, lambda _: []).get(viewer, **parameters)
