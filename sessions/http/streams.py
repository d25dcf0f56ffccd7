"""Answers that are sent while they are made, begun before their status is sent."""

import errno
import logging
from collections.abc import Iterable, Iterator

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from sessions.contract.request_id import current_request_id
from sessions.http.transfers import begin_transfer
from sessions.postgresql.outages import is_outage

logger = logging.getLogger(__name__)


class Begun(Iterator[bytes]):
    """Chunks of which the first one is made at once: what fails by then is still answered as an error.

    Closing it closes the chunks, begun or not.
    """

    def __init__(self, request: HttpRequest, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._first = next(self._chunks, b"")
        self._asked, self._request_id = f"{request.method} {request.path}", current_request_id()

    def __next__(self) -> bytes:
        if first := self._first:
            self._first = b""
            return first
        try:
            return next(self._chunks)
        except Exception as error:
            if not is_outage(error):
                raise
            # The server cuts the answer, and for a lost connection it writes no traceback.
            said = "%s: broken off, the database cannot answer: %s"
            logger.error(said, self._asked, error, extra={"request_id": self._request_id})
            raise ConnectionResetError(errno.ECONNRESET, "The database cannot answer.") from error

    def close(self) -> None:
        close(self._chunks)


def close(chunks: Iterable[bytes]) -> None:
    """End a generator where it stands, and so its transaction, which else the thread's next request would find open."""
    if hasattr(chunks, "close"):
        chunks.close()


def streamed(request: HttpRequest, chunks: Iterable[bytes], content_type: str = "application/json") -> HttpResponseBase:
    """A transfer of its own, counted before its first chunk is made. Raises Problem, and what that chunk raises.

    For HEAD no chunk is made: nobody would read it.
    """
    if request.method == "HEAD":
        return HttpResponse(content_type=content_type)
    begin_transfer(request, None)
    return StreamingHttpResponse(Begun(request, chunks), content_type=content_type)
