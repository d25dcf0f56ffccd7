import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from sessions.accounts.tokens import make_token
from sessions.models import User

# What Django's client answers: its type is private.
Response = Any
Ask = Callable[..., Response]


@pytest.fixture
def key_of() -> Callable[..., str]:
    """A new token's secret."""

    def make(creator: User, *scopes: str) -> str:
        return make_token(creator, "a foreign client", scopes or ("read",))[1]

    return make


@pytest.fixture
def ask(key_of: Callable[..., str]) -> Ask:
    """GET as somebody: `ask(alice, "/v2/...", limit=3)`; a list as a value repeats the parameter."""

    def get(viewer: User, path: str, **parameters: Any) -> Response:
        client = Client(raise_request_exception=False)
        return client.get(path, parameters, headers={"Authorization": f"Bearer {key_of(viewer)}"})

    return get


def body(response: Response) -> Any:
    """The decoded JSON, streamed or not."""
    return json.loads(response.getvalue())
