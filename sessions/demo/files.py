"""Which files a session has, and their bytes."""

import io
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from sessions.contract.choices import AttachmentKind
from sessions.demo.har import har
from sessions.demo.logs import crash_report, log
from sessions.demo.pictures import screenshot
from sessions.demo.recordings import recording, terminal
from sessions.files.storing import StoredFile, digest, store

# Recorded with Chromium: a video cannot be made up here.
RECORDED = Path(__file__).parent / "recorded"
# A device's recorder needs a moment.
RECORDER_STARTS_AFTER = timedelta(milliseconds=400)
LARGE_LOG_LINES = 62_000  # about 5 MB

Line = dict[str, Any]


class Made(NamedTuple):
    """`content` is None for a file that was announced and never came, `starts_at` for one that begins at no moment."""

    name: str
    kind: AttachmentKind
    content_type: str
    content: bytes | None
    starts_at: datetime | None = None


def files_of(
    rng: random.Random, organisation_id: int, session_id: UUID, line: Line, *, large: bool = False
) -> list[StoredFile]:
    """Make and store a session's files. With `large`, its log is one of 5 MB."""
    if "started_at" not in line:
        return []
    return [_stored(organisation_id, session_id, made) for made in _made(rng, line, large=large)]


def _made(rng: random.Random, line: Line, *, large: bool) -> Iterator[Made]:
    start: datetime = line["started_at"]
    end: datetime = max(line.get("ended_at") or line["last_seen_at"], start + timedelta(seconds=1))
    platform = line["app"]["platform"]
    lines = LARGE_LOG_LINES if large else rng.randrange(20, 400)
    yield Made("debug.log", AttachmentKind.LOG, "text/plain", log(rng, start, end, lines), start)
    if platform in ("ios", "android", "web") and rng.random() < 0.75:
        archive = har(rng, start, end, "shop.acme.example")
        yield Made("network.har", AttachmentKind.NETWORK_LOG, "application/json", archive, start)
    if platform != "proxy" and rng.random() < 0.7:
        yield Made("screenshot.png", AttachmentKind.SCREENSHOT, "image/png", _screenshot(rng, line, end), end)
    if platform == "proxy":
        # An asciicast knows whole seconds.
        second = start.replace(microsecond=0)
        yield Made("terminal.cast", AttachmentKind.RECORDING, "application/x-asciicast", terminal(rng, start), second)
    elif platform == "web" and rng.random() < 0.6:
        moves = recording(rng, line, start, end)
        yield Made("recording.json", AttachmentKind.RECORDING, "application/json", moves, start)
    elif rng.random() < 0.35:
        yield Made("replay.webm", AttachmentKind.VIDEO, "video/webm", _video(rng, line), start + RECORDER_STARTS_AFTER)
    if line.get("flags", {}).get("crash"):
        yield Made("crash.txt", AttachmentKind.CRASH_REPORT, "text/plain", crash_report(rng, line, end), end)
    if line["attributes"].get("cart_value"):
        receipt = f"item;price\r\nTotal;{line['attributes']['cart_value']}\r\n".encode()
        yield Made("cart.csv", AttachmentKind.OTHER, "text/csv", receipt)


def _video(rng: random.Random, line: Line) -> bytes | None:
    """One in eight was announced and never came."""
    if rng.random() < 0.125:
        return None
    name = {"phone": "phone", "handheld": "phone", "tablet": "tablet"}.get(line["device"]["type"], "desktop")
    return (RECORDED / f"{name}.webm").read_bytes()


def _screenshot(rng: random.Random, line: Line, time: datetime) -> bytes:
    device = line["device"]
    if line["app"]["platform"] == "web" and rng.random() < 0.2:
        return (RECORDED / ("phone.png" if device["type"] == "phone" else "desktop.png")).read_bytes()
    title = line["app"]["name"] or line["app"]["app_id"]
    return screenshot(rng, title, device["screen_width"], device["screen_height"], f"{time:%H:%M}")


def _stored(organisation_id: int, session_id: UUID, made: Made) -> StoredFile:
    if made.content is None:
        return StoredFile(made.name, made.kind, made.content_type, 0, "", "", available=False, starts_at=made.starts_at)
    file = io.BytesIO(made.content)
    sha256, size = digest(file)
    storage_name, _ = store(organisation_id, session_id, file, sha256, size)
    return StoredFile(made.name, made.kind, made.content_type, size, sha256, storage_name, starts_at=made.starts_at)
