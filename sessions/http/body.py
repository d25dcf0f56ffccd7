"""The body of a request, read as it arrives: its type, its length and its limit checked on the way."""

import io
from typing import Any, BinaryIO, cast

from django.http import HttpRequest
from gunicorn.http.errors import ParseException

from sessions.contract.errors import Problem
from sessions.files.media import essence
from sessions.http.errors import interrupted
from sessions.http.transfers import begin_transfer
from sessions.postgresql.lending import give_back

CHUNK_BYTES = 256 * 1024

JSON = frozenset({"application/json"})
NDJSON = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"})


class Body(io.RawIOBase):
    """Raises Problem while it is read: for more than `max_bytes`, and for a body that ends before its length.

    A long one is counted as a transfer.
    """

    def __init__(self, request: HttpRequest, max_bytes: int | None) -> None:
        super().__init__()
        if request.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
            raise Problem("unsupported_media_type", "Send the body without a Content-Encoding.")
        self._max = max_bytes
        self._length = _length(request)
        self._done = 0
        self._source = _source(request, self._length)
        if max_bytes is not None and (self._length or 0) > max_bytes:
            raise too_large(max_bytes)
        begin_transfer(request, self._length)
        give_back()  # who asks is known by now, and the body may take its time

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        chunk = self.chunk(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def chunk(self, size: int = CHUNK_BYTES) -> bytes:
        """At most `size` bytes, and none at the end."""
        try:
            chunk = self._source.read(size)
        except (OSError, ParseException) as error:  # the latter where chunks are not what they should be
            raise interrupted(error) from error
        self._done += len(chunk)
        if self._max is not None and self._done > self._max:
            raise too_large(self._max)
        if not chunk and self._length is not None and self._done < self._length:
            raise interrupted(None)
        return chunk


def whole(request: HttpRequest, max_bytes: int) -> bytes:
    body = Body(request, max_bytes)
    return b"".join(iter(body.chunk, b""))


def lines_of(request: HttpRequest) -> BinaryIO:
    """For reading line by line, without a limit of its own."""
    return io.BufferedReader(Body(request, None), CHUNK_BYTES)


def check_type(request: HttpRequest, accepted: frozenset[str]) -> str:
    """The body's type without its parameters; it must be one of these, in UTF-8."""
    declared = essence(request.content_type or "")
    if declared not in accepted:
        raise Problem("unsupported_media_type", f"Send the body as {' or '.join(sorted(accepted))}.")
    charset = (request.content_params or {}).get("charset", "utf-8").strip("\"'").lower()
    if charset not in ("utf-8", "utf8", "us-ascii", "ascii"):
        raise Problem("unsupported_media_type", "Send the body in UTF-8.")
    return declared


def too_large(max_bytes: int) -> Problem:
    return Problem("too_large", f"The body is larger than {max_bytes} bytes.", max_bytes=max_bytes)


def _length(request: HttpRequest) -> int | None:
    """None for a body that comes in chunks."""
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        return None
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _source(request: HttpRequest, length: int | None) -> BinaryIO:
    """Django takes a body without a length for empty. Servers that read chunks mark where such a body ends."""
    if length is not None:
        return cast(BinaryIO, request)
    if not request.META.get("wsgi.input_terminated"):
        raise Problem("parse_error", "Send a Content-Length.")
    return cast(BinaryIO, request.META["wsgi.input"])
