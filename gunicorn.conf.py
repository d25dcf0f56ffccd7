"""How gunicorn serves Session History: read by `gunicorn sessionhistory.wsgi` from this folder.

gthread, because a client that stalls then stops its own export instead of filling memory, and
because a stream that fails is cut off rather than ended as if it were whole. Put a proxy that
buffers requests in front of it on an open network: half-open requests hold its threads.
"""

import os
from pathlib import Path

bind = "127.0.0.1:8000"
worker_class = "gthread"
workers = 2
# More than may have a connection or wait for one (DATABASE_POOL_SIZE 8, DATABASE_POOL_WAITING 32): when the database
# is stuck, the others still answer probes and static files, and say 503 to whom it is too many.
threads = 48
timeout = 60  # of a worker that hangs; a long export does not count
graceful_timeout = 10
keepalive = 15
limit_request_line = 8190  # many filters make a long URL
control_socket_disable = True
# A worker touches a file there for each request, which on a disk waits for whoever else writes to it.
MEMORY = Path("/dev/shm")  # noqa: S108  gunicorn makes a file of its own there, and removes its name
worker_tmp_dir = str(MEMORY) if os.access(MEMORY, os.W_OK) else None
