"""What a file may be to a browser, by its kind and declared type, which is a producer's word and never trusted."""

import re
from enum import Enum

from sessions.contract.choices import AttachmentKind

# Shown in the browser itself: nothing in these types can run. SVG, HTML, XML and PDF can, so they are downloads.
IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"})
VIDEOS = frozenset({"video/webm", "video/mp4", "video/ogg"})
SOUNDS = frozenset({"audio/webm", "audio/mp4", "audio/mpeg", "audio/ogg", "audio/wav"})
TEXTS = frozenset({"text/plain", "application/json"})
MEDIA = IMAGES | VIDEOS | SOUNDS
INLINE = MEDIA | TEXTS
BYTES = "application/octet-stream"

TEXT_KINDS = frozenset({AttachmentKind.LOG, AttachmentKind.CRASH_REPORT, AttachmentKind.RECORDING})
READABLE = re.compile(r"text/.+|(?:application|image)/(?:.+[+-])?(?:json|xml|yaml|ndjson|javascript|asciicast)")
# Logs come under any type; these are never text.
OPAQUE = re.compile(r"(?:image|video|audio|font)/.+|application/.*(?:zip|tar|compress|pdf|7z|rar|zstd|brotli).*")


class Viewer(Enum):
    LOG = "log"
    REQUESTS = "requests"
    IMAGE = "image"
    VIDEO = "video"
    SOUND = "sound"
    NONE = "none"


def essence(content_type: str) -> str:
    """The type without its parameters: `Text/Plain; charset=x` is `text/plain`."""
    return content_type.partition(";")[0].strip().lower()


def is_inline(content_type: str) -> bool:
    return essence(content_type) in INLINE


def served_type(content_type: str) -> str:
    """The Content-Type to serve: a safe one as declared, anything else as bytes.

    A type with a line break in it never reaches a header this way.
    """
    kind = essence(content_type)
    if kind not in INLINE:
        return BYTES
    return f"{kind}; charset=utf-8" if kind in TEXTS else kind


def viewer_of(kind: str, content_type: str) -> Viewer:
    """How a file is best looked at."""
    declared = essence(content_type)
    for types, viewer in ((IMAGES, Viewer.IMAGE), (VIDEOS, Viewer.VIDEO), (SOUNDS, Viewer.SOUND)):
        if declared in types:
            return viewer
    if kind == AttachmentKind.NETWORK_LOG and not declared.startswith("text/"):
        return Viewer.REQUESTS
    if READABLE.fullmatch(declared) or (kind in TEXT_KINDS and not OPAQUE.fullmatch(declared)):
        return Viewer.LOG
    return Viewer.NONE
