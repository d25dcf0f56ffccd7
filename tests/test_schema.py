"""The contract's types, as a server uses them: by many threads from its first moment on."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROGRAM = """
import sys, threading
import msgspec
from sessions.contract.schema import SessionLine

sys.setswitchinterval(1e-6)
raw = b'{"status": "ended", "initiator": {"type": "user"}, "events": [], "app": {"app_id": "a"}}'
barrier = threading.Barrier(8)

def decode():
    barrier.wait()
    msgspec.json.decode(raw, type=SessionLine)

threads = [threading.Thread(target=decode) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_the_first_sessions_may_be_decoded_at_once() -> None:
    """Were the types not worked out beforehand, some of these processes would crash."""
    running = [subprocess.Popen([sys.executable, "-c", PROGRAM], cwd=ROOT) for _ in range(24)]
    assert [process.wait(timeout=60) for process in running] == [0] * 24
