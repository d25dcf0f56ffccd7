"""A program that sends sessions with a token, and what it sends."""

import json
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.test import Client

from sessions.accounts.tokens import make_token
from sessions.contract.choices import Scope
from sessions.models import User
from tests.ingest.lines import a_line

SESSIONS = "/api/v1/sessions"
NDJSON = "application/x-ndjson"


class Program:
    """Answers as they come; `body` may be bytes, which are sent as they stand."""

    def __init__(self, creator: User, label: str = "nightly-ci", scopes: tuple[str, ...] = tuple(Scope)) -> None:
        self.token, self.secret = make_token(creator, label, scopes)
        self._client = Client(headers={"Authorization": f"Bearer {self.secret}"})

    def send(self, method: str, path: str, body: Any = b"", media: str = "application/json", **headers: str) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self._client.generic(method, path, raw, media, headers=headers)

    def post(self, body: Any) -> Any:
        return self.send("POST", SESSIONS, body)

    def patch(self, ident: UUID | str, body: Any) -> Any:
        return self.send("PATCH", f"{SESSIONS}/{ident}", body)

    def batch(self, *lines: Any) -> list[dict[str, Any]]:
        raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
        response = self.send("POST", f"{SESSIONS}/batch", b"\n".join(raw), NDJSON)
        assert response.status_code == 200, response.content
        return [json.loads(line) for line in response.getvalue().splitlines()]

    def events(self, ident: UUID | str, *events: Any) -> Any:
        return self.send("POST", f"{SESSIONS}/{ident}/events", {"events": list(events)})

    def put(self, ident: UUID | str, name: str, content: bytes, media: str = "text/plain", **query: str) -> Any:
        path = f"{SESSIONS}/{ident}/attachments/{name}"
        return self.send(
            "PUT", path + "".join(f"&{k}={v}" for k, v in query.items()).replace("&", "?", 1), content, media
        )

    def get(self, ident: UUID | str) -> Any:
        return self._client.get(f"{SESSIONS}/{ident}").json()

    def new(self, **fields: Any) -> str:
        """The id of a session that is sent now."""
        response = self.post(a_line(**fields))
        assert response.status_code in (200, 201), response.content
        ident: str = response.json()["id"]
        return ident


def error(response: HttpResponse) -> tuple[int, str, str | None]:
    body = json.loads(response.content)
    assert body["message"]
    return response.status_code, body["code"], body.get("field")
