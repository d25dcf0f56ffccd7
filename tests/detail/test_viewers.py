"""Files in their viewers, with nothing but addresses to steer them."""

import json
from typing import Any

import pytest
from django.test import Client

from sessions.replay import network
from tests.detail.conftest import Attach

LOG = "".join(f"2026-06-15 {'ERROR' if n % 100 == 0 else 'INFO'} line-{n}.\n" for n in range(1, 2501)).encode()


def view(browser: Client, url: str, **parameters: Any) -> str:
    response = browser.get(f"{url}/view/", parameters)
    assert response.status_code == 200
    assert "unsafe" not in response["Content-Security-Policy"]
    page = response.content.decode()
    assert " style=" not in page
    return page


def test_a_log_is_shown_in_windows_of_a_thousand_lines(alices: Client, attach: Attach) -> None:
    url = attach(LOG)
    page = view(alices, url)
    assert "Lines 1–1,000 of 2,500" in page
    assert 'id="L1000"' in page
    assert 'id="L1001"' not in page
    assert "Lines 2,001–2,500 of 2,500" in view(alices, url, at=2345)


def test_a_log_is_searched_and_filtered_by_the_server(alices: Client, attach: Attach) -> None:
    url = attach(LOG)
    found = view(alices, url, q="LINE-1500.")
    assert "Match 1 of 1 line" in found
    assert "<mark>line-1500.</mark>" in found
    assert "Lines 1,001–2,000" in found
    errors = view(alices, url, level="error")
    assert "Lines 1–25 of 25" in errors
    assert "(2,500 in the file)" in errors
    assert "No line holds “nothing”" in view(alices, url, q="nothing")


@pytest.mark.parametrize("value", ["0", "-1", "x", "9" * 50, "²", ""])
def test_any_place_in_a_log_can_be_asked_for(alices: Client, attach: Attach, value: str) -> None:
    assert "Lines 1–3 of 3" in view(alices, attach(b"a\nb\nc\n"), at=value, level="nonsense")


def test_what_a_log_holds_is_never_markup(alices: Client, attach: Attach) -> None:
    page = view(alices, attach(b"<script>alert(1)</script> & \x1b[31m\x00\xff"), q="<script>")
    assert "<script>alert" not in page
    assert "<mark>&lt;script&gt;</mark>alert(1)" in page
    assert "\x00" not in page


def test_an_empty_log_says_so(alices: Client, attach: Attach) -> None:
    assert "The file is empty." in view(alices, attach(b""))


def test_json_is_shown_one_value_a_line(alices: Client, attach: Attach) -> None:
    page = view(alices, attach(b'{"a":[1,2]}', kind="recording", content_type="application/json"))
    assert "Lines 1–6 of 6" in page
    broken = view(alices, attach(b'{"a":[1,', kind="recording", content_type="application/json"))
    assert "{&quot;a&quot;:[1," in broken


def entry(url: str = "https://a.example/", status: int = 200, **response: Any) -> dict[str, Any]:
    secret = [{"name": "Cookie", "value": "secret-cookie"}, {"name": "Accept", "value": "anything"}]
    return {
        "startedDateTime": "2026-06-15T12:00:00Z",
        "time": 12,
        "request": {"method": "GET", "url": url, "headers": secret},
        "response": {"status": status, "content": {"mimeType": "text/html"}} | response,
    }


def attach_har(attach: Attach, *entries: object) -> str:
    content = json.dumps({"log": {"entries": entries}}).encode()
    return attach(content, "network.har", kind="network_log", content_type="application/json")


def test_requests_are_shown_filtered_and_counted(alices: Client, attach: Attach) -> None:
    url = attach_har(
        attach, entry("https://a.example/ok"), entry("https://a.example/gone", 404), entry("https://b/", 0)
    )
    page = view(alices, url)
    assert "3 requests" in page
    assert "2 failed" in page
    assert "no answer" in page
    missing = view(alices, url, status="4xx")
    assert "1 of 3 requests" in missing
    assert "a.example/ok" not in missing
    assert "1 of 3 requests" in view(alices, url, q="B/")
    assert "None of the 3 requests is left" in view(alices, url, type="font")


def test_a_request_opens_and_keeps_what_lets_somebody_in_to_itself(alices: Client, attach: Attach) -> None:
    url = attach_har(attach, entry())
    assert "anything" not in view(alices, url)
    opened = view(alices, url, request=1)
    assert "anything" in opened
    assert "secret-cookie" not in opened
    assert "secret-cookie" in view(alices, url, request=1, reveal=1)


def test_a_form_field_that_lets_somebody_in_is_hidden_like_a_header(alices: Client, attach: Attach) -> None:
    body = {"params": [{"name": "hat", "value": "blue felt"}, {"name": "password", "value": "opensesame"}]}
    url = attach_har(attach, entry() | {"request": {"method": "POST", "url": "https://a.example/", "postData": body}})
    opened = view(alices, url, request=1)
    assert "blue felt" in opened
    assert "opensesame" not in opened
    assert "opensesame" in view(alices, url, request=1, reveal=1)


def test_sizes_that_nobody_knows_are_unknown_and_not_nothing(alices: Client, attach: Attach) -> None:
    page = view(alices, attach_har(attach, entry(bodySize=-1, content={"size": -1})))
    assert "unknown size transferred" in page
    assert "unknown size of content" in page


def test_many_requests_are_paged_and_an_open_one_is_on_its_page(alices: Client, attach: Attach) -> None:
    url = attach_har(attach, *[entry(f"https://a.example/{n}.") for n in range(450)])
    assert "Requests 1–200" in view(alices, url)
    assert "Requests 401–450" in view(alices, url, page=3)
    assert "Requests 201–400" in view(alices, url, request=300)
    assert "Requests 401–450" in view(alices, url, page=10**8)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"[" * 100_000, b"\xff"])
def test_a_file_that_is_no_archive_says_why(alices: Client, attach: Attach, content: bytes) -> None:
    url = attach(content, "network.har", kind="network_log", content_type="application/json")
    assert "This file cannot be shown." in view(alices, url)


def test_a_hostile_archive_is_only_text(alices: Client, attach: Attach) -> None:
    script = '"><script>alert(1)</script>'
    hostile = entry(
        f"javascript:alert(1)//{script}", 200, statusText=script, content={"text": script, "mimeType": script}
    )
    page = view(alices, attach_har(attach, hostile, None, [], {"request": 5}), request=1)
    assert "<script>alert" not in page
    assert 'href="javascript:' not in page


def test_what_is_too_large_for_a_viewer_is_offered_as_a_download(
    alices: Client, attach: Attach, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "LARGEST", 10)
    assert "too large" in view(alices, attach_har(attach, entry()))


@pytest.mark.parametrize(
    ("kind", "declared", "element"),
    [("video", "video/webm", "<video"), ("screenshot", "image/png", "<img"), ("other", "audio/ogg", "<audio")],
)
def test_pictures_videos_and_sounds_are_played(
    alices: Client, attach: Attach, kind: str, declared: str, element: str
) -> None:
    url = attach(b"x", "a b", kind=kind, content_type=declared)
    page = view(alices, url)
    assert element in page
    assert f'src="{url}"' in page


def test_a_file_without_a_viewer_is_offered_as_a_download(alices: Client, attach: Attach) -> None:
    url = attach(b"x", "a.zip", kind="other", content_type="application/zip")
    page = view(alices, url)
    assert "There is no viewer for archives" in page
    assert f'href="{url}?download"' in page
