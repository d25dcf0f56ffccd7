"""The worst of each kind that is accepted takes a bounded amount of memory: a process of its own tells how much."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
MOST_MIB = 64
# Read from the source: importing the module would set Django up a second time.
CASES = [
    line.split('"')[1]
    for line in Path(__file__).with_name("worst.py").read_text().splitlines()
    if line.startswith('    "') and '": (' in line
]


@pytest.mark.parametrize("case", CASES)
def test_the_worst_of_its_kind_takes_little_memory(case: str, tmp_path: Path) -> None:
    environment = os.environ | {"ATTACHMENTS_DIR": str(tmp_path / "files"), "DATA_DIR": str(tmp_path / "data")}
    command = [sys.executable, "-m", "tests.linear.worst", case]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    growth, outcome = ran.stdout.split(maxsplit=1)
    assert float(growth) < MOST_MIB, outcome
