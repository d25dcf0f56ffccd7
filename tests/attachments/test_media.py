import pytest

from sessions.files.media import BYTES, Viewer, is_inline, served_type, viewer_of, why_no_viewer


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


@pytest.mark.parametrize(
    ("declared", "charset"),
    [("utf-7", "utf-8"), ("rot13", "utf-8"), ("utf-16", "utf-8"), ('"windows-1251"', "cp1251"), ("EUC-JP", "euc-jp")],
)
def test_text_is_served_in_a_charset_that_browsers_know_else_as_utf_8(declared: str, charset: str) -> None:
    assert served_type(f"text/plain; charset={declared}") == f"text/plain; charset={charset}"


@pytest.mark.parametrize("declared", ["video/quicktime", "video/x-m4v", "video/3gpp", "video/mp4"])
def test_what_is_of_mp4s_family_is_served_as_mp4(declared: str) -> None:
    assert (served_type(declared), viewer_of("video", declared)) == ("video/mp4", Viewer.VIDEO)


@pytest.mark.parametrize(
    ("declared", "reason"),
    [
        ("video/x-msvideo", "play no files"),
        ("image/heic", "show no pictures"),
        ("application/pdf", "might run"),
        ("application/zip", "archives"),
        ("application/octet-stream", "without a type"),
        ("application/x-own", "no viewer"),
    ],
)
def test_the_reason_for_no_viewer_is_the_true_one(declared: str, reason: str) -> None:
    assert reason in why_no_viewer(declared)


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


CAST = b'{"version": 2, "width": 80, "height": 24}\n'
PAGE = b'[{"type": 4, "data": {"href": "https://a.example/"}, "timestamp": 1790000000000}]'


@pytest.mark.parametrize(
    ("kind", "declared", "head", "viewer"),
    [
        ("recording", "application/x-asciicast", b"", Viewer.TERMINAL),
        ("other", "application/x-asciicast", b"", Viewer.TERMINAL),
        ("recording", "application/json", CAST, Viewer.TERMINAL),
        ("recording", "text/plain", CAST, Viewer.TERMINAL),
        ("recording", "application/octet-stream", CAST, Viewer.TERMINAL),
        ("recording", "application/json", PAGE, Viewer.WEB_RECORDING),
        ("recording", "application/x-ndjson", PAGE[1:-1], Viewer.WEB_RECORDING),
        ("recording", "application/json", b'{"events": ' + PAGE + b"}", Viewer.WEB_RECORDING),
        ("recording", "application/x-rrweb+json", b"", Viewer.WEB_RECORDING),
        ("recording", "application/json", b'{"a": 1}', Viewer.LOG),
        ("recording", "video/webm", CAST, Viewer.VIDEO),
        ("recording", "application/zip", CAST, Viewer.NONE),
        ("log", "application/json", CAST, Viewer.LOG),
    ],
)
def test_a_recording_is_known_by_its_type_or_by_its_first_bytes(
    kind: str, declared: str, head: bytes, viewer: Viewer
) -> None:
    assert viewer_of(kind, declared, head) is viewer
