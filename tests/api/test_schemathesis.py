"""The document as a program reads it: every operation asked over HTTP, with what it allows and what it does not."""

import os
import subprocess
import sys
import tomllib
import uuid
from pathlib import Path

import pytest
from django.utils import timezone

from sessions.accounts.tokens import make_token
from sessions.ingest.importing import import_ndjson
from sessions.models import Organisation, Session, User
from tests.conftest import Send
from tests.ingest.lines import BROWSER
from tests.web_server import ROOT, server

__all__ = ["server"]

CONFIGURATION = Path(__file__).parent / "schemathesis.toml"
# What is asked depends on these two alone, so that whoever looks for the cause sees what CI saw.
SEED = 1
EXAMPLES = 10


@pytest.fixture
def _unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of requests with one token, and wrong tokens from as many addresses as a proxy says."""
    monkeypatch.setenv("API_REQUESTS_PER_MINUTE", "0")
    monkeypatch.setenv("BEHIND_PROXY", "true")


@pytest.fixture
def _known_sessions(acme: Organisation, alice: User, send: Send) -> None:
    """Those whose ids the configuration holds."""
    acme.namespace = uuid.UUID(int=0)
    acme.save()
    with (BROWSER / "sessions.ndjson").open("rb") as file:
        for _, report in import_ndjson(acme, file, BROWSER):
            assert not report.refused
    send(acme, external_id="open", status="active", started_at=timezone.now())
    known = {
        uuid.UUID(ident) for ident in tomllib.loads(CONFIGURATION.read_text())["dictionaries"]["sessions"]["values"]
    }
    assert known <= set(Session.objects.values_list("id", flat=True))


@pytest.mark.usefixtures("_unlimited", "_known_sessions")
def test_every_operation_answers_as_the_document_says(server: int, alice: User, tmp_path: Path) -> None:
    secret = make_token(alice, "schemathesis", ("read", "write"))[1]
    ran = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"), "--config-file", CONFIGURATION, "run", "--no-color",
            f"--seed={SEED}", f"--max-examples={EXAMPLES}", f"--header=Authorization: Bearer {secret}",
            f"http://127.0.0.1:{server}/api/openapi.json",
        ],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT), "NO_PROXY": "127.0.0.1"},
        capture_output=True, text=True, check=False, timeout=250,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
