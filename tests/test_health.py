"""Alive, and able to serve."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client, override_settings


def test_alive_needs_no_database_and_no_sign_in() -> None:
    # No database: pytest-django refuses every query here.
    response = Client().get("/healthz")
    assert (response.status_code, response["Content-Type"]) == (200, "text/plain; charset=utf-8")


@pytest.fixture
def storage(tmp_path: Path) -> Any:
    with override_settings(MEDIA_ROOT=str(tmp_path)):
        yield tmp_path


def test_ready_when_everything_answers_and_nothing_is_left_behind(db: None, storage: Path) -> None:
    response = Client().get("/readyz")
    assert (response.status_code, response.json()) == (
        200,
        {"ready": True, "checks": {"database": "ok", "migrations": "ok", "storage": "ok"}},
    )
    assert not [file for file in storage.rglob("*") if file.is_file()]


def test_neither_redirects_to_https(db: None, storage: Path) -> None:
    with override_settings(SECURE_SSL_REDIRECT=True):
        assert Client().get("/healthz").status_code == 200
        assert Client().get("/readyz").status_code == 200


def test_a_probe_may_ask_by_any_name(db: None, storage: Path) -> None:
    for path in ("/healthz", "/readyz"):
        assert Client().get(path, headers={"Host": "10.0.0.7:8000"}).status_code == 200


def test_nobody_else_may(db: None) -> None:
    assert Client().get("/sessions/", headers={"Host": "10.0.0.7:8000"}).status_code == 400


def test_a_probe_only_reads() -> None:
    assert Client().post("/healthz").status_code == 405


def test_a_migration_that_is_not_applied_is_named(db: None, storage: Path) -> None:
    newest = MigrationRecorder(connection).migration_qs.filter(app="history").latest("id")
    newest.delete()
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"] == {"database": "ok", "migrations": "1 not applied", "storage": "ok"}
    assert response["Retry-After"] == "5"


def test_storage_that_cannot_be_written_is_named(db: None, tmp_path: Path) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("not a folder")
    with override_settings(MEDIA_ROOT=str(occupied)):
        response = Client().get("/readyz")
    assert (response.status_code, response.json()["checks"]["storage"]) == (503, "failed")
    assert str(tmp_path) not in response.content.decode()


def test_a_database_that_does_not_answer_is_named(storage: Path) -> None:
    # Here, too, pytest-django refuses every query.
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"] == {"database": "failed", "migrations": "not checked", "storage": "ok"}


def test_they_are_only_read() -> None:
    assert Client().post("/healthz").status_code == 405
