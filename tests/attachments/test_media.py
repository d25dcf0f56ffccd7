import pytest

from sessions.files.media import BYTES, Viewer, is_inline, served_type, viewer_of


@pytest.mark.parametrize(
    "declared",
    ["text/html", "image/svg+xml", "application/xml", "application/pdf", "application/xhtml+xml", "text/css", "x", ""],
)
def test_what_could_run_in_a_browser_is_served_as_bytes(declared: str) -> None:
    assert not is_inline(declared)
    assert served_type(declared) == BYTES


@pytest.mark.parametrize("declared", ["image/png", "video/webm", "audio/ogg", "IMAGE/PNG", "image/png; x=y"])
def test_pictures_videos_and_sounds_are_shown(declared: str) -> None:
    assert is_inline(declared)
    assert served_type(declared) == declared.lower().partition(";")[0]


def test_text_is_served_as_utf_8_whatever_it_declares() -> None:
    assert served_type("text/plain; charset=utf-7") == "text/plain; charset=utf-8"


def test_a_line_break_in_a_type_never_reaches_a_header() -> None:
    assert served_type("image/png\r\nSet-Cookie: a=b") == BYTES
    assert served_type("image/png;\r\nSet-Cookie: a=b") == "image/png"


@pytest.mark.parametrize(
    ("kind", "declared", "viewer"),
    [
        ("log", "text/plain", Viewer.LOG),
        ("log", "application/octet-stream", Viewer.LOG),
        ("network_log", "application/json", Viewer.REQUESTS),
        ("network_log", "application/octet-stream", Viewer.REQUESTS),
        ("network_log", "text/plain", Viewer.LOG),
        ("screenshot", "image/png", Viewer.IMAGE),
        ("screenshot", "image/svg+xml", Viewer.LOG),
        ("video", "video/webm", Viewer.VIDEO),
        ("video", "video/x-matroska", Viewer.NONE),
        ("recording", "application/json", Viewer.LOG),
        ("recording", "application/zip", Viewer.NONE),
        ("log", "application/gzip", Viewer.NONE),
        ("recording", "video/mp4", Viewer.VIDEO),
        ("other", "text/csv", Viewer.LOG),
        ("other", "text/html", Viewer.LOG),
        ("other", "image/svg+xml", Viewer.LOG),
        ("other", "application/zip", Viewer.NONE),
    ],
)
def test_a_file_is_looked_at_in_the_viewer_that_suits_it(kind: str, declared: str, viewer: Viewer) -> None:
    assert viewer_of(kind, declared) is viewer
