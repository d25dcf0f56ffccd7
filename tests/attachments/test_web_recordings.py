"""Web recordings: their events, and the page that they make at any moment."""

import io
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest

from sessions.files.recordings import Shape, is_web_recording, shape_of
from sessions.viewers.recordings import NotRecording, web_events
from sessions.viewers.recordings.css import declarations, inert, rules
from sessions.viewers.recordings.inert import document
from sessions.viewers.recordings.web_events import read_index
from sessions.viewers.recordings.web_replay import WebReplay
from tests.attachments.casts import RECORDED, lines, moments
from tests.attachments.pages import DOCUMENT, Json, added, body_at, change, element, page, replay, text


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("shape", list(Shape))
def test_real_recordings_are_read_in_each_of_their_shapes(version: int, shape: Shape) -> None:
    events = json.loads((RECORDED / f"rrweb-{version}.json").read_bytes())
    raw = {
        Shape.ARRAY: json.dumps(events).encode(),
        Shape.OBJECT: json.dumps({"a": 1, "events": events}).encode(),
        Shape.LINES: lines(*events),
    }[shape]
    assert is_web_recording(raw)
    assert shape_of(raw) is shape
    file = io.BytesIO(raw)
    index = read_index(file)
    assert (len(index.times), index.unreadable) == (len(events), 0)
    assert index.length == pytest.approx((events[-1]["timestamp"] - events[0]["timestamp"]) / 1000)
    found = WebReplay(index)
    for moment in moments(f"rrweb-{version}"):
        assert found.seek(file, moment["t"])
        assert list(found.size) == moment["size"]
        root = ElementTree.fromstring(document(found).partition("\n")[2])
        total = next(one for one in root.iter() if one.get("id") == "total")
        assert total.text == moment["text"][2]


def test_nodes_are_added_moved_and_removed() -> None:
    events = [
        *page(element(10, "p", text(11, "one")), element(20, "p", text(21, "two"))),
        change(1, adds=[added(5, element(30, "b"), 20), added(30, text(31, "new"))]),
        change(2, removes=[{"id": 10}], texts=[{"id": 21, "value": "2"}]),
        change(3, removes=[{"id": 30}], adds=[added(20, element(30, "b")), added(30, text(31, "moved"))]),
    ]
    assert body_at(events, 0.5) == "<p>one</p><p>two</p>"
    assert body_at(events, 1) == "<p>one</p><b>new</b><p>two</p>"
    assert body_at(events, 2) == "<b>new</b><p>2</p>"
    assert body_at(events, 3) == "<p>2<b>moved</b></p>"
    assert body_at(events, 0.5) == "<p>one</p><p>two</p>"


def test_nodes_are_added_in_whatever_order_they_come() -> None:
    adds = [
        added(41, text(42, "in")),
        added(5, element(40, "i"), 43),
        added(40, element(41, "b")),
        added(5, element(43, "u")),
    ]
    assert body_at([*page(), change(1, adds=adds)]) == "<i><b>in</b></i><u></u>"
    lost = [added(99, text(50, "nowhere")), added(5, text(51, "last"), 98)]
    assert body_at([*page(), change(1, adds=lost)]) == "last"


def test_attributes_and_styles_change() -> None:
    events = [
        *page(element(10, "p", style='color: red; background: url("data:image/png;base64,AA")', title="a")),
        change(
            1,
            attributes=[
                {
                    "id": 10,
                    "attributes": {
                        "title": None,
                        "class": "x",
                        "style": {"color": ["blue", "important"], "top": "1px"},
                    },
                }
            ],
        ),
        change(2, attributes=[{"id": 10, "attributes": {"style": {"color": False, "background": False}}}]),
    ]
    assert 'title="a"' in body_at(events, 0.5)
    after = body_at(events, 1)
    assert 'class="x"' in after
    assert "title=" not in after
    assert "color:blue !important" in after
    assert "data:image/png;base64,AA" in after
    assert body_at(events, 2) == '<p class="x" style="top:1px;"></p>'


def test_fields_hold_what_was_typed_and_passwords_only_their_length() -> None:
    fields = [
        element(10, "input", type="text", value="a"),
        element(11, "input", type="password", value="hunter2"),
        element(12, "input", type="checkbox", checked=True),
        element(13, "textarea", value="first"),
        element(14, "select", element(15, "option", value="x"), element(16, "option", value="y"), value="x"),
    ]
    typed = [(10, "typed", False), (11, "hunter22", False), (12, "on", False), (13, "a\n<b>", False), (14, "y", False)]
    events = [
        *page(*fields),
        *(change(1, source=5, id=id_, text=value, isChecked=is_on) for id_, value, is_on in typed),
    ]
    assert "hunter" not in body_at(events, 0.5) + body_at(events, 1)
    assert 'value="a"' in body_at(events, 0.5)
    assert " checked" in body_at(events, 0.5)
    after = body_at(events, 1)
    assert 'value="typed"' in after
    assert "••••••••" in after
    assert " checked" not in after
    assert "\na\n&lt;b&gt;</textarea>" in after
    assert '<option value="y" selected="">' in after


def test_scrolled_windows_and_elements_are_shown_where_they_were() -> None:
    events = [
        *page(element(10, "div", element(11, "p"), rr_scrollTop=30)),
        change(1, source=3, id=1, x=5, y=700),
        change(1, source=3, id=10, x=0, y=80),
    ]
    assert "translate:-0px -30px" in body_at(events, 0.5)
    assert "translate:-0px -80px" in body_at(events, 1)
    assert 'id="rebuilt-scroll" style="position:absolute;left:5px;top:700px' in document(replay(events, 1))


def test_the_pointer_is_where_it_was_between_two_events() -> None:
    positions = [{"x": 10, "y": 10, "id": 1, "timeOffset": -500}, {"x": 90, "y": 90, "id": 1, "timeOffset": 0}]
    events = [
        *page(),
        change(2, source=1, positions=positions),
        change(3, source=2, type=2, id=5, x=50, y=60),
        change(9),
    ]
    assert replay(events, 1.4).pointer is None
    assert replay(events, 1.6).pointer == (10, 10)
    assert replay(events, 2).pointer == (90, 90)
    clicked = replay(events, 3.1)
    assert (clicked.pointer, clicked.is_pressed) == ((50, 60), True)
    assert not replay(events, 5).is_pressed


def test_style_sheets_change_by_their_rules() -> None:
    style = element(10, "style", text(11, "a{color:red} @media print{b{top:0}}"))
    events = [
        *page(style),
        change(1, source=8, id=10, adds=[{"rule": "i{left:0}", "index": 1}], removes=[{"index": 0}]),
        change(2, source=8, id=10, replace="u{right:0}"),
        change(
            3, source=15, id=1, styleIds=[7], styles=[{"styleId": 7, "rules": [{"rule": "s{top:7px}", "index": 0}]}]
        ),
        change(3, source=13, id=10, index=[0], set={"property": "color", "value": "blue"}),
    ]
    assert "a{color:red}" in document(replay(events, 0.5))
    after = document(replay(events, 1))
    assert "a{color:red}" not in after
    assert "@media print{b{top:0}}" in after
    written = document(replay(events, 3))
    assert "u{right:0;color:blue}" in written
    assert "s{top:7px}" in written


def test_shadow_trees_and_frames_keep_their_styles_to_themselves() -> None:
    shadow = element(12, "style", text(13, ":host{top:0} b{color:red}")) | {"isShadow": True}
    slot = element(14, "slot") | {"isShadow": True}
    host = element(10, "x-card", shadow, slot, text(15, "light")) | {"isShadowHost": True}
    inner = element(
        31,
        "html",
        element(32, "head", element(33, "style", text(34, "p{top:1px}"))),
        element(35, "body", text(36, "framed")),
    )
    frame = {"parentId": 20, "nextId": None, "node": {"type": DOCUMENT, "id": 30, "childNodes": [inner]}}
    written = body_at([*page(host, element(20, "iframe", width="50")), change(1, adds=[frame], isAttachIframe=True)])
    assert '@scope([data-rebuilt="10"]){:scope{top:0} b{color:red}}' in written
    assert "light</slot>" in written
    assert '@scope([data-rebuilt="20"]){p{top:1px}}' in written
    assert "framed" in written
    assert "<iframe" not in written


def test_a_moment_that_takes_too_long_is_reached_in_parts_and_says_so() -> None:
    events = [*page(text(10, "0")), *(change(n, texts=[{"id": 10, "value": str(n)}]) for n in range(1, 6))]
    file = io.BytesIO(json.dumps(events).encode())
    found = WebReplay(read_index(file))
    assert not found.seek(file, 5, seconds=-1)
    assert "It takes long" in document(found, has_arrived=False)
    steps = 1
    while not found.seek(file, 5, seconds=-1):
        steps += 1
        assert steps < 10
    assert ">5<" in document(found)


def test_a_size_is_known_at_every_moment() -> None:
    events = [*page(), change(2, source=4, width=800, height=600), change(3, source=4, width=1e9, height=-1)]
    assert replay(events, 1).size == (640, 400)
    assert replay(events, 2).size == replay(events, 3).size == (800, 600)


def test_a_second_snapshot_begins_anew() -> None:
    later = [{**event, "timestamp": event["timestamp"] + 5000} for event in page(text(10, "second"))]
    events = [*page(text(10, "first")), change(1, adds=[added(5, text(11, "!"))]), *later]
    assert body_at(events, 2) == "first!"
    assert body_at(events, 6) == "second"


def test_events_are_put_in_the_order_of_their_times() -> None:
    events = [
        *page(text(10, "a")),
        change(2, texts=[{"id": 10, "value": "c"}]),
        change(1, texts=[{"id": 10, "value": "b"}]),
    ]
    assert body_at(events, 1) == "b"
    assert body_at(events, 2) == "c"


def broken() -> Iterator[bytes]:
    whole = json.dumps([*page(text(10, "shown")), change(1)]).encode()
    yield whole[:-30]
    yield (
        whole[:-1]
        + b', 5, null, "packed", {"type": 9}, {"type": 3, "timestamp": NaN}, {"type": 3, "timestamp": 1e300}]'
    )
    yield whole + b"x"
    yield lines("{", "null", *page(text(10, "shown")), '{"type": 3, "timestamp": -1, "data": {}}')


@pytest.mark.parametrize("raw", [*broken()])
def test_a_damaged_recording_is_shown_as_far_as_it_can_be_read(raw: bytes) -> None:
    file = io.BytesIO(raw)
    index = read_index(file)
    assert index.unreadable > 0
    found = WebReplay(index)
    found.seek(file, 5)
    assert "shown" in document(found)


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{}", b"[5]", b'{"events": 5}', b"[" * 100_000, b'[{"type":3,"timestamp":5}]', b"\xff"]
)
def test_what_is_no_web_recording_says_so(raw: bytes) -> None:
    with pytest.raises(NotRecording, match="no event is a full snapshot"):
        read_index(io.BytesIO(raw))


def test_a_page_of_very_many_nodes_or_levels_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_events, "MOST_NODES", 3)
    assert "many" not in document(replay(page(text(10, "many"), text(11, "many"))))
    monkeypatch.undo()
    deep = text(2000, "deep")
    for id_ in range(10, 300):
        deep = element(id_, "div", deep)
    assert "deep" in document(replay(page(deep)))


def test_css_is_cut_into_rules_and_declarations() -> None:
    assert rules('a{b:"}"} /* } */ @media x{c{d:e}} @import "f;g"; h{') == [
        'a{b:"}"}',
        "/* } */ @media x{c{d:e}}",
        '@import "f;g";',
        "h{",
    ]
    assert declarations('a: url("x;y"); b:c;; d') == {"a": 'url("x;y")', "b": "c"}
    assert (
        inert("a{b:url( #c ) url(d) URL('data:image/png;base64,e') url(data:text/html,f)}")
        == "a{b:url( #c ) url(data:,) URL('data:image/png;base64,e') url(data:,)}"
    )


def frame(content: str = "UklGRg==", declared: str = "image/webp") -> Json:
    """What rrweb tells of a canvas of which it takes some pictures a second."""
    blob = {"rr_type": "Blob", "data": [{"rr_type": "ArrayBuffer", "base64": content}], "type": declared}
    image = {"rr_type": "ImageBitmap", "args": [blob]}
    return {"commands": [order("clearRect", 0, 0, 300, 150), order("drawImage", image, 0, 0)]}


def order(name: str, *arguments: Any) -> Json:
    return {"property": name, "args": list(arguments)}


def test_a_canvas_shows_its_last_picture() -> None:
    events = [
        *page(element(10, "canvas", rr_dataURL="data:image/png;base64,AAAA", width="64", height="32")),
        change(1, source=9, id=10, type=0, **frame()),
        change(2, source=9, id=10, type=0, **frame("AQID", "image/png")),
    ]
    assert body_at(events, 0.5) == '<img width="64" height="32" src="data:image/png;base64,AAAA"></img>'
    assert 'src="data:image/webp;base64,UklGRg=="' in body_at(events, 1)
    assert 'src="data:image/png;base64,AQID"' in body_at(events, 2)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({}, "No drawing was recorded here"),
        (order("fillStyle", "red") | {"setter": True}, "No drawing was recorded here"),
        (order("fillRect", 0, 0, 9, 9), "What was drawn here is not shown"),
        (order("drawArrays", 4, 0, 3), "What was drawn here is not shown"),
        (frame("not base64!"), "What was drawn here is not shown"),
        (frame(declared="text/html"), "What was drawn here is not shown"),
        ({"commands": [*frame()["commands"], order("fillText", "over it", 1, 2)]}, "What was drawn here is not shown"),
        ({"commands": [order("drawImage", "rr-1", 0, 0), None, 7]}, "What was drawn here is not shown"),
    ],
)
def test_a_canvas_whose_drawing_is_not_known_says_so(told: Json, said: str) -> None:
    events = [*page(element(10, "canvas", width="64", height="x")), change(1, source=9, id=10, type=0, **told)]
    body = body_at(events)
    assert f'alt="{said}"' in body
    assert quote('width="64" height="150"><rect') in body


def test_pictures_of_a_canvas_take_the_place_of_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sessions.viewers.recordings.page.MOST_CHARACTERS", 10_000)
    events = [
        *page(element(10, "canvas"), element(11, "p", style="top: 0")),
        *(change(n, source=9, id=10, type=0, **frame("A" * 4_000)) for n in range(1, 10)),
        *(change(n, attributes=[{"id": 11, "attributes": {"title": "x" * 4_000}}]) for n in range(10, 20)),
    ]
    assert "A" * 4_000 in body_at(events)
    assert "x" * 4_000 in body_at(events)


def test_what_the_pointer_was_over_looks_as_it_did() -> None:
    css = "p:hover b, .hover\\:on:HOVER { color: red } .a\\:hover, p:hover-x { color: blue }"
    events = [
        *page(element(10, "style", text(11, css)), element(12, "p", element(13, "b")), element(14, "i")),
        change(1, source=1, positions=[{"x": 1, "y": 2, "id": 13, "timeOffset": 0}]),
        change(2, source=2, type=0, id=14, x=1, y=2),
        change(3, source=2, type=2, id=14, x=1, y=2),
    ]
    before, over, after = (document(replay(events, t)) for t in (0.5, 1, 3))
    rules = "p[data-rebuilt-hover] b, .hover\\:on[data-rebuilt-hover] { color: red } .a\\:hover, p:hover-x"
    assert rules in before
    assert 'data-rebuilt-hover=""' not in before
    assert '<body data-rebuilt-hover=""><style' in over
    assert '<p data-rebuilt-hover=""><b data-rebuilt-hover=""></b></p><i></i>' in over
    assert '<p><b></b></p><i data-rebuilt-hover=""></i>' in after
