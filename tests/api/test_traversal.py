"""Going through all pages while four others write: what was there at the start comes exactly once, in order."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from pathlib import Path
from threading import Semaphore
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
import pytest
from django.db import connection
from django.test import Client

from sessions.ingest.prepare import prepare
from sessions.ingest.writing.load import load
from sessions.models import Organisation, Session, User
from tests.query.test_keyset import SORTS, in_order, shaped, write

URL = "/api/v1/sessions"
ROWS, PAGE, WRITERS = 200, 10, 4
# Which cursor leads on, and whether a page stands behind those before it.
MODES = {"after": ("next_cursor", True), "before": ("prev_cursor", False)}


def meanwhile(number: int) -> dict[str, Any]:
    """Between the rows that are there, with the same values as some of them; every third at times before or after."""
    fields = shaped(number)
    if number % 3 == 0:
        # Not so long after that it would lie ahead of now.
        shift = timedelta(hours=number) if number % 2 else -timedelta(days=number)
        fields |= {name: fields[name] + shift for name in fields if name.endswith("_at") and fields[name]}
    return fields


class Writers:
    """Each writes a session for every page that is read, while the next one is."""

    def __init__(self, organisation: Organisation, folder: Path, pool: ThreadPoolExecutor) -> None:
        self.organisation, self.folder = organisation, folder
        self.numbers = count(ROWS)
        self.pages = [Semaphore(0) for _ in range(WRITERS)]
        self.is_over = False
        self.running = [pool.submit(self.run, page) for page in self.pages]

    def run(self, page: Semaphore) -> None:
        try:
            while page.acquire(timeout=60) and not self.is_over:
                raw = msgspec.json.encode(meanwhile(next(self.numbers)))
                item = prepare(self.organisation, raw, 1, self.folder)
                assert load(self.organisation, [item]).new == 1
        finally:
            connection.close()

    def go_on(self) -> None:
        for page in self.pages:
            page.release()

    def end(self) -> None:
        self.is_over = True
        self.go_on()
        for one in self.running:
            one.result(timeout=60)


@pytest.fixture
def writers(transactional_db: None, acme: Organisation, tmp_path: Path) -> Iterator[Writers]:
    write(acme, range(ROWS), tmp_path)
    with ThreadPoolExecutor(WRITERS) as pool:
        writing = Writers(acme, tmp_path, pool)
        yield writing
        writing.end()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sort", SORTS)
def test_every_row_that_was_there_comes_once_while_four_write(
    writers: Writers, alice: User, client_of: Callable[[User], Client], sort: str, mode: str
) -> None:
    existed = in_order(list(Session.objects.all()), sort)
    were_there = set(existed)
    client = client_of(alice)
    asked = f"{URL}?{sort}&{urlencode({'mode': mode, 'limit': PAGE, 'count': 'none', 'fields': 'id'})}"
    cursor_name, is_behind = MODES[mode]
    found: list[UUID] = []
    cursor: str | None = ""
    while cursor is not None:
        writers.go_on()
        answer = client.get(f"{asked}&cursor={cursor}").json()
        page = [UUID(session["id"]) for session in answer["sessions"]]
        found = found + page if is_behind else page + found
        cursor = answer[cursor_name]
        assert len(found) < ROWS * 10

    assert len(found) == len(set(found))
    assert [ident for ident in found if ident in were_there] == existed
    # Of those that came meanwhile some are seen: they did come between the pages.
    assert set(found) > were_there
