"""Recordings on their pages, at any moment that an address names."""

import json
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client

from sessions.models import Attachment
from sessions.viewers.recordings import opened
from sessions.viewers.recordings.opened import first_moment, recording_length
from tests.attachments.casts import RECORDED, cast, lines, moments
from tests.attachments.pages import change, element, page, text
from tests.detail.conftest import Attach
from tests.detail.test_viewers import view

HEADER = {"version": 2, "width": 20, "height": 3, "timestamp": 1_790_000_000}


@pytest.fixture(autouse=True)
def _nothing_is_open() -> None:
    opened._opened.clear()


def attach_cast(attach: Attach, content: bytes, declared: str = "application/x-asciicast") -> str:
    return attach(content, "shop.cast", kind="recording", content_type=declared)


def attach_page(attach: Attach, events: list[Any]) -> str:
    content = json.dumps(events).encode()
    return attach(content, "page.json", kind="recording", content_type="application/json")


@pytest.mark.parametrize(
    ("version", "declared"), [(1, "application/json"), (2, "text/plain"), (3, "application/x-asciicast")]
)
def test_a_terminal_is_shown_as_it_looked_at_a_moment(
    alices: Client, attach: Attach, version: int, declared: str
) -> None:
    url = attach_cast(attach, cast(version), declared)
    for moment in (*moments("shop"), moments("shop")[0]):
        shown = view(alices, url, t=moment["t"])
        text_of_screen = shown.partition('class="screen-text" tabindex="0">')[2].partition("</pre>")[0]
        assert text_of_screen.split("\n") == "\n".join(moment["lines"]).rstrip().split("\n"), moment["what"]


@pytest.mark.parametrize("t", ["x", "-1", "1e9", "9" * 50, "nan", "", "٣", "1.2.3"])
def test_a_moment_that_is_none_is_the_beginning(alices: Client, attach: Attach, t: str) -> None:
    url = attach_cast(attach, lines(HEADER, [0, "o", "begin"], [5, "o", "end"]))
    assert 'data-t="0.000"' in view(alices, url, t=t)


def test_a_moment_behind_the_end_is_the_end(alices: Client, attach: Attach) -> None:
    shown = view(alices, attach_cast(attach, lines(HEADER, [0, "o", "begin"], [5, "o", "end"])), t="99.5")
    assert "beginend" in shown
    assert "<output data-now>0:05.0</output> / 0:05.0" in shown


def test_output_is_searched_and_each_place_leads_to_its_moment(alices: Client, attach: Attach) -> None:
    url = attach_cast(
        attach, lines(HEADER, [1.25, "o", "all is well\r\n"], [4, "o", "an error\r\n"], [9, "m", "<here>"])
    )
    found = view(alices, url, q="ERROR")
    assert "1 place with “ERROR”" in found
    assert 'data-t="4.000"' in found
    assert "an <mark>error</mark>" in found
    assert "“nothing” was not printed" in view(alices, url, q="nothing")
    assert '<a href="' + url + '/view/?t=9.000" data-t="9.000">0:09.0</a> &lt;here&gt;' in found.replace(
        "q=ERROR&amp;", ""
    )


def test_what_a_terminal_printed_is_never_markup(alices: Client, attach: Attach) -> None:
    script = "<script>alert(1)</script>"
    content = lines(HEADER | {"title": script, "width": 80}, [0, "o", f"{script}\x00\x1b]0;{script}\x07\ud83d"])
    shown = view(alices, attach_cast(attach, content), q="<script>")
    assert "<script>alert" not in shown
    assert "\x00" not in shown


def test_what_could_not_be_shown_is_said(alices: Client, attach: Attach) -> None:
    shown = view(alices, attach_cast(attach, lines(HEADER | {"width": 10**9}, "{", [1, "o", "x"], "[")))
    assert "2 lines could not be read and are left out" in shown
    assert "1,000,000,000 columns wide" in shown


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\x00", b"[" * 100_000])
def test_a_file_that_is_no_recording_says_why(alices: Client, attach: Attach, content: bytes) -> None:
    assert "does not begin like a terminal recording" in view(alices, attach_cast(attach, content))
    rrweb = attach(content, "a", kind="recording", content_type="application/x-rrweb+json")
    assert "no event is a full snapshot" in view(alices, rrweb)
    assert alices.get(f"{rrweb}/view/moment/").status_code == 404


def test_a_recording_that_is_too_large_is_offered_as_a_download(
    alices: Client, attach: Attach, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opened, "LARGEST", 10)
    assert "too large to be played" in view(alices, attach_cast(attach, cast(2)))


def test_frames_are_sent_for_some_seconds_ahead(alices: Client, attach: Attach) -> None:
    url = attach_cast(attach, lines(HEADER, [1, "o", "a"], [3, "o", "b\r\n"], [30, "o", "c"]))
    sent = alices.get(f"{url}/view/moment/", {"t": "2"}).json()
    assert [frame["t"] for frame in sent["frames"]] == [2, 3]
    assert [sorted(frame["rows"]) for frame in sent["frames"]] == [["0", "1", "2"], ["0", "1"]]
    assert ">a</text>" in sent["frames"][0]["rows"]["0"]
    assert ">ab" in sent["frames"][1]["rows"]["0"]
    assert (sent["until"], sent["is_last"]) == (12, False)
    assert alices.get(f"{url}/view/moment/", {"t": "25"}).json()["is_last"]


def test_a_web_recording_is_shown_in_a_frame_in_which_nothing_runs(alices: Client, attach: Attach) -> None:
    url = attach_page(attach, [*page(text(10, "before")), change(2, texts=[{"id": 10, "value": "after"}])])
    response = alices.get(f"{url}/view/")
    assert "frame-src 'self'" in response["Content-Security-Policy"]
    assert f'src="{url}/view/moment/?t=0.010#rebuilt-scroll"' in response.content.decode()
    for t, words in ((0, ""), (1, "before"), (2, "after"), (999, "after")):
        moment = alices.get(f"{url}/view/moment/", {"t": t})
        assert moment["Content-Type"] == "application/xhtml+xml; charset=utf-8"
        assert moment["Content-Security-Policy"].startswith(
            "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:;"
        )
        assert "frame-ancestors 'self'" in moment["Content-Security-Policy"]
        assert moment["X-Frame-Options"] == "SAMEORIGIN"
        body = ElementTree.fromstring(moment.content.partition(b"\n")[2]).find("{*}body")
        assert body is not None
        assert (body.text or "") == words


def test_a_page_that_shows_no_recording_may_be_framed_by_nobody(alices: Client, attach: Attach) -> None:
    response = alices.get(f"{attach_cast(attach, cast(2))}/view/")
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
    assert response["X-Frame-Options"] == "DENY"


def test_only_recordings_have_moments(alices: Client, attach: Attach) -> None:
    assert alices.get(f"{attach(b'a log')}/view/moment/").status_code == 404
    assert (
        alices.get(f"{attach(b'{}', 'a', kind='recording', content_type='application/json')}/view/moment/").status_code
        == 404
    )


def test_the_size_of_the_window_is_that_of_the_moment(alices: Client, attach: Attach) -> None:
    url = attach_page(attach, [*page(element(10, "p")), change(2, source=4, width=800, height=600)])
    assert 'viewBox="0 0 640 400"' in view(alices, url, t=1)
    assert 'viewBox="0 0 800 600"' in view(alices, url, t=2)


def test_a_recordings_length_and_its_first_moment_are_told(attach: Attach) -> None:
    attach_cast(attach, lines(HEADER, [7.5, "o", "x"]))
    file = Attachment.objects.get(name="shop.cast")
    assert recording_length(file) == 7.5
    began = first_moment(file)
    assert began is not None
    assert began.timestamp() == 1_790_000_000
    attach((RECORDED / "rrweb-2.json").read_bytes(), "page.json", kind="recording", content_type="application/json")
    file = Attachment.objects.get(name="page.json")
    assert recording_length(file) == pytest.approx(moments("rrweb-2")[-1]["t"], abs=1.5)
    assert first_moment(file) is not None


def test_two_requests_at_once_do_not_share_a_replay(alices: Client, attach: Attach) -> None:
    url = attach_cast(attach, lines(HEADER, [1, "o", "a"], [2, "o", "b"]))
    view(alices, url, t=2)
    (recording,) = opened._opened.values()
    with recording.replay() as first, recording.replay() as second:
        assert first is not second
