"""Web recordings made by hand: pages, and what changes them."""

import io
import json
from typing import Any
from xml.etree import ElementTree

from sessions.viewers.recordings.inert import SVG, document
from sessions.viewers.recordings.web_events import read_index
from sessions.viewers.recordings.web_replay import WebReplay

BEGAN = 1_790_000_000_000
DOCUMENT, ELEMENT, TEXT = 0, 2, 3

Json = dict[str, Any]


def element(id_: int, tag: str, *children: Json, **attributes: Any) -> Json:
    return {"type": ELEMENT, "id": id_, "tagName": tag, "attributes": attributes, "childNodes": list(children)}


def text(id_: int, value: str) -> Json:
    return {"type": TEXT, "id": id_, "textContent": value}


def page(*body: Json) -> list[Json]:
    """The first events of a recording whose page has this body."""
    html = element(3, "html", element(4, "head"), element(5, "body", *body))
    root = {"type": DOCUMENT, "id": 1, "childNodes": [{"type": 1, "id": 2, "name": "html"}, html]}
    meta = {"type": 4, "data": {"href": "https://a.example/", "width": 640, "height": 400}, "timestamp": BEGAN}
    return [meta, {"type": 2, "data": {"node": root, "initialOffset": {"top": 0, "left": 0}}, "timestamp": BEGAN + 10}]


def change(after: float, **data: Any) -> Json:
    return {"type": 3, "data": {"source": 0} | data, "timestamp": BEGAN + after * 1000}


def added(parent: int, node: Json, before: int | None = None) -> Json:
    return {"parentId": parent, "nextId": before, "node": node}


def replay(events: list[Json], t: float = 100.0) -> WebReplay:
    file = io.BytesIO(json.dumps(events).encode())
    replay = WebReplay(read_index(file))
    assert replay.seek(file, t)
    return replay


def body_at(events: list[Json], t: float = 100.0) -> str:
    """What is in the body, without the namespaces."""
    written = document(replay(events, t))
    ElementTree.fromstring(written.partition("\n")[2])
    return written.partition("<body>")[2].partition("</body>")[0].replace(f' xmlns="{SVG}"', "")
