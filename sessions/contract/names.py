"""One form of each name: Unicode's NFC, without blanks around it.

Keyboards and file systems write "é" in one character or in two. Names are compared byte by byte, so both ways in and
whoever looks for a name put it in this form first. What identifies rather than names stays as it was sent, byte by
byte: external ids, device ids, and the ids of spaces, installations, clients, captures and resources.
"""

import unicodedata
from typing import Any, get_args

import msgspec

from sessions.contract.line_errors import invalid
from sessions.contract.schema import SessionLine


def clean(name: str) -> str:
    return composed(name).strip()


def composed(text: str) -> str:
    """In NFC, with its blanks."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def clean_names(line: SessionLine) -> None:
    """The line's names in their one form; a blank one is absent. Raises LineError for one that NFC makes too long."""
    for part, name, longest in NAMES:
        holder = getattr(line, part)
        if (sent := getattr(holder, name)) is not None and (cleaned := clean(sent)) != sent:
            if len(cleaned) > longest:
                raise invalid(f"{part}.{name}", f"is longer than {longest} characters in Unicode's form NFC")
            setattr(holder, name, cleaned or None)


def _longest(part: str, name: str) -> int:
    """As the contract declares it."""
    fields: dict[str, Any] = {field.name: field.type for field in msgspec.structs.fields(SessionLine)}
    text = {field.name: field.type for field in msgspec.structs.fields(fields[part])}[name]
    annotated = next(kind for kind in get_args(text) if kind is not type(None))
    return next(int(meta.max_length) for meta in annotated.__metadata__ if meta.max_length is not None)


NAMES = tuple(
    (part, name, _longest(part, name))
    for part, names in (
        ("initiator", ("username", "email", "label")),
        ("app", ("app_id", "name", "group")),
        ("device", ("manufacturer", "model", "type")),
        ("os", ("name", "version")),
    )
    for name in names
)
