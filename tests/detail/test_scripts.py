"""How much JavaScript a session's page asks for."""

import gzip
import re
from pathlib import Path
from uuid import UUID

from django.contrib.staticfiles import finders
from django.test import Client

from tests.detail.conftest import Attach

MOST_BYTES = 40 * 1024
RECORDING = b'{"version": 2, "width": 80, "height": 24}\n[1.0, "o", "hello"]\n'


def test_the_scripts_of_a_page_with_everything_are_small(alices: Client, attach: Attach) -> None:
    url = attach(RECORDING, "session.cast", kind="recording", content_type="application/x-asciicast")
    page = alices.get(f"/sessions/{UUID(url.split('/')[2])}/").content.decode()
    names = re.findall(r'<script [^>]*src="/static/([^"]+)"', page)
    assert {"js/session-page.js", "js/recording.js"} < set(names)
    sizes = {name: len(gzip.compress(Path(str(finders.find(name))).read_bytes())) for name in names}
    assert sum(sizes.values()) < MOST_BYTES, sizes
