"""How gunicorn serves Session History: read by `gunicorn sessionhistory.wsgi` from this folder.

Threads, because a client that stalls then stops its own export instead of filling memory, and
because a stream that fails is cut off rather than ended as if it were whole. `sessionhistory.worker`
says what our own worker adds to gunicorn's.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

bind = "127.0.0.1:8000"
worker_class = "sessionhistory.worker.Worker"
workers = 2
# More than may have a connection or wait for one (DATABASE_POOL_SIZE 8, DATABASE_POOL_WAITING 32): when the database
# is stuck, the others still answer probes and static files, and say 503 to whom it is too many.
threads = 48
timeout = 60  # of a worker that hangs; a long export does not count
graceful_timeout = 10
keepalive = 15
limit_request_line = 8190  # many filters make a long URL
access_log_format = '%(h)s %(t)s "%(r)s" %(s)s %(b)s %(L)s %({x-request-id}o)s'  # with --access-logfile
control_socket_disable = True
# Whether a request came over HTTPS, and from whom, the application decides by BEHIND_PROXY. gunicorn itself would
# believe whoever connects from this machine.
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""
# A worker touches a file there for each request, which on a disk waits for whoever else writes to it.
MEMORY = Path("/dev/shm")  # noqa: S108  gunicorn makes a file of its own there, and removes its name
worker_tmp_dir = str(MEMORY) if os.access(MEMORY, os.W_OK) else None

METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # where prometheus_client looks for it


def on_starting(server: Any) -> None:
    """The processes add up their numbers in a folder of their own, which no earlier server has written to."""
    os.environ[METRICS_FOLDER] = tempfile.mkdtemp(prefix="session-history-metrics-", dir=worker_tmp_dir)


def child_exit(server: Any, worker: Any) -> None:
    """A process that has ended has nothing in use; what it counted stays."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(server: Any) -> None:
    shutil.rmtree(os.environ[METRICS_FOLDER], ignore_errors=True)
