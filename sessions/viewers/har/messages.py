"""What went over a WebSocket, as Chromium writes it beside the request that opened it (`_webSocketMessages`)."""

from dataclasses import dataclass

import msgspec

from sessions.viewers.har.body import binary_size
from sessions.viewers.har.json_secrets import json_without_secrets
from sessions.viewers.har.loose import ABSENT, cut_text, fields, number, parts, text

MOST_MESSAGES = 200
LONGEST_MESSAGE = 2_000
LONGEST_READ = 512 * 1024
BINARY = 2


@dataclass(frozen=True)
class Message:
    """`after` is milliseconds since the request began, `left_out` bytes; both None where they are unknown or none."""

    sent: bool
    after: float | None
    text: str
    left_out: int
    binary_size: int | None

    @property
    def shown(self) -> str:
        """The text, of JSON without what lets somebody in."""
        return json_without_secrets(self.text)


class _Message(msgspec.Struct):
    type: msgspec.Raw = ABSENT
    time: msgspec.Raw = ABSENT
    opcode: msgspec.Raw = ABSENT
    data: msgspec.Raw = ABSENT


def read_messages(raw: msgspec.Raw, started: float | None) -> tuple[list[Message], bool]:
    """The first of them, and whether there are more."""
    found = parts(raw, MOST_MESSAGES + 1, LONGEST_READ)
    return [_message(part, started) for part in found[:MOST_MESSAGES]], len(found) > MOST_MESSAGES


def _message(raw: bytes, started: float | None) -> Message:
    message = fields(raw, _Message)
    seconds = number(message.time)
    is_binary = number(message.opcode) == BINARY
    data = cut_text(message.data, LONGEST_MESSAGE)
    return Message(
        sent=text(message.type, 20) == "send",
        after=None if seconds is None or started is None else max(seconds * 1000 - started, 0),
        text="" if is_binary else data.text,
        left_out=0 if is_binary else data.left_out,
        binary_size=binary_size(message.data) if is_binary else None,
    )
