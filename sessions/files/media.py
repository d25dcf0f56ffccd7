"""What a file may be to a browser, by its kind and declared type, which is a producer's word and never trusted."""

import re
from enum import Enum

from sessions.contract.choices import AttachmentKind
from sessions.files.encodings import served_charset
from sessions.files.recordings import is_asciicast, is_web_recording

# Shown in the browser itself: nothing in these types can run. SVG, HTML, XML and PDF can, so they are downloads.
IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"})
VIDEOS = frozenset({"video/webm", "video/mp4", "video/ogg"})
SOUNDS = frozenset({"audio/webm", "audio/mp4", "audio/mpeg", "audio/ogg", "audio/wav"})
TEXTS = frozenset({"text/plain", "application/json"})
MEDIA = IMAGES | VIDEOS | SOUNDS
INLINE = MEDIA | TEXTS
BYTES = "application/octet-stream"
# Containers of one family, and other names: browsers refuse some by their name and play them by the family's.
_SERVED_AS = {
    "image/jpg": "image/jpeg",
    "video/quicktime": "video/mp4",
    "video/x-m4v": "video/mp4",
    "video/3gpp": "video/mp4",
    "video/3gpp2": "video/mp4",
    "video/iso.segment": "video/mp4",
    "application/mp4": "video/mp4",
    "application/ogg": "video/ogg",
    "audio/m4a": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
    "audio/mp3": "audio/mpeg",
    "audio/x-wav": "audio/wav",
}

TEXT_KINDS = frozenset({AttachmentKind.LOG, AttachmentKind.CRASH_REPORT, AttachmentKind.RECORDING})
READABLE = re.compile(r"text/.+|(?:application|image)/(?:.+[+-])?(?:json|xml|yaml|ndjson|javascript|asciicast)")
TERMINAL_RECORDINGS = frozenset({"application/x-asciicast", "application/asciicast", "application/asciicast+json"})
WEB_RECORDINGS = frozenset({"application/x-rrweb+json", "application/rrweb+json"})
# Logs come under any type; these are never text.
OPAQUE = re.compile(r"(?:image|video|audio|font)/.+|application/.*(?:zip|tar|compress|pdf|7z|rar|zstd|brotli).*")


class Viewer(Enum):
    LOG = "log"
    REQUESTS = "requests"
    IMAGE = "image"
    VIDEO = "video"
    SOUND = "sound"
    TERMINAL = "terminal"
    WEB_RECORDING = "web_recording"
    NONE = "none"


def essence(content_type: str) -> str:
    """The type without its parameters: `Text/Plain; charset=x` is `text/plain`."""
    return content_type.partition(";")[0].strip().lower()


def is_inline(content_type: str) -> bool:
    return _family(content_type) in INLINE


def is_medium(content_type: str) -> bool:
    """Whether it is a picture, a video or a sound that browsers show."""
    return _family(content_type) in MEDIA


def served_type(content_type: str) -> str:
    """The Content-Type to serve: a safe one as declared or as its family is called, anything else as bytes.

    A type with a line break in it never reaches a header this way.
    """
    kind = _family(content_type)
    if kind not in INLINE:
        return BYTES
    return f"{kind}; charset={served_charset(content_type)}" if kind in TEXTS else kind


_VIEWERS = (
    (IMAGES, Viewer.IMAGE),
    (VIDEOS, Viewer.VIDEO),
    (SOUNDS, Viewer.SOUND),
    (TERMINAL_RECORDINGS, Viewer.TERMINAL),
    (WEB_RECORDINGS, Viewer.WEB_RECORDING),
)


def viewer_of(kind: str, content_type: str, head: bytes = b"") -> Viewer:
    """How a file is best looked at. Types of recordings may say JSON and no more: `head`, its first bytes, does."""
    declared = _family(content_type)
    for types, viewer in _VIEWERS:
        if declared in types:
            return viewer
    if kind == AttachmentKind.NETWORK_LOG and not declared.startswith("text/"):
        return Viewer.REQUESTS
    if kind == AttachmentKind.RECORDING and not OPAQUE.fullmatch(declared):
        if is_asciicast(head):
            return Viewer.TERMINAL
        if is_web_recording(head):
            return Viewer.WEB_RECORDING
    if READABLE.fullmatch(declared) or (kind in TEXT_KINDS and not OPAQUE.fullmatch(declared)):
        return Viewer.LOG
    return Viewer.NONE


def why_no_viewer(content_type: str) -> str:
    """Why a file of this type is offered as a download alone, as a sentence."""
    declared = essence(content_type)
    if declared.startswith(("video/", "audio/")):
        return f"Browsers play no files of the type {declared}."
    if declared.startswith("image/"):
        return f"Browsers show no pictures of the type {declared}."
    if declared == "application/pdf":
        return "PDF files are not shown here, because a browser might run what is in them."
    if declared == BYTES:
        return "It was sent without a type that says what it is."
    if OPAQUE.fullmatch(declared):
        return f"There is no viewer for archives and compressed files such as {declared}."
    return f"There is no viewer for files of the type {declared}."


def _family(content_type: str) -> str:
    declared = essence(content_type)
    return _SERVED_AS.get(declared, declared)
