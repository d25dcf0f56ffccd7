"""How much JavaScript a session's page asks for."""

import gzip
import re
from pathlib import Path
from uuid import UUID

from django.conf import LazySettings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client

from tests.detail.conftest import Attach

MOST_BYTES = 40 * 1024
RECORDING = b'{"version": 2, "width": 80, "height": 24}\n[1.0, "o", "hello"]\n'


def test_the_scripts_of_a_page_with_everything_are_small(alices: Client, attach: Attach) -> None:
    url = attach(RECORDING, "session.cast", kind="recording", content_type="application/x-asciicast")
    page = alices.get(f"/sessions/{UUID(url.split('/')[2])}/").content.decode()
    names = re.findall(r'<(?:script [^>]*src|link rel="modulepreload" href)="/static/([^"]+)"', page)
    assert {"js/session-page.js", "js/recording.js", "js/clock.js"} < set(names)
    sizes = {name: len(gzip.compress(Path(str(finders.find(name))).read_bytes())) for name in names}
    assert sum(sizes.values()) < MOST_BYTES, sizes


def test_what_a_script_imports_can_be_kept_for_ever(tmp_path: Path, settings: LazySettings) -> None:
    """Its address changes with its content, so that no browser runs an old part of a new script."""
    settings.STATIC_ROOT = str(tmp_path / "static")
    settings.STORAGES["staticfiles"]["BACKEND"] = "sessionhistory.static.StaticFiles"
    call_command("collectstatic", verbosity=0, interactive=False)
    importing = [path for path in (tmp_path / "static/js").glob("session-page.*.js") if "./clock" in path.read_text()]
    assert importing
    for path in importing:
        (imported,) = re.findall(r'from "\./(clock\.[0-9a-f]{12}\.js)";', path.read_text())
        assert (path.parent / imported).exists()
