"""The worst input of each kind that is accepted costs a bounded amount of memory, which a process of its own tells."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
MOST_MIB = 64


def test_the_worst_of_each_kind_takes_little_memory(tmp_path: Path) -> None:
    """All of them in one test: loading the product for each would take half of the time."""
    environment = os.environ | {"ATTACHMENTS_DIR": str(tmp_path / "files"), "DATA_DIR": str(tmp_path / "data")}
    command = [sys.executable, "-m", "tests.linear.worst"]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    lines = ran.stdout.splitlines()
    assert len(lines) > 25
    assert [line for line in lines if float(line.split("\t")[0]) >= MOST_MIB] == []
