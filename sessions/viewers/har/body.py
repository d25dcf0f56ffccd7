"""The body of a request or an answer: a form as its fields, Base64 as the text or picture that it stands for."""

import base64
import binascii
import codecs
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import msgspec
from django.utils.http import parse_header_parameters

from sessions.files.media import essence
from sessions.viewers.har.json_secrets import json_without_secrets
from sessions.viewers.har.loose import ABSENT, Text, cut_text, fields, number, parts, text
from sessions.viewers.har.secrets import is_secret_field
from sessions.viewers.indent import indented

LONGEST_TEXT = 20_000
LONGEST_SENT = 64 * 1024
LARGEST_IMAGE = 256 * 1024
MOST_FIELDS = 200
LONGEST_FIELD = 2_000
# What browsers show and cannot run.
IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"})
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class FormField:
    name: str
    value: str
    file_name: str = ""
    content_type: str = ""

    @property
    def sensitive(self) -> bool:
        return is_secret_field(self.name)


@dataclass(frozen=True)
class Body:
    """One of `text`, `form`, `image` (a data: URL) and `binary_size` (bytes), or none of them.

    `text` holds up to LONGEST_TEXT bytes, and `left_out` says how many are missing; `decoded` that it was Base64.
    """

    mime_type: str = ""
    text: str = ""
    left_out: int = 0
    decoded: bool = False
    form: list[FormField] = field(default_factory=list)
    image: str = ""
    binary_size: int | None = None

    @property
    def shown(self) -> str:
        """The text, of JSON without what lets somebody in."""
        return json_without_secrets(self.text)

    @property
    def is_known(self) -> bool:
        return bool(self.text or self.form or self.image) or self.binary_size is not None


@dataclass(frozen=True)
class Sent:
    """The body of a request as the archive holds it, to be sent again: as `text`, or as `form` where there is no text.

    `left_out` is how many bytes of a text are missing here.
    """

    mime_type: str = ""
    text: str = ""
    form: list[FormField] = field(default_factory=list)
    left_out: int = 0
    is_base64: bool = False


class _Body(msgspec.Struct):
    mime_type: msgspec.Raw = msgspec.field(default=ABSENT, name="mimeType")
    text: msgspec.Raw = ABSENT
    encoding: msgspec.Raw = ABSENT
    params: msgspec.Raw = ABSENT
    left_out: msgspec.Raw = msgspec.field(default=ABSENT, name="_leftOut")


class _Param(msgspec.Struct):
    name: msgspec.Raw = ABSENT
    value: msgspec.Raw = ABSENT
    file_name: msgspec.Raw = msgspec.field(default=ABSENT, name="fileName")
    content_type: msgspec.Raw = msgspec.field(default=ABSENT, name="contentType")


def read_body(raw: msgspec.Raw) -> Body:
    """Of `postData` or `content`."""
    body = fields(raw, _Body)
    mime_type = text(body.mime_type, 200)
    if form := _form(body, mime_type):
        return Body(mime_type, form=form)
    missing = int(number(body.left_out) or 0)
    if text(body.encoding, 20).lower() == "base64":
        return _decoded(body.text, missing, mime_type)
    found = cut_text(body.text, LONGEST_TEXT)
    return Body(mime_type, _readable(found.text, found.left_out + missing), found.left_out + missing)


def read_sent(raw: msgspec.Raw) -> Sent:
    """Of `postData`."""
    body = fields(raw, _Body)
    found = cut_text(body.text, LONGEST_SENT)
    return Sent(
        mime_type=text(body.mime_type, 200),
        text=found.text,
        form=_params(body),
        left_out=found.left_out + int(number(body.left_out) or 0),
        is_base64=text(body.encoding, 20).lower() == "base64",
    )


def binary_size(raw: msgspec.Raw, missing: int = 0) -> int:
    """How many bytes a string of Base64 stands for."""
    inner = bytes(raw)[1:-1]
    return max((len(inner) - inner[-2:].count(b"=") + missing) * 3 // 4, 0)


def _form(body: _Body, mime_type: str) -> list[FormField]:
    """The fields, from whichever place names them: browsers write both, programs one or the other."""
    if params := _params(body):
        return params
    if essence(mime_type) != FORM:
        return []
    pairs = "&".join(text(body.text, LONGEST_TEXT).split("&", MOST_FIELDS)[:MOST_FIELDS])
    return [FormField(name, value) for name, value in parse_qsl(pairs, keep_blank_values=True)]


def _params(body: _Body) -> list[FormField]:
    params = [fields(part, _Param) for part in parts(body.params, MOST_FIELDS, 4 * LARGEST_IMAGE)]
    return [
        FormField(
            text(param.name, LONGEST_FIELD),
            text(param.value, LONGEST_FIELD),
            text(param.file_name, 255),
            text(param.content_type, 200),
        )
        for param in params
    ]


def _decoded(raw: msgspec.Raw, missing: int, mime_type: str) -> Body:
    """Base64 as a picture or a text, or how much of something else it is."""
    whole = binary_size(raw, missing)
    kind, charset = _kind_and_charset(mime_type)
    if kind in IMAGES and whole <= LARGEST_IMAGE and not missing:
        data = _bytes(cut_text(raw, 2 * LARGEST_IMAGE))
        return Body(mime_type, image=f"data:{kind};base64,{base64.b64encode(data).decode()}")
    data = _bytes(cut_text(raw, LONGEST_TEXT // 3 * 4))
    if kind.startswith(("image/", "video/", "audio/", "font/")) and not kind.endswith(("+xml", "+json")):
        return Body(mime_type, binary_size=whole)
    left_out = max(whole - len(data), 0)
    shown = _text(data, charset, is_cut=left_out > 0)
    if shown is None:
        return Body(mime_type, binary_size=whole)
    return Body(mime_type, _readable(shown, left_out), left_out, decoded=True)


def _kind_and_charset(mime_type: str) -> tuple[str, str]:
    try:
        kind, parameters = parse_header_parameters(mime_type)
    except (LookupError, ValueError):  # such as a parameter in an encoding that nobody knows
        return essence(mime_type), "utf-8"
    return kind, parameters.get("charset", "utf-8")


def _bytes(encoded: Text) -> bytes:
    """Up to the first sign that is none of Base64's."""
    signs = encoded.text.encode("ascii", "replace").translate(None, b"\r\n\t ").rstrip(b"=")
    if encoded.left_out:
        signs = signs[: len(signs) // 4 * 4]
    try:
        return base64.b64decode(signs + b"=" * (-len(signs) % 4), validate=True)
    except binascii.Error:
        return b""


def _text(data: bytes, charset: str, *, is_cut: bool) -> str | None:
    """None for what is not text in this encoding."""
    try:
        found: object = codecs.getincrementaldecoder(charset)().decode(data, final=not is_cut)
    except (LookupError, ValueError, TypeError):
        return None
    if not isinstance(found, str) or "\0" in found:  # some codecs give bytes
        return None
    return found.encode("utf-8", "replace").decode()


def _readable(found: str, left_out: int) -> str:
    """JSON that is whole with one value a line, other texts as they are."""
    if left_out or not found.lstrip().startswith(("{", "[")):
        return found
    return indented(found.encode()).decode()
