"""gunicorn's worker with threads, made fit for clients that are slow, silent or wrong.

What it adds: a thread is taken when a client has sent something, and given up on when it waits for one in vain
(`client_socket`). `/healthz` and `/metrics` have threads of their own. A client that does not hang up is waited for
aside, not by the thread that accepts connections. An answer that breaks over HTTP/1.0, which marks no end, resets the
connection. And what cannot be parsed is refused in JSON where programs ask.
"""

import math
import socket
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.http.errors import ParseException
from gunicorn.util import close_graceful
from gunicorn.workers.gthread import TConn, ThreadWorker

from sessionhistory.breaking import broken_is_seen
from sessionhistory.client_socket import ClientSocket

# What has to be answered also while every thread is busy.
PROBES = (b"GET /healthz", b"HEAD /healthz", b"GET /metrics")
FIRST_BYTES = 16
PROBE_THREADS, PROBE_SECONDS = 4, 1.0
# While requests wait for a thread, a client has only so long.
HURRIED_SECONDS = 5.0
CLOSING_THREADS = 4
SAMPLE_SECONDS = 1.0
UNWANTED_BODY_SECONDS = 0.1
# How much a client may still send, and for how long, after it got its answer: what it sends into a closed connection
# would destroy the answer.
LINGER_BYTES = 1024 * 1024
LINGER_SECONDS = 3.0


class Worker(ThreadWorker):
    def init_process(self) -> None:
        self.probes = ThreadPoolExecutor(PROBE_THREADS)
        self.closing = ThreadPoolExecutor(CLOSING_THREADS)
        # Connections that a thread is at, or is to be at. Only the main thread changes it.
        self.busy: set[TConn] = set()
        self.sampled_at = 0.0
        super().init_process()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        self.wsgi: Callable[..., Iterable[bytes]] = broken_is_seen(self.wsgi)
        self.log.info("Worker is ready with pid: %s", self.pid)

    def notify(self) -> None:
        """Called at least once a second by the main thread: what other processes may tell of this one is noted then."""
        super().notify()
        if (now := time.monotonic()) >= self.sampled_at + SAMPLE_SECONDS:
            from sessions.http.metrics import sample, sample_threads

            self.sampled_at = now
            sample()
            sample_threads(self.cfg.threads, len(self.busy))

    def patience(self) -> float:
        """How many seconds a client may keep a thread waiting just now."""
        from django.conf import settings  # loaded with the application

        seconds = float(settings.CLIENT_TIMEOUT_SECONDS)
        seconds = seconds or math.inf  # 0 is without limit
        return min(seconds, HURRIED_SECONDS) if len(self.busy) > self.cfg.threads else seconds

    def enqueue_req(self, conn: TConn) -> None:
        """Called with each new connection, and with each of those that wait once there is something to read."""
        if not conn.initialized and not isinstance(conn.sock, ClientSocket):
            conn.sock = ClientSocket(conn.sock, self.patience)
        first = peek(conn.sock)
        if first is None and not conn.initialized:
            self.wait_for_first_bytes(conn)
            return
        conn.data_ready = True
        is_probe = first is not None and first.startswith(PROBES)
        if isinstance(conn.sock, ClientSocket):  # TLS makes another one of it
            conn.sock.begin((lambda: PROBE_SECONDS) if is_probe else self.patience)
        if is_probe:
            pool = self.probes
        else:
            pool = self.tpool
            self.busy.add(conn)
        future = pool.submit(self.handle, conn)
        future.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

    def wait_for_first_bytes(self, conn: TConn) -> None:
        """Without a thread, for as long as a connection is kept that was used before."""
        conn.timeout = time.monotonic() + self.cfg.keepalive
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def finish_request(self, conn: TConn, done: "Future[Any]") -> None:
        self.busy.discard(conn)
        if done.cancelled() or done.exception() or done.result():
            super().finish_request(conn, done)
            return
        with suppress(OSError, ValueError):
            socket.socket.shutdown(conn.sock, socket.SHUT_WR)  # the end of the answer waits for nobody
        closed = self.closing.submit(hang_up, conn)
        closed.add_done_callback(lambda _: self.method_queue.defer(self.forget))

    def forget(self) -> None:
        self.nr_conns -= 1

    def _cap_keepalive(self, deadline: float) -> None:
        """A worker that ends waits no longer for a first request than for another one."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)

    def _keepalive_after(self, conn: TConn, keepalive: bool) -> bool:
        """Whether the connection can be used again. Of a body that nobody wanted, only what is there is read here."""
        try:
            return keepalive and bool(conn.parser.finish_body(deadline=time.monotonic() + UNWANTED_BODY_SECONDS))
        except ParseException:  # the answer is given, so there is no second one
            return False

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """What gunicorn refuses before the application is asked, said as the application says it."""
        from sessionhistory.refusals import refusal
        from sessions.contract.request_id import identified

        with identified("") as request_id:
            answer = refusal(getattr(client, "head", b""), exc) if isinstance(exc, ParseException) else None
        if answer is None:
            super().handle_error(req, client, addr, exc)
            return
        self.log.warning("[%s] Invalid request from ip=%s: %s", request_id, (addr or ("",))[0], exc)
        try:
            client.sendall(answer)
        except OSError:
            self.log.debug("Failed to send an error's message.")


def peek(connection: socket.socket) -> bytes | None:
    """The first bytes that have arrived and stay where they are; None before there are any."""
    try:
        return socket.socket.recv(connection, FIRST_BYTES, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return None
    except OSError:
        return b""  # whoever reads it will see


def hang_up(conn: TConn) -> None:
    conn.sock.settimeout(None)
    close_graceful(conn.sock, LINGER_SECONDS, LINGER_BYTES)
