"""One form of each name, title and outcome: Unicode's NFC, without blanks around it.

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
    """The line's names, its title and its outcome in their one form; a blank one is absent.

    Raises LineError for one that NFC makes too long.
    """
    for part, name, longest in NAMES:
        holder = getattr(line, part) if part else line
        if (sent := getattr(holder, name)) is not None and (cleaned := clean(sent)) != sent:
            if len(cleaned) > longest:
                field = f"{part}.{name}" if part else name
                raise invalid(field, f"is longer than {longest} characters in Unicode's form NFC")
            setattr(holder, name, cleaned or None)


def _longest(part: str, name: str) -> int:
    """As the contract declares it."""
    holder = _types(SessionLine)[part] if part else SessionLine
    annotated = next(kind for kind in get_args(_types(holder)[name]) if kind is not type(None))
    return next(int(meta.max_length) for meta in annotated.__metadata__ if meta.max_length is not None)


def _types(holder: Any) -> dict[str, Any]:
    return {field.name: field.type for field in msgspec.structs.fields(holder)}


# Each as the part of a session that has it, the session itself being "", its name there, and how long it may be.
NAMES = tuple(
    (part, name, _longest(part, name))
    for part, names in (
        ("", ("title", "outcome")),
        ("initiator", ("username", "email", "label")),
        ("app", ("app_id", "name", "group")),
        ("device", ("manufacturer", "model", "type")),
        ("os", ("name", "version")),
    )
    for name in names
)
