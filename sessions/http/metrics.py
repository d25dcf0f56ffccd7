"""What `/metrics` tells of requests and of a server process; what comes in is counted in `sessions.receiving`.

The processes of a server share a folder, which `gunicorn.conf.py` makes and the library adds up. Counters are written
there as they change. The library's locks cannot be taken twice by a thread, so nothing that the garbage collector may
call counts anything: what goes up and down is read by `sample`, which our worker calls every second.
"""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from prometheus_client import Counter, Gauge, Histogram

from sessions.http.transfers import running_transfers
from sessions.postgresql.base import DatabaseWrapper

# Of an address that is no route: static files, probes, and whatever does not exist.
NO_ROUTE = "none"
# From a page of the list to the longest analysis.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20)

REQUESTS = Counter("session_history_requests", "Requests that were answered.", ["route", "status"])
SECONDS = Histogram(
    "session_history_request_seconds",
    "Time from a request to its answer's first bytes.",
    ["route"],
    buckets=BUCKETS,
)


def _gauge(name: str, documentation: str) -> Gauge:
    """Added up over the processes that live."""
    return Gauge(f"session_history_{name}", documentation, multiprocess_mode="livesum")


THREADS = _gauge("threads", "Threads that answer requests.")
THREADS_BUSY = _gauge("threads_busy", "Threads that are at a request.")
THREADS_WAITED_FOR = _gauge("requests_waiting_for_thread", "Requests that wait for a thread.")
POOL_MOST = _gauge("database_connections_max", "Connections that the pools keep at most.")
POOL_OPEN = _gauge("database_connections_open", "Connections to the database that are open.")
POOL_LENT = _gauge("database_connections_in_use", "Connections to the database that a request has.")
POOL_WAITED_FOR = _gauge("requests_waiting_for_connection", "Requests that wait for a connection to the database.")
TRANSFERS = _gauge("transfers_running", "Exports, downloads and uploads of more than 1 MiB or of unknown length.")


class MetricsMiddleware:
    """The outermost middleware: counts what is answered in the end, by whomever."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        begun = time.perf_counter()
        response = self.get_response(request)
        route = request.resolver_match.view_name if request.resolver_match else NO_ROUTE
        REQUESTS.labels(route, response.status_code).inc()
        SECONDS.labels(route).observe(time.perf_counter() - begun)
        return response


def sample() -> None:
    """What this process has in use just now."""
    pool = DatabaseWrapper.pool_use()
    POOL_MOST.set(pool.most)
    POOL_OPEN.set(pool.open)
    POOL_LENT.set(pool.lent)
    POOL_WAITED_FOR.set(pool.waited_for)
    TRANSFERS.set(running_transfers())


def sample_threads(number: int, requests: int) -> None:
    """Of so many threads, with so many requests to answer."""
    THREADS.set(number)
    THREADS_BUSY.set(min(number, requests))
    THREADS_WAITED_FOR.set(max(0, requests - number))
