"""Rebuilt pages: whatever was recorded, nothing in them can run or load."""

import io
import json
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.viewers.recordings.inert import document
from sessions.viewers.recordings.vocabulary import DROPPED, DROPPED_ATTRIBUTES
from sessions.viewers.recordings.web_events import read_index
from sessions.viewers.recordings.web_replay import WebReplay
from tests.attachments.pages import Json, change, element, page, replay, text


def svg(id_: int, tag: str, *children: Json, **attributes: Any) -> Json:
    return element(id_, tag, *children, **attributes) | {"isSVG": True}


HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


@pytest.mark.parametrize(
    "node",
    [
        element(10, "script", text(11, "alert(1)"), src="https://evil.example/"),
        element(10, "img", src="https://evil.example/a.png", srcset="https://evil.example/b 2x", onerror="alert(1)"),
        element(10, "img", src="data:text/html,<script>alert(1)</script>"),
        element(10, "a", text(11, HOSTILE), href="javascript:alert(1)", ping="https://evil.example/"),
        element(10, "a", href="java\tscript:alert(1)", title=" JaVaScript:alert(1)"),
        element(10, "iframe", src="https://evil.example/", srcdoc="<script>alert(1)</script>"),
        element(10, "object", data="https://evil.example/"),
        element(10, "form", element(11, "button", formaction="https://evil.example/"), action="https://evil.example/"),
        element(10, "meta", content="0;url=https://evil.example/", **{"http-equiv": "refresh"}),
        element(10, "base", href="https://evil.example/"),
        element(10, "link", rel="stylesheet", href="https://evil.example/"),
        element(10, "video", src="https://evil.example/", poster="https://evil.example/", autoplay=True),
        element(10, "body", onload="alert(1)", background="https://evil.example/"),
        element(10, "p", style="background:url(https://evil.example/)", ONCLICK="alert(1)"),
        element(10, "style", text(11, "@import 'https://evil.example/';</style><script>alert(1)</script>")),
        element(10, "link", _cssText="a{background:URL( 'https://evil.example/' )}"),
        element(10, 'x onload="alert(1)"', **{'a"><script>': "x", "a b": "c", "xmlns:x": "y", "xlink:href": "z"}),
        svg(10, "svg", svg(11, "script", text(12, "alert(1)")), onload="alert(1)"),
        svg(10, "svg", svg(11, "use", href="https://evil.example/#a")),
        svg(10, "svg", svg(11, "animate", attributeName="href", to="javascript:alert(1)")),
        svg(10, "svg", svg(11, "rect", fill="url(https://evil.example/#a)")),
        svg(10, "svg", svg(11, "foreignobject", element(12, "iframe", src="https://evil.example/"))),
        element(10, "math", element(11, "mtext", element(12, "style", text(13, HOSTILE)))),
        element(10, "noscript", text(11, HOSTILE)),
        element(10, "textarea", value="</textarea>" + HOSTILE),
        {"type": 5, "id": 10, "textContent": "--><script>alert(1)</script>"},
        {"type": 4, "id": 10, "textContent": "]]><script>alert(1)</script>"},
        text(10, "\x00\x0b\ud800\ufffe" + HOSTILE),
    ],
    ids=lambda node: f"{node.get('tagName', node['type'])}"[:20],
)
def test_nothing_hostile_is_written(node: Json) -> None:
    written = document(replay(page(node)))
    assert "evil.example" not in written
    assert_inert(written)


def assert_inert(written: str) -> None:
    for one in parsed(written).iter():
        tag = one.tag.rpartition("}")[2]
        assert tag not in DROPPED | {"iframe", "form", "link"}
        for name, value in one.attrib.items():
            assert ":" not in name
            assert "{" not in name
            assert not name.lower().startswith("on")
            assert "javascript:" not in value.lower().replace("\t", "")
            if name in DROPPED_ATTRIBUTES:
                assert name in ("href", "src")
                assert value.startswith(("#", "data:image/"))


def parsed(written: str) -> ElementTree.Element:
    return ElementTree.fromstring(written.partition("\n")[2])


values = st.one_of(
    *(st.none(), st.booleans(), st.integers(-5, 60), st.floats(), st.text(max_size=20)),
    st.sampled_from([HOSTILE, "javascript:x", "data:image/png;base64,AA"]),
)
TAGS = ("html head body p style script svg a slot iframe textarea option canvas x-a", st.text(max_size=6))
NAMES = ("id href src style onload class value slot xlink:href rr_dataURL rr_scrollTop", st.text(max_size=8))
tags, names = (st.one_of(st.sampled_from(known.split()), other) for known, other in (TAGS, NAMES))
attributes = st.one_of(
    values, st.dictionaries(names, st.one_of(values, st.dictionaries(names, values, max_size=2)), max_size=4)
)
ids = st.integers(1, 60)
nodes: st.SearchStrategy[Any] = st.recursive(
    st.fixed_dictionaries({"type": st.integers(0, 6), "id": ids, "textContent": values}),
    lambda children: st.fixed_dictionaries(
        {"type": st.sampled_from([0, 2, 2, 2]), "id": ids, "tagName": tags, "isSVG": values, "isShadow": values}
        | {"attributes": attributes, "childNodes": st.one_of(values, st.lists(children, max_size=4))}
    ),
    max_leaves=12,
)
rules = st.lists(st.fixed_dictionaries({"rule": values, "index": values}), max_size=2)
parts = st.fixed_dictionaries(
    dict.fromkeys(("id", "nextId", "value", "text", "rule", "x", "y", "timeOffset", "styleId"), values)
    | {"parentId": ids, "node": nodes, "attributes": attributes, "rules": rules}
    | {"index": st.one_of(values, st.lists(values, max_size=2))}
)
lists = st.one_of(values, st.lists(st.one_of(values, parts), max_size=3))
changes = st.fixed_dictionaries(
    dict.fromkeys(("adds", "removes", "texts", "attributes", "positions", "styles", "args", "commands"), lists)
    | dict.fromkeys(("id", "x", "y", "text", "isChecked", "width", "height", "type", "replace", "set"), values)
    | {"property": st.one_of(values, st.just("drawImage"))}
    | {"source": st.one_of(values, st.integers(0, 16)), "styleIds": st.one_of(values, st.lists(values, max_size=2))}
)


@given(nodes, st.lists(changes, max_size=5))
def test_whatever_the_events_say_the_document_is_well_formed_and_inert(node: Any, more: list[Any]) -> None:
    events = [*page(node), *(change(n + 1, **data) for n, data in enumerate(more))]
    raw = json.dumps(events).replace("NaN", "0").replace("-Infinity", "0").replace("Infinity", "0")
    file = io.BytesIO(raw.encode())
    found = WebReplay(read_index(file))
    for t in (0.5, 3, 100):
        found.seek(file, t)
        assert_inert(document(found))
