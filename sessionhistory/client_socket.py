"""The connection to a client, on which nobody is waited for without end."""

import errno
import logging
import math
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn, TypeVar

logger = logging.getLogger(__name__)

# What a client has to take or send in the time that it is given.
WINDOW_BYTES = 256 * 1024
# How long one attempt waits, before the time that is left is looked at again: it shrinks while threads are short.
ATTEMPT_SECONDS = 1.0

Done = TypeVar("Done")


class ClientSocket(socket.socket):
    """A socket that gives up on a client which keeps a thread waiting for too long.

    Each 256 KiB, whichever way they go, and what is left at the end may take `patience()` seconds of waiting. Time in
    which the server itself is busy does not count. Only blocking calls are judged: whoever sets a timeout or polls has
    limits of their own.
    """

    def __init__(self, accepted: socket.socket, patience: Callable[[], float]) -> None:
        """Takes `accepted` over, which is closed for others after that."""
        super().__init__(accepted.family, accepted.type, accepted.proto, fileno=accepted.detach())
        self.begin(patience)

    def begin(self, patience: Callable[[], float]) -> None:
        """Another request, with time of its own. `head` becomes its first bytes."""
        self._patience = patience
        self.head = b""
        self._waited = 0.0
        self._moved = 0

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Raises TimeoutError. The connection stays open, so that the client can be told."""
        if self.gettimeout() is not None or flags:
            return super().recv(size, flags)
        try:
            data = self._patiently(super().recv, size)
        except TimeoutError:
            self._waited = 0.0  # an answer has time of its own
            raise
        self._count(len(data))
        if len(self.head) < 64:
            self.head += data[:64]
        return data

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Raises TimeoutError, with the connection reset: nobody is to take what was sent for the whole."""
        if self.gettimeout() is not None or flags:
            super().sendall(data, flags)
            return
        left = memoryview(data)
        while left:
            try:
                sent = self._patiently(super().send, left)
            except TimeoutError:
                reset(self)
                raise
            self._count(sent)
            left = left[sent:]

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        """Static files, which are small: each wait for the client is limited, not their sum."""
        seconds = self._patience()
        self.settimeout(None if math.isinf(seconds) else seconds)
        try:
            return super().sendfile(file, offset, count)
        except TimeoutError:
            reset(self)
            give_up("sending a file")
        finally:
            if self.fileno() >= 0:
                self.settimeout(None)

    def _patiently(self, operation: Callable[[Any], Done], argument: Any) -> Done:
        try:
            while True:
                left = self._patience() - self._waited
                if left <= 0:
                    give_up(operation.__name__)
                self.settimeout(min(left, ATTEMPT_SECONDS))
                started = time.monotonic()
                try:
                    return operation(argument)
                except TimeoutError:
                    continue
                finally:
                    self._waited += time.monotonic() - started
        finally:
            self.settimeout(None)

    def _count(self, size: int) -> None:
        self._moved += size
        if self._moved >= WINDOW_BYTES:
            self._moved, self._waited = 0, 0.0


def give_up(operation: str) -> NoReturn:
    """As an error that gunicorn passes over in silence, like a connection that the client has reset."""
    logger.warning("A client kept the server waiting for too long (%s), and its connection is given up", operation)
    raise TimeoutError(errno.ECONNRESET, "The client kept the server waiting for too long")


def reset(connection: socket.socket) -> None:
    """Close it in a way that no client takes for the end of an answer, also where the end has no other sign."""
    with suppress(OSError):  # it may be closed already
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
