"""Recordings in Chromium: they play, show what was to be seen, and run and load nothing."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Frame, Page, expect

from sessions.ingest.importing import import_ndjson
from sessions.models import Attachment, Organisation, User
from tests.attachments.casts import RECORDED, lines, moments
from tests.attachments.pages import Json, change, element, page, text
from tests.browser.conftest import PageOf, violations
from tests.ingest.lines import a_line

Viewer = Callable[..., str]

SEEN = """() => ({
    text: [...document.querySelectorAll("h1,#basket,#total,#log,.bar")].map((one) => one.innerText),
    scroll: [scrollX, scrollY],
    size: [innerWidth, innerHeight],
    inputs: [...document.querySelectorAll("input")].map((one) =>
        one.type === "checkbox" ? one.checked : one.type === "password" ? one.value.length : one.value),
    select: document.querySelector("select").value,
    total: getComputedStyle(document.querySelector("#total")).color,
    boxes: [...document.querySelectorAll("[data-box]")].map((one) => {
        const box = one.getBoundingClientRect();
        return [one.dataset.box, ...[box.x, box.y, box.width, box.height].map((side) => Math.round(side * 10) / 10)];
    }),
})"""
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
CAST = lines(
    {"version": 2, "width": 30, "height": 4},
    [0.5, "o", "first\r\n"], [1, "o", "\x1b[31msecond\x1b[0m\r\n"], [1.5, "o", "third"], [60, "o", "\x1b[2J\x1b[Hlast"],
)  # fmt: skip


@pytest.fixture
def viewer(acme: Organisation, tmp_path: Path) -> Viewer:
    """`viewer(content)` is the address of a recording's viewer."""

    def attached(content: bytes, declared: str = "application/json") -> str:
        (tmp_path / "sent").write_bytes(content)
        file = {"name": "recording", "kind": "recording", "content_type": declared, "file": "sent"}
        line = a_line(attachments=[file])
        (tmp_path / "line").write_text(json.dumps(line))
        with (tmp_path / "line").open("rb") as lines_of_sessions:
            ((_, report),) = import_ndjson(acme, lines_of_sessions, tmp_path)
        assert not report.refused
        session_id = Attachment.objects.get(name="recording").session_id
        return f"/sessions/{session_id}/attachments/recording/view/"

    return attached


def rebuilt(opened: Page) -> Frame:
    """The frame that shows the page, once the one before it has gone."""
    expect(opened.locator("foreignObject")).to_have_count(1)
    handle = opened.locator("foreignObject:not([data-waiting]) iframe").element_handle()
    frame = handle.content_frame()
    assert frame is not None
    frame.wait_for_load_state()
    return frame


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("javascript", [False, True])
def test_a_real_page_is_rebuilt_as_it_was(
    alice: User, viewer: Viewer, page_of: PageOf, version: int, javascript: bool
) -> None:
    """Without scripts each moment is a page of its own, with them the stage goes from one to the next."""
    address = viewer((RECORDED / f"rrweb-{version}.json").read_bytes())
    opened = page_of(alice, javascript=javascript)
    opened.goto(address)
    for moment in moments(f"rrweb-{version}"):
        t = moment.pop("t")
        moment.pop("inner")
        if javascript:
            seek(opened, t)
            expect(opened.locator(f"iframe[src*='t={t:.3f}']")).to_have_count(1)
        else:
            opened.goto(f"{address}?t={t}")
        assert rebuilt(opened).evaluate(SEEN) == moment


def test_canvases_and_what_the_pointer_is_over_look_as_they_did(alice: User, viewer: Viewer, page_of: PageOf) -> None:
    blob = {"rr_type": "Blob", "type": "image/png", "data": [{"rr_type": "ArrayBuffer", "base64": PIXEL}]}
    image = {"rr_type": "ImageBitmap", "args": [blob]}
    events = [
        *page(
            element(10, "style", text(11, "p:hover { color: rgb(1, 2, 3) } #wide { width: 200px; height: 100px }")),
            element(12, "p", text(13, "over")),
            element(14, "canvas", id="wide", width="20", height="10"),
            element(15, "canvas", id="unknown", width="120", height="40"),
        ),
        change(1, source=1, positions=[{"x": 1, "y": 2, "id": 12, "timeOffset": 0}]),
        change(1, source=9, id=14, type=0, commands=[{"property": "drawImage", "args": [image, 0, 0]}]),
        change(2),
    ]
    opened = page_of(alice)
    opened.goto(viewer(json.dumps(events).encode()) + "?t=2")
    frame = rebuilt(opened)
    expect(frame.locator("p")).to_have_css("color", "rgb(1, 2, 3)")
    for ident, *size in (("wide", 1, 200, 100), ("unknown", 120, 120, 40)):
        canvas = frame.locator(f"#{ident}")
        assert canvas.evaluate("one => [one.naturalWidth, one.width, one.height]") == size


def seek(opened: Page, t: float) -> None:
    opened.locator("[data-recording]").evaluate(
        "(stage, t) => stage.dispatchEvent(new CustomEvent('stage:seek', { detail: { t } }))", t
    )


@pytest.fixture
def outside() -> Iterator[tuple[str, list[str]]]:
    """A server elsewhere, and what it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def svg(id_: int, tag: str, *children: Json, **attributes: Any) -> Json:
    return element(id_, tag, *children, **attributes) | {"isSVG": True}


def hostile(evil: str) -> list[Json]:
    run = f"top.hacked = true; fetch('{evil}/script')"
    markup = f'"></style></textarea></title>--><script>{run}</script><img src="{evil}/markup" onerror="{run}">'
    body = [
        element(10, "script", text(11, run)),
        element(12, "script", src=f"{evil}/script.js"),
        element(13, "img", src=f"{evil}/img.png", srcset=f"{evil}/set.png 2x", onerror=run, onload=run),
        element(14, "img", src="data:image/png;base64,broken", onerror=run),
        element(15, "a", text(16, "a link"), href=f"javascript:{run}", id="link"),
        element(17, "iframe", srcdoc=f"<script>{run}</script>", src=f"{evil}/frame"),
        element(18, "object", data=f"{evil}/object"),
        element(19, "embed", src=f"{evil}/embed"),
        element(20, "form", element(21, "button", text(22, "send"), id="send"), action=f"{evil}/form", method="post"),
        element(23, "meta", content=f"0;url={evil}/refresh", **{"http-equiv": "refresh"}),
        element(24, "base", href=evil),
        element(25, "link", rel="stylesheet", href=f"{evil}/style.css"),
        element(26, "link", rel="prefetch", href=f"{evil}/prefetch"),
        element(27, "style", text(28, f"@import '{evil}/import.css'; body{{background:url({evil}/url.png)}} {markup}")),
        element(29, "style", text(30, f"@font-face{{font-family:x;src:url({evil}/font)}} body{{font-family:x}}")),
        element(31, "style", text(32, f"p{{background:image-set('{evil}/set' 1x);background:\\75rl({evil}/escaped)}}")),
        element(33, "p", text(34, markup), style=f"background:url('{evil}/attribute.png')", onclick=run, id="text"),
        element(35, "video", src=f"{evil}/video", poster=f"{evil}/poster", autoplay=True),
        element(36, "audio", element(37, "source", src=f"{evil}/source"), autoplay=True),
        element(38, "textarea", value=markup),
        element(39, "input", type="image", src=f"{evil}/input", autofocus=True, onfocus=run),
        element(40, "details", open=True, ontoggle=run),
        element(41, "noscript", text(42, markup)),
        element(43, "template", text(44, markup)),
        svg(50, "svg", svg(51, "script", text(52, run)), svg(53, "image", href=f"{evil}/image"), onload=run),
        element(81, "canvas", rr_dataURL=f"{evil}/canvas", src=f"{evil}/canvas"),
        element(82, "style", text(83, f":hover{{background:url({evil}/hover)}}")),
        svg(54, "svg", svg(55, "use", href=f"{evil}/use#a")),
        svg(56, "svg", svg(57, "a", svg(45, "animate", attributeName="href", to=run))),
        svg(58, "svg", svg(59, "foreignobject", element(60, "iframe", src=f"{evil}/foreign"))),
        svg(46, "svg", svg(61, "style", text(62, markup))),
        svg(63, "svg", svg(64, "rect", fill=f"url({evil}/fill#a)", filter=f"url({evil}/filter#a)")),
        element(70, "math", element(71, "mtext", element(72, "style", text(73, markup)))),
        {"type": 5, "id": 74, "textContent": f"--><script>{run}</script>"},
    ]  # fmt: skip
    return [
        *page(*body),
        change(
            1,
            attributes=[{"id": 33, "attributes": {"onmouseover": run, "style": {"background": f"url({evil}/later)"}}}],
        ),
        change(1, adds=[{"parentId": 5, "nextId": None, "node": element(80, "script", src=f"{evil}/added.js")}]),
        change(1, source=8, id=29, adds=[{"rule": f"b{{background:url({evil}/rule)}}", "index": 0}]),
        change(1, source=9, id=81, type=0, property="drawImage", args=[f"{evil}/drawn", 0, 0]),
        change(1, source=1, positions=[{"x": 1, "y": 2, "id": 33, "timeOffset": 0}]),
        change(2),
    ]


def test_a_hostile_page_runs_and_loads_nothing(
    alice: User, viewer: Viewer, page_of: PageOf, outside: tuple[str, list[str]]
) -> None:
    evil, asked = outside
    address = viewer(json.dumps(hostile(evil)).encode())
    opened = page_of(alice)
    opened.goto(f"{address}?t=1.5")
    frame = rebuilt(opened)
    frame.locator("#text").hover(force=True)
    frame.locator("#text").click(force=True)
    frame.locator("#link").click(force=True)
    frame.locator("#send").click(force=True)
    seek(opened, 2)
    expect(opened.locator("iframe[src*='t=2.000']")).to_have_count(1)
    opened.wait_for_load_state("networkidle")
    assert rebuilt(opened).locator("script, iframe, form, object, embed, base, meta, link").count() == 0
    assert opened.evaluate("window.hacked") is None
    # The document by itself, as if somebody opened its address.
    moment = opened.locator("iframe").get_attribute("src")
    opened.goto(str(moment))
    expect(opened.locator("#text")).to_be_visible()
    opened.wait_for_load_state("networkidle")
    assert asked == []
    assert opened.url.partition("#")[0].endswith("?t=2.000")


def shown(opened: Page) -> str:
    """The text of the terminal."""
    return " ".join(opened.locator("[data-screen] text").all_text_contents())


def test_a_terminal_plays_pauses_and_skips_idle_time(alice: User, viewer: Viewer, page_of: PageOf) -> None:
    opened = page_of(alice)
    opened.goto(viewer(CAST, "application/x-asciicast"))
    expect(opened.locator("[data-screen] text")).to_have_count(0)
    opened.get_by_label("Speed").select_option("8")
    opened.get_by_label("Skip idle time").check()
    opened.get_by_role("button", name="Play").click()
    expect(opened.locator("[data-screen]")).to_contain_text("last", timeout=20_000)
    expect(opened.get_by_role("button", name="Play")).to_be_visible()
    expect(opened.locator("[data-now]")).to_have_text("1:00.0")
    assert "t=60" in opened.url
    assert shown(opened) == "last"


def test_a_terminal_shows_any_moment_that_is_sought(alice: User, viewer: Viewer, page_of: PageOf) -> None:
    opened = page_of(alice)
    opened.goto(viewer(CAST, "application/x-asciicast"))
    screen = opened.locator("[data-screen]")
    for t, there, not_there in (
        (1.2, "second", "third"),
        (0.6, "first", "second"),
        (60, "last", "first"),
        (1.6, "third", "last"),
    ):
        seek(opened, t)
        expect(screen).to_contain_text(there)
        expect(screen).not_to_contain_text(not_there)
    for t in (0.6, 1.2, 500, 0.2, 60.5):  # each before the one before it is there
        seek(opened, t)
    expect(screen).to_contain_text("last")
    opened.get_by_label("Moment").fill("1")
    expect(screen).not_to_contain_text("third")
    expect(opened.locator("[data-now]")).to_have_text("0:01.0")


def test_a_moment_that_was_found_is_shown_without_a_new_page(alice: User, viewer: Viewer, page_of: PageOf) -> None:
    opened = page_of(alice)
    opened.goto(viewer(CAST, "application/x-asciicast"))
    opened.get_by_placeholder("Search the output").fill("LAST")
    opened.keyboard.press("Enter")
    opened.locator(".moments-list a[data-t='60.000']").click()
    expect(opened.locator("[data-screen]")).to_contain_text("last")
    opened.reload()
    expect(opened.locator("[data-screen]")).to_contain_text("last")


def test_a_recording_is_walked_through_without_scripts(alice: User, viewer: Viewer, page_of: PageOf) -> None:
    opened = page_of(alice, javascript=False)
    opened.goto(viewer(CAST, "application/x-asciicast") + "?t=55")
    expect(opened.locator("[data-screen]")).to_contain_text("third")
    expect(opened.get_by_role("button", name="Play")).to_be_hidden()
    opened.get_by_role("link", name="10 s later").click()
    expect(opened.locator("[data-screen]")).to_contain_text("last")
    opened.get_by_label("Moment").focus()
    opened.keyboard.press("Home")
    opened.get_by_role("button", name="Show this moment").click()
    expect(opened.locator("[data-screen] text")).to_have_count(0)


def test_a_page_plays(alice: User, viewer: Viewer, page_of: PageOf) -> None:
    events = [*page(text(10, "0")), *(change(n / 4, texts=[{"id": 10, "value": str(n)}]) for n in range(1, 13))]
    opened = page_of(alice)
    opened.goto(viewer(json.dumps(events).encode()))
    assert rebuilt(opened).locator("body").inner_text() == "0"
    opened.get_by_role("button", name="Play").click()
    expect(opened.locator("[data-now]")).to_have_text("0:03.0")
    expect(opened.locator("iframe[src*='t=3.000']")).to_have_count(1)
    assert rebuilt(opened).locator("body").inner_text() == "12"


@pytest.mark.parametrize("dark", [False, True])
def test_viewers_of_recordings_are_accessible(alice: User, viewer: Viewer, page_of: PageOf, dark: bool) -> None:
    opened = page_of(alice, dark=dark)
    opened.goto(viewer(CAST, "application/x-asciicast") + "?t=2&q=second")
    assert violations(opened) == []
    opened.goto(viewer((RECORDED / "rrweb-2.json").read_bytes()))
    assert violations(opened) == []
