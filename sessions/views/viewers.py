"""The viewers of attachments: what each one's page needs, by how the file is best looked at."""

import re
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import IO, Any

from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from sessions.contract.schema import Session
from sessions.files.contents import HEAD_BYTES
from sessions.files.encodings import encoding_of
from sessions.files.media import Viewer, essence, why_no_viewer
from sessions.files.utf8 import utf8_file
from sessions.models import Attachment
from sessions.presenters.facts import app_name, who
from sessions.viewers.har.archive import LARGEST as LARGEST_HAR
from sessions.viewers.har.archive import NotHar, Summary, details_at, read_archive, request_at
from sessions.viewers.har.entry import TYPES
from sessions.viewers.indent import LARGEST as LARGEST_INDENTED
from sessions.viewers.indent import indented
from sessions.viewers.levels import Level
from sessions.viewers.log import Search, read_window

# A pass over this much takes about two seconds.
LARGEST_LOG = 512 * 1024 * 1024
# Up to here every line's level is read, so that the filter can say how often each occurs.
COUNTED_LOG = 8 * 1024 * 1024
REQUESTS_ON_A_PAGE = 200
FAMILIES = ("1xx", "2xx", "3xx", "4xx", "5xx", "none")

_NUMBER = re.compile(r"[0-9]{1,12}")


def viewer_page(request: HttpRequest, record: Session, file: Attachment, viewer: Viewer) -> HttpResponse:
    """Raises FileNotFoundError when the storage has lost the file."""
    context: dict[str, Any] = {"record": record, "file": file, "app_name": app_name(record), "who": who(record)}
    if viewer is Viewer.LOG:
        return _log(request, file, context)
    if viewer is Viewer.REQUESTS:
        return _requests(request, file, context)
    if viewer is Viewer.NONE:
        return _not_shown(request, context, why_no_viewer(file.content_type))
    return render(request, f"detail/view_{viewer.value}.html", context)


def _log(request: HttpRequest, file: Attachment, context: dict[str, Any]) -> HttpResponse:
    if file.size > LARGEST_LOG:
        return _not_shown(request, context, "It is too large to be searched here.")
    levels = [level for level in Level if level.value in request.GET.getlist("level")]
    search = Search(request.GET.get("q", "")[:200], levels, "only" in request.GET)
    counted = file.size <= COUNTED_LOG
    with _text_of(file) as (content, encoding):
        window = read_window(content, search, at=_number(request, "at"), count_levels=counted, encoding=encoding)
    context |= {
        "window": window,
        "search": search,
        "levels": [(level, window.levels[level] if counted else None) for level in Level],
        "wrapped": "wrap" in request.GET,
    }
    return render(request, "detail/view_log.html", context)


@contextmanager
def _text_of(file: Attachment) -> Iterator[tuple[IO[bytes], str]]:
    """What to show of a file, and its encoding: JSON one value a line, anything else as it is."""
    with default_storage.open(file.storage_name) as content:
        encoding = encoding_of(file.content_type, content.read(HEAD_BYTES))
        content.seek(0)
        if essence(file.content_type) != "application/json" or file.size > LARGEST_INDENTED:
            yield content, encoding
        else:
            yield BytesIO(indented(_in_utf8(content.read(), encoding))), "utf-8-sig"


def _in_utf8(content: bytes, encoding: str) -> bytes:
    if encoding == "utf-8-sig":
        return content.removeprefix(BOM_UTF8)
    return content.decode(encoding, "replace").encode()


def _requests(request: HttpRequest, file: Attachment, context: dict[str, Any]) -> HttpResponse:
    if file.size > LARGEST_HAR:
        return _not_shown(request, context, "It is too large to be shown as requests.")
    with default_storage.open(file.storage_name) as content:
        encoding = encoding_of(file.content_type, content.read(HEAD_BYTES))
        try:
            with utf8_file(content, encoding) as archive:
                table = _table_of(request, archive)
        except NotHar as error:
            return _not_shown(request, context, str(error))
    return render(request, "detail/view_requests.html", context | table)


def _table_of(request: HttpRequest, content: IO[bytes]) -> dict[str, Any]:
    """Raises NotHar."""
    types, families = request.GET.getlist("type"), request.GET.getlist("status")
    text = request.GET.get("q", "")[:200]
    requests = read_archive(content, text)
    found = [
        one
        for one in requests
        if one.found and (not types or one.type in types) and (not families or one.family in families)
    ]
    opened = _number(request, "request")
    first = _page_start(request, found, opened)
    shown = found[first : first + REQUESTS_ON_A_PAGE]
    return {
        "requests": [(one, request_at(content, one)) for one in shown],
        "details": next((details_at(content, one) for one in shown if one.number == opened), None),
        "found": len(found),
        "all": len(requests),
        "failed": sum(one.failed for one in found),
        "transferred": _total([one.transferred for one in found]),
        "size": _total([one.size for one in found]),
        "span": max((one.start + one.time for one in requests), default=0.0) or 1.0,
        "opened": opened,
        "first": first + 1,
        "last": first + len(shown),
        "previous_page": max(first - REQUESTS_ON_A_PAGE, 0) if first else None,
        "next_page": first + REQUESTS_ON_A_PAGE if first + REQUESTS_ON_A_PAGE < len(found) else None,
        "types": _counts(TYPES, (one.type for one in requests), types),
        "families": _counts(FAMILIES, (one.family for one in requests), families),
        "q": text,
        "chosen_types": types,
        "chosen_families": families,
        "revealed": "reveal" in request.GET,
    }


def _page_start(request: HttpRequest, found: list[Summary], opened: int | None) -> int:
    """Where the page begins among the requests found: the one that is open is on it."""
    place = next((place for place, one in enumerate(found) if one.number == opened), None)
    if place is None:
        place = min(_number(request, "from") or 0, max(len(found) - 1, 0))
    return place // REQUESTS_ON_A_PAGE * REQUESTS_ON_A_PAGE


def _total(sizes: list[int | None]) -> tuple[int | None, int]:
    """The sum of the sizes that are known, None where none is; and how many are unknown beside some that are known."""
    known = [size for size in sizes if size is not None]
    if sizes and not known:
        return None, 0
    return sum(known), len(sizes) - len(known)


def _counts(names: Iterable[str], values: Iterable[str], chosen: list[str]) -> list[tuple[str, int]]:
    """How often each value occurs, in the order of the names: those that occur or are chosen."""
    counted = Counter(values)
    return [(name, counted[name]) for name in names if counted[name] or name in chosen]


def _number(request: HttpRequest, name: str) -> int | None:
    value = request.GET.get(name, "")
    return int(value) if _NUMBER.fullmatch(value) else None


def _not_shown(request: HttpRequest, context: dict[str, Any], reason: str) -> HttpResponse:
    return render(request, "detail/view_none.html", context | {"reason": reason})
