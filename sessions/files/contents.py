"""Whether the bytes of a file are what its type and kind say: a producer's word, checked by the file's first bytes."""

import codecs
import json
import re

from sessions.contract.choices import AttachmentKind
from sessions.contract.line_errors import invalid
from sessions.files.boxes import type_of_boxes
from sessions.files.encodings import encoding_of
from sessions.files.media import BYTES, READABLE, essence

# Enough for every signature, and for JSON to show that it is none.
HEAD_BYTES = 256 * 1024

_SIGNATURES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb"\x1aE\xdf\xa3"), "video/webm"),
    (re.compile(rb"OggS"), "video/ogg"),
    (re.compile(rb"RIFF....WAVE", re.DOTALL), "audio/wav"),
    (re.compile(rb"ID3|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]"), "audio/mpeg"),
    (re.compile(rb"%PDF-"), "application/pdf"),
    (re.compile(rb"\x1f\x8b"), "application/gzip"),
    (re.compile(rb"PK(?:\x03\x04|\x05\x06|\x07\x08)"), "application/zip"),
)
# Other names of what the signatures tell, and containers that hold one thing or another.
_SAME = {
    "image/jpg": "image/jpeg",
    "image/heif": "image/heic",
    "audio/webm": "video/webm",
    "video/x-matroska": "video/webm",
    "video/quicktime": "video/mp4",
    "video/x-m4v": "video/mp4",
    "video/3gpp": "video/mp4",
    "video/3gpp2": "video/mp4",
    "video/iso.segment": "video/mp4",
    "application/mp4": "video/mp4",
    "audio/mp4": "video/mp4",
    "audio/m4a": "video/mp4",
    "audio/x-m4a": "video/mp4",
    "audio/mp3": "audio/mpeg",
    "audio/ogg": "video/ogg",
    "application/ogg": "video/ogg",
    "audio/x-wav": "audio/wav",
    "application/x-gzip": "application/gzip",
    "application/x-zip-compressed": "application/zip",
}
_KNOWN = frozenset(found for _, found in _SIGNATURES) | {"video/mp4", "image/avif", "image/heic"}
_JSON_TYPE = re.compile(r"application/(?:.+\+)?json")

_NEVER_TEXT = ("image/", "video/", "audio/", "font/")
_TEXT_KINDS = (AttachmentKind.LOG, AttachmentKind.NETWORK_LOG, AttachmentKind.CRASH_REPORT)


def check_contents(kind: str, content_type: str, head: bytes, *, is_whole: bool, within: str = "") -> None:
    """Raises LineError for a file that is not of its type or kind, whichever way it came in.

    `head` are its first HEAD_BYTES, `is_whole` says that they are all, `within` is what the fields' names begin with.
    """
    if reason := why_not_type(content_type, head, is_whole=is_whole):
        raise invalid(f"{within}content_type", reason)
    if reason := why_not_kind(kind, content_type, head):
        raise invalid(f"{within}kind", reason)


def detected(head: bytes) -> str:
    """The type that a file's first bytes show; bytes, when they show none."""
    found = next((found for signature, found in _SIGNATURES if signature.match(head)), None)
    return found or type_of_boxes(head) or BYTES


def why_not_type(content_type: str, head: bytes, *, is_whole: bool) -> str | None:
    """Why a file is not of this type, or None. `is_whole` says that `head` is all of it.

    A text may hold anything: consoles that stop half-way leave NULs, Windows writes UTF-16, and bytes that are no
    text at all are shown as what they are. Only a file that shows itself to be of another type is refused.
    """
    declared, found = essence(content_type), detected(head)
    declared, found = _SAME.get(declared, declared), _SAME.get(found, found)
    if declared in _KNOWN:
        return None if found == declared else f"is {essence(content_type)}, and the file is not"
    if not READABLE.fullmatch(declared):
        return None
    # Two bytes at the start of a text may look like sound; a NUL is what tells.
    if found in _KNOWN and (found != "audio/mpeg" or b"\0" in head):
        return f"is {declared}, and the file is not text"
    if _JSON_TYPE.fullmatch(declared) and not _may_be_json(head, encoding_of(content_type, head), is_whole=is_whole):
        return f"is {declared}, and the file is not JSON"
    return None


def why_not_kind(kind: str, content_type: str, head: bytes) -> str | None:
    """Why a file is not of this kind, or None. A type that says nothing leaves it to the bytes."""
    declared = essence(content_type)
    if declared == BYTES:
        declared = detected(head)
    if kind == AttachmentKind.SCREENSHOT and not declared.startswith("image/"):
        return "is screenshot, and the file is no picture"
    if kind == AttachmentKind.VIDEO and not declared.startswith("video/"):
        return "is video, and the file is none"
    if kind in _TEXT_KINDS and (declared.startswith(_NEVER_TEXT) or declared == "application/pdf"):
        return f"is {kind}, and the file is {declared}"
    return None


def _may_be_json(head: bytes, encoding: str, *, is_whole: bool) -> bool:
    """Of a large file only the start is read: it must break off where it was cut, and nowhere before."""
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(head, is_whole)
    except UnicodeDecodeError:
        return False
    try:
        json.loads(text)
    except RecursionError:
        return False
    except json.JSONDecodeError as error:
        if is_whole:
            return False
        # A number, a word or an escape that was cut is found wrong at its beginning.
        return error.msg.startswith("Unterminated string") or error.pos >= len(text) - 32
    except ValueError:  # a number of more than 4,300 digits
        return False
    return True
