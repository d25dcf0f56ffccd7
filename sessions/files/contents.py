"""Whether the bytes of a file are what its type and kind say: a producer's word, checked by the file's first bytes."""

import codecs
import json
import re

from sessions.contract.choices import AttachmentKind
from sessions.files.media import BYTES, READABLE, essence

# Enough for every signature, and for JSON to show that it is none.
HEAD_BYTES = 256 * 1024

_SIGNATURES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb"....ftypavi[fs]", re.DOTALL), "image/avif"),
    (re.compile(rb"....ftypqt  ", re.DOTALL), "video/quicktime"),
    (re.compile(rb"....ftyp", re.DOTALL), "video/mp4"),
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
    "audio/webm": "video/webm",
    "video/x-matroska": "video/webm",
    "audio/mp4": "video/mp4",
    "audio/ogg": "video/ogg",
    "application/ogg": "video/ogg",
    "audio/x-wav": "audio/wav",
    "application/x-gzip": "application/gzip",
    "application/x-zip-compressed": "application/zip",
}
_KNOWN = frozenset(found for _, found in _SIGNATURES)
_JSON = re.compile(r"application/(?:.+\+)?json")

_NEVER_TEXT = ("image/", "video/", "audio/", "font/")
_TEXT_KINDS = (AttachmentKind.LOG, AttachmentKind.NETWORK_LOG, AttachmentKind.CRASH_REPORT)


def detected(head: bytes) -> str:
    """The type that a file's first bytes show; bytes, when they show none."""
    return next((found for signature, found in _SIGNATURES if signature.match(head)), BYTES)


def why_not_type(content_type: str, head: bytes, *, is_whole: bool) -> str | None:
    """Why a file is not of this type, or None. `is_whole` says that `head` is all of it."""
    declared, found = essence(content_type), detected(head)
    declared = _SAME.get(declared, declared)
    if declared in _KNOWN:
        return None if found == declared else f"is {declared}, and the file is not"
    if not READABLE.fullmatch(declared):
        return None
    # Two bytes at the start of a text may look like sound; a NUL is what tells.
    if b"\0" in head or (found in _KNOWN and found != "audio/mpeg"):
        return f"is {declared}, and the file is not text"
    if _JSON.fullmatch(declared) and not _may_be_json(head, is_whole=is_whole):
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


def _may_be_json(head: bytes, *, is_whole: bool) -> bool:
    """Of a large file only the start is read: it must break off where it was cut, and nowhere before."""
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head, is_whole)
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
