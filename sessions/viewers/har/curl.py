"""A request as a command for a POSIX shell, which sends it again.

The request was written by whoever the session met, and the command is pasted into a terminal. So every value stands in
single quotes, in which a shell looks for nothing; no value reaches curl where it would name a file (`@`) or a pattern
(`[1-9]`); and no control character is left that a terminal would obey, such as the end of a bracketed paste.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from sessions.files.media import essence
from sessions.viewers.har.address import pairs_without_secrets, without_secrets
from sessions.viewers.har.body import FORM, Sent
from sessions.viewers.har.entry import Header, Request
from sessions.viewers.har.json_secrets import json_without_secrets
from sessions.viewers.har.secrets import HIDDEN

# What RFC 9110 allows in a name: neither a space nor the "@" by which curl reads headers from a file.
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_ADDRESS = re.compile(r"https?://[^/?#\s]", re.IGNORECASE)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# A body may have line feeds, which quotes hold; anything else a terminal might take for an order.
_UNSAFE_IN_BODY = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
# curl writes these itself, for the request that it sends.
_OF_CURL = frozenset({"content-length", "transfer-encoding", "connection", "accept-encoding"})


@dataclass(frozen=True)
class Curl:
    """The command, empty where there can be none; and what is not in it, as a sentence."""

    command: str = ""
    missing: str = ""


def curl_of(request: Request, headers: list[Header], sent: Sent, *, reveal: bool) -> Curl:
    """`sent` is the body as the archive holds it. Without `reveal`, HIDDEN stands in place of what lets somebody in."""
    if not _ADDRESS.match(request.url):
        return Curl(missing="curl can send no request to this address.")
    if not _TOKEN.fullmatch(request.method):
        return Curl(missing="The method of this request is none.")
    url = request.url if reveal else without_secrets(request.url)
    parts = ["curl --globoff", f"--request {quoted(request.method)}", f"--url {quoted(_safe_url(url))}"]
    parts += [f"--header {quoted(line)}" for header in headers if (line := _header_line(header, reveal))]
    if any(header.name.lower() == "accept-encoding" for header in headers):
        parts.append("--compressed")
    body, missing = _body(sent, reveal)
    if body is None:
        return Curl(_lines(parts), missing)
    if _UNSAFE_IN_BODY.search(body):
        parts.append("--data-binary @-")
        return Curl(f"printf '%b' {quoted(_escaped(body))} | {_lines(parts)}")
    return Curl(_lines([*parts, f"--data-raw {quoted(body)}"]))


def quoted(value: str) -> str:
    """One word of a shell, whatever is in it."""
    return "'" + value.replace("'", "'\\''") + "'"


def _lines(parts: list[str]) -> str:
    return " \\\n  ".join(parts)


def _safe_url(url: str) -> str:
    return _CONTROLS.sub(lambda found: quote(found[0]), url).replace(" ", "%20")


def _header_line(header: Header, reveal: bool) -> str:
    """Empty for what curl writes itself, and for what is no header of HTTP/1.1, such as `:authority`."""
    if header.name.lower() in _OF_CURL or not _TOKEN.fullmatch(header.name):
        return ""
    value = _CONTROLS.sub(" ", header.value if reveal else header.shown).strip()
    if header.sensitive and not reveal:
        value = HIDDEN
    # A colon alone would have curl leave the header out.
    return f"{header.name}: {value}" if value else f"{header.name};"


def _body(sent: Sent, reveal: bool) -> tuple[str | None, str]:
    """The body as text, or why it is not in the command; neither where nothing was sent."""
    if sent.left_out:
        return None, "The body is too long to be in it."
    if sent.is_base64 or "\u2400" in sent.text:
        return None, "The body is not in it: it is binary."
    is_form = essence(sent.mime_type or FORM) == FORM
    if sent.text:
        hidden = pairs_without_secrets(sent.text) if is_form else json_without_secrets(sent.text)
        return sent.text if reveal else hidden, ""
    if sent.form and not is_form:
        return None, "The body is not in it: the archive holds the fields of its form alone."
    fields = [(one.name, HIDDEN if one.sensitive and one.value and not reveal else one.value) for one in sent.form]
    return urlencode(fields) or None, ""


def _escaped(body: str) -> str:
    """For `printf %b`: every control character, and the backslash, as its octal number."""
    return "".join(_octal(sign) if sign == "\\" or _UNSAFE_IN_BODY.match(sign) else sign for sign in body)


def _octal(sign: str) -> str:
    return "".join(f"\\0{byte:03o}" for byte in sign.encode())
