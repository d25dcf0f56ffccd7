"""Long transfers: how many a server process is at, so that some of its threads are left for everything else.

A long answer or a long body holds a thread for as long as its client takes. Those of more than a mebibyte, or of
unknown length, are counted: in all, and for each token and person. One too many is refused at once.
"""

import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from threading import RLock
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse

from sessions.contract.errors import Problem
from sessions.http.errors import answer

LONG_BYTES = 1024 * 1024
TOO_MANY_OF_YOURS = "Too many of your downloads and uploads are running. Try again when one of them has ended."
TOO_MANY = "Too many downloads and uploads are running just now. Try again in a few seconds."

_lock = RLock()  # a transfer may be found forgotten while another one begins
_running: Counter[str] = Counter()


class Transfer:
    """One that is counted until `end` is called, or until nothing refers to it any more."""

    def __init__(self, who: str) -> None:
        """Raises Problem."""
        with _lock:
            if 0 < settings.LONG_TRANSFERS_PER_PERSON <= _running[who]:
                raise Problem("unavailable", TOO_MANY_OF_YOURS)
            if 0 < settings.LONG_TRANSFERS <= _running.total():
                raise Problem("unavailable", TOO_MANY)
            _running[who] += 1
        self.end = weakref.finalize(self, _end, who)


def _end(who: str) -> None:
    with _lock:
        _running[who] -= 1
        if _running[who] <= 0:
            del _running[who]


def running_transfers() -> int:
    """Of this process."""
    with _lock:
        return _running.total()


def begin_transfer(request: HttpRequest, length: int | None) -> None:
    """Decides for the whole request: once its body is read, its answer is not refused. Raises Problem."""
    transfer = getattr(request, "transfer", None)  # a long body's is its long answer's as well
    if transfer is None and (length is None or length > LONG_BYTES):
        transfer = Transfer(_who(request))
    setattr(request, "transfer", transfer)  # noqa: B010  an attribute that HttpRequest does not declare


def _who(request: HttpRequest) -> str:
    token = getattr(request, "token", None)
    return f"token {token.pk}" if token else f"user {request.user.pk}"


class Counted:
    """The chunks of an answer, with which its transfer ends."""

    def __init__(self, chunks: Iterable[bytes], transfer: Transfer) -> None:
        self.chunks = chunks
        self.transfer = transfer

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.chunks)

    def close(self) -> None:
        self.transfer.end()


class TransfersMiddleware:
    """Knows who asks, so it stands behind those that find out."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not isinstance(response, StreamingHttpResponse):
            if transfer := getattr(request, "transfer", None):
                transfer.end()
            return response
        if request.method == "HEAD":
            # The chunks would be made for nobody.
            response.streaming_content = iter(())
            return response
        try:
            transfer = _transfer_of(request, response)
        except Problem as problem:
            response.close()
            return answer(request, problem)
        if transfer:
            response.streaming_content = Counted(cast(Iterable[bytes], response.streaming_content), transfer)
        return response


def _transfer_of(request: HttpRequest, response: StreamingHttpResponse) -> Transfer | None:
    """The one that began with the body, else one that begins now if the answer is long. Raises Problem."""
    if hasattr(request, "transfer"):
        return cast(Transfer | None, request.transfer)
    length = response.get("Content-Length")
    is_long = length is None or int(length) > LONG_BYTES
    return Transfer(_who(request)) if is_long else None
