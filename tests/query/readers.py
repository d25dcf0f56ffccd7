"""The three readers of a list, each reduced to the ids that it shows, in its order."""

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.test import Client

from sessions.models import User

# What Django's client answers: its type is private, and most of what tests ask it is set while it runs.
Response = Any


def on_page(body: str) -> list[UUID]:
    assert 'role="alert"' not in body, "the page names an error"
    return [UUID(ident) for ident in re.findall(r'<tr id="session-([0-9a-f-]{36})"', body)]


def in_csv(body: str) -> list[UUID]:
    lines = csv.DictReader(io.StringIO(body.removeprefix("\ufeff"), newline=""))
    return [UUID(line["Session ID"]) for line in lines]


def in_json(body: str) -> list[UUID]:
    return [UUID(session["id"]) for session in json.loads(body)["sessions"]]


@dataclass(frozen=True)
class Reader:
    name: str
    url: str
    ids: Callable[[str], list[UUID]]

    def get(self, viewer: User, **parameters: Any) -> Response:
        client = Client()
        client.force_login(viewer)
        return client.get(self.url, parameters)

    def ask(self, viewer: User, **parameters: Any) -> list[UUID]:
        """What the viewer gets, in order; a list as a value repeats the parameter."""
        response = self.get(viewer, **parameters)
        assert response.status_code == 200, text_of(response)
        return self.ids(text_of(response))


def text_of(response: Response) -> str:
    content: bytes = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode()


PAGE = Reader("page", "/sessions/", on_page)
CSV = Reader("CSV", "/sessions/export.csv", in_csv)
JSON = Reader("JSON", "/api/v1/sessions", in_json)
READERS = (PAGE, CSV, JSON)
