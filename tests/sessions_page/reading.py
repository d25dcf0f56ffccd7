"""The page as somebody reads it: the cells of its rows as text, and its HTML where that is what counts."""

import re
from html import unescape
from typing import Any

from sessions.models import User
from tests.query.readers import PAGE, Response, text_of

COLUMNS = ("user", "app", "device", "queue_time", "duration", "date", "files")


def html(viewer: User, **parameters: Any) -> str:
    response: Response = PAGE.get(viewer, **parameters)
    assert response.status_code == 200, response.status_code
    return text_of(response)


def cells(body: str) -> list[dict[str, str]]:
    """Each row's cells by column, as HTML, without the box that selects it."""
    rows = re.findall(r'<tr id="session-.*?</tr>', body, re.DOTALL)
    return [dict(re.findall(r'<td class="col-(?!select)(\w+)[^"]*">(.*?)</td>', row, re.DOTALL)) for row in rows]


def words(markup: str) -> str:
    """What is read, also by a screen reader, with one space between words."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def row(viewer: User, **parameters: Any) -> dict[str, str]:
    """The cells of the only row."""
    (only,) = cells(html(viewer, **parameters))
    assert tuple(only) == COLUMNS
    return only
