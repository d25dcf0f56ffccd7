"""What browsers and proxies may keep."""

import pytest
from django.test import Client

from sessions.models import Organisation, User
from tests.conftest import ClientOf, Send

PRIVATE_PAGES = [
    "/sessions/",
    "/sessions/export.csv",
    "/usage/",
    "/settings/",
    "/settings/members/",
    "/settings/organisation/",
    "/settings/tokens/",
    "/settings/tokens/new/",
    "/password/change/",
    "/api/v1/events",
    "/no/such/page/",
    "/signout/",
]


@pytest.mark.parametrize("path", PRIVATE_PAGES)
def test_what_one_person_sees_is_stored_nowhere(alice: User, client_of: ClientOf, path: str) -> None:
    kept = client_of(alice).get(path)["Cache-Control"]
    assert "no-store" in kept
    assert "private" in kept


def test_so_is_a_session_and_a_member_with_the_invitation(
    acme: Organisation, alice: User, uma: User, client_of: ClientOf, send: Send
) -> None:
    client = client_of(alice)
    for path in (f"/sessions/{send(acme)}/", f"/settings/members/{uma.pk}/"):
        response = client.get(path)
        assert response.status_code == 200
        assert "no-store" in response["Cache-Control"]


def test_what_has_an_etag_is_asked_about_each_time(
    acme: Organisation, alice: User, client_of: ClientOf, send: Send
) -> None:
    client, path = client_of(alice), f"/api/v1/sessions/{send(acme)}"
    first = client.get(path)
    assert first["Cache-Control"] == "private, no-cache"
    again = client.get(path, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again["Cache-Control"]) == (304, "private, no-cache")


@pytest.mark.parametrize(
    ("path", "status"),
    [("/api/v1/sessions", 401), ("/api/v1/sessions/batch", 401), ("/usage/?q=%00", 302), ("/a", 404)],
)
def test_an_error_is_kept_by_nobody(client: Client, db: None, path: str, status: int) -> None:
    response = client.get(path)
    assert response.status_code == status
    assert "no-store" in response["Cache-Control"]
