"""Sessions with files: the bytes go in as a producer's would."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from django.test import Client

from sessions.models import Attachment, Organisation, User

Attach = Callable[..., str]


@pytest.fixture
def alices(client_of: Callable[[User], Client], alice: User) -> Client:
    """The browser of alice, an admin of acme."""
    return client_of(alice)


@pytest.fixture
def umas(client_of: Callable[[User], Client], uma: User) -> Client:
    """The browser of uma, who sees her own sessions."""
    return client_of(uma)


@pytest.fixture
def attach(acme: Organisation, send: Callable[..., UUID], tmp_path: Path) -> Attach:
    """A session of acme with one file, whatever its type and kind say; answers the file's address."""

    def attach_one(content: bytes, name: str = "console.log", **fields: Any) -> str:
        (tmp_path / "sent").write_bytes(content)
        file = {"name": name, "kind": "log", "content_type": "text/plain", "file": "sent"}
        said = {key: fields.pop(key) for key in ("kind", "content_type") if key in fields}
        plain = {"kind": "other", "content_type": "application/octet-stream"} if said else {}
        session_id = send(acme, attachments=[file | plain], **fields)
        if said:
            about = {"kind": "log", "content_type": "text/plain"} | said
            Attachment.objects.filter(session_id=session_id, name=name).update(**about)
        return f"/sessions/{session_id}/attachments/{quote(name, safe='')}"

    return attach_one
