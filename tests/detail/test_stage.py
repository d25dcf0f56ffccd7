"""What stands on the stage of a session's page, at the moment that is asked for."""

import re
import shutil
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from sessions.models import Organisation
from tests.conftest import NOON

Send = Callable[..., UUID]
RECORDINGS = Path(__file__).parent.parent / "data" / "recordings"
CAST = {"name": "shop.cast", "kind": "recording", "content_type": "application/x-asciicast"}
PAGE = {"name": "rrweb-2.json", "kind": "recording", "content_type": "application/json"}


@pytest.fixture
def with_files(acme: Organisation, send: Send, tmp_path: Path) -> Callable[..., UUID]:
    """A session of a minute with these recorded files, whose first moment is ten seconds after its start."""

    def sent(*files: dict[str, Any]) -> UUID:
        said = []
        for file in files:
            shutil.copy(RECORDINGS / file["name"], tmp_path)
            said.append({"file": file["name"], "starts_at": (NOON + timedelta(seconds=10)).isoformat()} | file)
        return send(acme, ended_at=NOON + timedelta(minutes=1), attachments=said)

    return sent


def stage(browser: Client, session_id: UUID, **asked: str) -> str:
    page = browser.get(f"/sessions/{session_id}/", asked).content.decode()
    return page.partition('<section class="stage"')[2].partition("</section>")[0]


def test_a_terminal_is_shown_as_it_was_at_the_moment(alices: Client, with_files: Callable[..., UUID]) -> None:
    session_id = with_files(CAST)
    shown = stage(alices, session_id, t="11.228")
    text = unescape(re.sub("<[^>]+>", "", shown))
    assert 'data-stage-starts="10.000"' in shown
    assert "loading 100%" in text
    assert "loading 100%" not in unescape(re.sub("<[^>]+>", "", stage(alices, session_id, t="0")))


def test_a_page_is_framed_at_the_moment(alices: Client, with_files: Callable[..., UUID]) -> None:
    shown = stage(alices, with_files(PAGE), t="11.5")
    frame = re.search(r'<iframe [^>]*sandbox[^>]*src="([^"]*)"', shown)
    assert frame
    assert "/rrweb-2.json/view/moment/?t=1.500" in frame[1]


def test_a_recording_that_is_none_leaves_the_stage_away(
    alices: Client, acme: Organisation, send: Send, tmp_path: Path
) -> None:
    (tmp_path / "run.cast").write_text("nothing of the kind")
    file = {"name": "run.cast", "kind": "recording", "content_type": "application/x-asciicast", "file": "run.cast"}
    session_id = send(acme, attachments=[file])
    page = alices.get(f"/sessions/{session_id}/").content.decode()
    assert '<section class="stage"' not in page
    assert "replay-without-stage" in page


def test_a_recording_that_is_too_large_for_the_page_leads_to_its_viewer(
    alices: Client, with_files: Callable[..., UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sessions.views.stage.LARGEST_ON_STAGE", 100)
    session_id = with_files(CAST)
    page = alices.get(f"/sessions/{session_id}/").content.decode()
    assert "The recording shop.cast" in page
    assert f'href="/sessions/{session_id}/attachments/shop.cast/view/"' in page
    assert stage(alices, session_id) == ""
