"""Tokens with known secrets, and programs that send them."""

import base64
from collections.abc import Callable
from typing import NamedTuple

import pytest
from django.test import Client

from sessions.accounts.tokens import make_token
from sessions.contract.choices import Scope
from sessions.models import ApiToken, User

LIST = "/api/v1/sessions"


class Made(NamedTuple):
    token: ApiToken
    secret: str

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}


Make = Callable[..., Made]


def basic(name: str, password: str = "") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


@pytest.fixture
def make() -> Make:
    def made(creator: User, *scopes: Scope, label: str = "ci") -> Made:
        return Made(*make_token(creator, label, scopes or (Scope.READ,)))

    return made


@pytest.fixture
def daves(make: Make, dave: User) -> Made:
    """A token of dave's, a developer, that reads."""
    return make(dave)


@pytest.fixture
def program() -> Client:
    """Without a cookie, and checked for CSRF as a browser would be."""
    return Client(enforce_csrf_checks=True)
