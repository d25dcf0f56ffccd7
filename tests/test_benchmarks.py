"""The benchmark as a whole, on few sessions: that it runs to its end, asks what it means to ask, and cleans up."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

pytestmark = pytest.mark.own_database
ROOT = Path(__file__).parent.parent
ROWS = 300


@pytest.fixture(scope="module")
def name() -> str:
    """Of the benchmark's own database: two runs of the suite on one server do not meet."""
    return f"session_history_bench_{os.getpid()}"


@pytest.fixture(scope="module")
def folder(name: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where one run has put what it found."""
    output = tmp_path_factory.mktemp("benchmark")
    arguments = ["--rows", str(ROWS), "--seconds", "0", "--database", name, "--output", str(output)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return output


@pytest.fixture(scope="module")
def size(folder: Path) -> dict[str, Any]:
    (file,) = folder.glob("*.json")
    return dict(json.loads(file.read_text())["size"])


def test_it_asks_at_least_forty_filters_over_http_and_in_the_database(size: dict[str, Any]) -> None:
    assert len({one["shape"] for one in size["lists"]}) >= 40
    assert [one["shape"] for one in size["lists"] if one["pages"]["ours"]["failure"]] == []
    assert all(one["database"]["queries"] > 1 for one in size["lists"])


def test_every_role_asks(size: dict[str, Any]) -> None:
    assert {one["viewer"] for one in size["lists"]} == {"admin", "developer", "user", "seldom"}


def test_peers_that_are_installed_answer_and_the_others_are_named(size: dict[str, Any]) -> None:
    for peer, package in (("textbook", None), ("admin", None), ("drf", "rest_framework"), ("datasette", "datasette")):
        answers = [one["pages"][peer] for one in size["lists"] if peer in one["pages"]]
        if package and not find_spec(package):
            assert answers == []
            assert package in size["skipped"][peer]
        else:
            assert len(answers) > 5
            assert {answer["failure"] for answer in answers} == {""}
            assert peer in size["per_second"]


def test_downloads_and_imports_are_measured_beside_copy(size: dict[str, Any]) -> None:
    csv, as_json = size["downloads"]
    assert (csv["rows"], as_json["rows"]) == (ROWS * 9 // 10, ROWS * 9 // 10)
    assert set(csv["limits"]) == {"the same SELECT", "raw columns"}
    assert set(as_json["limits"]) == {"row_to_json"}
    assert [one["rows"] for one in size["imports"]] == [ROWS * 9 // 10]


def test_the_document_shows_machine_versions_and_every_filter(folder: Path, size: dict[str, Any]) -> None:
    text = (folder / "benchmarks.md").read_text()
    assert "PostgreSQL" in text
    assert "cores" in text
    assert [one["shape"] for one in size["lists"] if f"| {one['shape']} |" not in text] == []


@pytest.mark.usefixtures("folder")
def test_it_leaves_no_database_behind(name: str, servers_databases: set[str]) -> None:
    assert name not in servers_databases


@pytest.fixture
def servers_databases() -> Iterator[set[str]]:
    """The names of all databases of the server that the tests run on."""
    entry = connection.settings_dict
    server = make_conninfo(
        host=entry["HOST"],
        port=entry["PORT"],
        user=entry["USER"],
        password=entry["PASSWORD"] or None,
        dbname="postgres",
    )
    with psycopg.connect(server) as open_connection:
        yield {name for (name,) in open_connection.execute("SELECT datname FROM pg_database").fetchall()}
