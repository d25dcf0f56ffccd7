"""What scripts add to a session's page and its viewers, and that both do without."""

import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import expect

from sessions.ingest.importing import import_ndjson
from sessions.models import Organisation, User
from sessions.query import ListRequest, find_page, listed_records
from tests.browser.conftest import PageOf
from tests.bucket import Bucket
from tests.conftest import NOON
from tests.ingest.lines import a_line

Send = Callable[..., UUID]
PLAYED = """() => new Promise((resolve, reject) => {
    const video = document.querySelector("video");
    video.addEventListener("timeupdate", () => video.currentTime > 0 && resolve(true));
    video.addEventListener("error", () => reject(video.error.message));
    video.play();
})"""
LOADED = """() => new Promise((resolve, reject) => {
    const video = document.querySelector("video");
    if (video.readyState > 0) resolve(true);
    video.addEventListener("loadedmetadata", () => resolve(video.videoWidth === 64));
    video.addEventListener("error", () => reject(video.error.message));
})"""
FREE = b"\0\0\0\x08free"
VIDEOS = Path(__file__).parent.parent / "data" / "video"


def busy(acme: Organisation, send: Send) -> str:
    """The page of a session with 300 events of two types."""
    events = [
        {
            "event_type": "odd" if n % 2 else "even",
            "event_time": NOON + timedelta(seconds=n),
            "event_properties": {"n": n},
        }
        for n in range(300)
    ]
    return f"/sessions/{send(acme, events=events)}/"


def file_of(viewer: User, name: str) -> str:
    """The address of a recorded file's viewer."""
    for record in listed_records(viewer, find_page(ListRequest(viewer)).ids):
        if any(file.name == name for file in record.attachments):
            return f"/sessions/{record.id}/attachments/{name}/view/"
    raise LookupError(name)


def test_events_are_walked_and_filtered_in_their_panel(
    acme: Organisation, alice: User, send: Send, page_of: PageOf
) -> None:
    page = page_of(alice)
    page.goto(busy(acme, send))
    expect(page.locator(".event")).to_have_count(100)
    page.get_by_text("Later events").click()
    expect(page.locator(".event").first).to_have_attribute("data-t", "100.000")
    page.get_by_text("Types").click()
    page.get_by_label("odd 150").check()
    expect(page.locator(".event", has_text="even")).to_have_count(0)
    expect(page.locator(".event")).to_have_count(100)
    expect(page).to_have_url(re.compile(r"type=odd"))
    page.reload()
    expect(page.locator(".event", has_text="odd")).to_have_count(100)


def test_typing_filters_at_once_and_the_caret_stays(
    acme: Organisation, alice: User, send: Send, page_of: PageOf
) -> None:
    page = page_of(alice)
    page.goto(busy(acme, send))
    page.get_by_placeholder("Find").press_sequentially('"n": 29', delay=30)
    # While the answer is under way, one types on: no letter is lost.
    page.wait_for_timeout(260)
    page.keyboard.type("9")
    expect(page.locator(".event")).to_have_count(1)
    expect(page.get_by_placeholder("Find")).to_have_value('"n": 299')


def test_the_page_works_without_scripts(acme: Organisation, alice: User, send: Send, page_of: PageOf) -> None:
    page = page_of(alice, javascript=False)
    page.goto(busy(acme, send))
    page.get_by_text("Later events").click()
    expect(page.locator(".event").first).to_have_attribute("data-t", "100.000")
    page.get_by_text("Earlier events").click()
    expect(page.locator(".event").first).to_have_attribute("data-t", "0.000")
    page.locator(".moment", has_text="0:07.000").click()
    expect(page.locator("#panel [aria-current]")).to_contain_text("odd")
    assert "t=7.000" in page.url
    page.locator(".event summary").first.click()
    expect(page.locator(".event pre").first).to_be_visible()
    expect(page.locator("[data-copy]").first).to_be_hidden()
    expect(page.locator("[data-controls]")).to_be_hidden()
    page.get_by_role("link", name="Facts").click()
    expect(page.get_by_role("heading", name="Times")).to_be_visible()


def test_an_id_is_copied(acme: Organisation, alice: User, send: Send, page_of: PageOf) -> None:
    page = page_of(alice)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    session_id = send(acme)
    page.goto(f"/sessions/{session_id}/")
    page.get_by_role("button", name="Copy ID").click()
    expect(page.locator("[data-copied]")).to_have_count(1)
    assert page.evaluate("navigator.clipboard.readText()") == str(session_id)


def test_matches_of_a_log_are_walked_with_a_key(alice: User, recorded: None, page_of: PageOf) -> None:
    page = page_of(alice)
    page.goto(file_of(alice, "console.log"))
    page.get_by_placeholder("Search").fill("get")
    page.keyboard.press("Enter")
    expect(page.locator(".found")).to_contain_text("Match 1 of")
    page.locator("h1").click()
    page.keyboard.press("n")
    expect(page.locator(".found")).to_contain_text("Match 2 of")
    expect(page.locator(".line-found")).to_be_in_viewport()


def test_a_video_plays(alice: User, recorded: None, page_of: PageOf) -> None:
    page = page_of(alice)
    page.goto(file_of(alice, "video.webm"))
    assert page.evaluate(PLAYED)


@pytest.mark.parametrize(
    ("name", "declared", "before"), [("h264.mp4", "video/mp4", FREE), ("h264.mov", "video/quicktime", b"")]
)
def test_a_video_of_mp4s_family_plays(
    acme: Organisation, alice: User, tmp_path: Path, page_of: PageOf, name: str, declared: str, before: bytes
) -> None:
    (tmp_path / name).write_bytes(before + (VIDEOS / name).read_bytes())
    file = {"name": name, "kind": "video", "content_type": declared, "file": name}
    line = json.dumps(a_line(attachments=[file])).encode()
    ((_, report),) = import_ndjson(acme, io.BytesIO(line), tmp_path)
    assert not report.refused
    page = page_of(alice)
    page.goto(file_of(alice, name))
    # The places of its frames are counted from the file's start, so with a box before them it is only begun.
    assert page.evaluate(PLAYED if not before else LOADED)


def test_pictures_and_videos_come_from_s3_by_signed_urls(
    alice: User, signed: Bucket, recorded: None, page_of: PageOf
) -> None:
    page = page_of(alice)
    with page.expect_response(lambda response: response.url.startswith(f"{signed.url}/{signed.name}/")):
        page.goto(file_of(alice, "screenshot.png"))
    expect(page.locator("figure img")).not_to_have_js_property("naturalWidth", 0)
    page.goto(file_of(alice, "screenshot.png").partition("attachments")[0] + "?tab=files")
    thumb = page.locator(".file-thumb img").first
    thumb.scroll_into_view_if_needed()
    expect(thumb).not_to_have_js_property("naturalWidth", 0)
    with page.expect_response(lambda response: response.url.startswith(f"{signed.url}/{signed.name}/")):
        page.goto(file_of(alice, "video.webm"))
    assert page.evaluate(PLAYED)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "video.webm"


def test_a_request_opens_in_its_table(alice: User, recorded: None, page_of: PageOf) -> None:
    page = page_of(alice, javascript=False)
    page.goto(file_of(alice, "network.har"))
    page.locator("td.request-address a").first.click()
    expect(page.get_by_text("Response headers")).to_be_visible()
