"""PUT of a file: checked against what it says it is, there as a whole or not at all."""

import base64
import gzip
import hashlib
import io
import json
import os
import time
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
from django.conf import LazySettings
from django.core.files.storage import default_storage
from django.test import Client

from sessions.files.contents import why_not_type
from sessions.files.unfinished import ABANDONED_SECONDS, FOLDER
from sessions.models import Attachment, Organisation, User
from tests.api_writing.program import SESSIONS, Program, error
from tests.conftest import PASSWORD, ClientOf
from tests.retention.conftest import cleaned, let_time_pass

LOG = b"10:00:00 hello\n"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
WEBM = b"\x1aE\xdf\xa3\x01\0\0\0"
MP4 = b"\0\0\0\x18ftypisom"
HAR = json.dumps({"log": {"version": "1.2", "entries": []}}).encode()
ZIP = io.BytesIO()
with zipfile.ZipFile(ZIP, "w") as _archive:
    _archive.writestr("a", "b")

GOOD = {
    "image/png": PNG,
    "image/jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF\0",
    "image/gif": b"GIF89a\0",
    "image/webp": b"RIFF\x10\0\0\0WEBPVP8 ",
    "image/avif": b"\0\0\0\x1cftypavif",
    "image/svg+xml": b"<svg/>",
    "video/webm": WEBM,
    "video/x-matroska": WEBM,
    "video/mp4": MP4,
    "video/ogg": b"OggS\0",
    "audio/mpeg": b"ID3\3",
    "application/pdf": b"%PDF-1.7",
    "application/gzip": gzip.compress(LOG, mtime=0),
    "application/zip": ZIP.getvalue(),
    "application/json": HAR,
    "application/har+json; charset=utf-8": b"\xef\xbb\xbf" + HAR,
    "application/x-ndjson": b"{}\n{}\n",
    "text/plain": LOG,
    "text/plain; charset=latin-1": b"gr\xfc\xdfe",
    "application/octet-stream": b"\0\1\2",
    "application/x-own": b"\0\1\2",
}
ANYTHING = ("application/octet-stream", "application/x-own", "application/x-ndjson")
LINE = "11-29 10:00:00.123  1234  1234 E HatShop: till is empty\r\n"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def stored_files() -> list[Path]:
    return [path for path in Path(default_storage.path("")).rglob("*") if path.is_file()]


@pytest.fixture
def ident(daves: Program) -> str:
    return daves.new()


def test_a_file_is_stored_and_comes_back(daves: Program, ident: str, acme: Organisation) -> None:
    response = daves.put(ident, "a%20%C3%BC.log", LOG, kind="log")

    assert response.status_code == 201
    url = f"{SESSIONS}/{ident}/attachments/a%20%C3%BC.log"
    file = {"name": "a ü.log", "kind": "log", "content_type": "text/plain", "size": len(LOG), "sha256": sha256(LOG)}
    file |= {"available": True, "starts_at": None, "url": url}
    assert response.json() == file == daves.get(ident)["attachments"][0]
    assert response["Location"] == url
    assert b"".join(daves.send("GET", url)) == LOG
    assert [str(path.relative_to(default_storage.path(""))) for path in stored_files()] == [
        f"{acme.pk}/{ident}/{sha256(LOG)}"
    ]


def test_the_same_bytes_again_are_the_same_file(daves: Program, ident: str) -> None:
    assert [daves.put(ident, "a.log", LOG).status_code for _ in range(2)] == [201, 200]
    assert (len(stored_files()), Attachment.objects.count()) == (1, 1)


def test_other_bytes_take_their_place(daves: Program, ident: str) -> None:
    daves.put(ident, "a.log", LOG)
    daves.put(ident, "b.log", LOG)

    assert daves.put(ident, "a.log", b"other").status_code == 200
    assert {path.read_bytes() for path in stored_files()} == {LOG, b"other"}  # b.log still is the first
    assert daves.put(ident, "b.log", b"other").status_code == 200
    let_time_pass()
    cleaned()
    assert [path.read_bytes() for path in stored_files()] == [b"other"]


def test_a_parameter_that_is_not_known_is_refused_and_nothing_stored(daves: Program, ident: str) -> None:
    response = daves.put(ident, "a.log", LOG, sha265=sha256(LOG))
    assert error(response) == (400, "unknown_parameter", "sha265")
    assert stored_files() == []


def test_a_file_that_was_announced_arrives(daves: Program, ident: str) -> None:
    announced = {"name": "a.png", "kind": "screenshot", "content_type": "image/png", "sha256": sha256(PNG)}
    daves.patch(ident, {"attachments": [announced]})
    assert daves.get(ident)["attachments"][0]["available"] is False

    assert error(daves.put(ident, "a.png", PNG + b"x", media="")) == (400, "invalid_value", "sha256")
    assert daves.put(ident, "a.png", PNG, media="").status_code == 201
    assert daves.get(ident)["attachments"][0] | announced == daves.get(ident)["attachments"][0]
    daves.patch(ident, {"attachments": [announced]})
    assert daves.get(ident)["attachments"][0]["available"] is True


def test_without_a_type_it_is_what_its_bytes_are(daves: Program, ident: str) -> None:
    assert daves.put(ident, "a", PNG, media="").json()["content_type"] == "image/png"
    assert daves.put(ident, "b", b"\0", media="").json()["content_type"] == "application/octet-stream"
    assert daves.put(ident, "c", b"\0", media="").json()["kind"] == "other"


@pytest.mark.parametrize("media", GOOD)
def test_a_file_that_is_what_it_says(daves: Program, ident: str, media: str) -> None:
    assert daves.put(ident, "a", GOOD[media], media).status_code == 201


@pytest.mark.parametrize(
    ("media", "content"),
    [
        *((media, b"MZ\0") for media in GOOD if not media.startswith(("text/", "image/svg")) and media not in ANYTHING),
        ("image/jpeg", PNG),
        ("video/mp4", WEBM),
        ("text/plain", PNG),
        ("text/plain", gzip.compress(LOG, mtime=0)),
        ("text/plain", b"ID3\3\0\0"),
        ("video/quicktime", WEBM),
        ("application/json", b"hello"),
        ("application/json", HAR[:-1]),
        ("application/json", b'{"a": "\xff"}'),
        ("application/json", b"[" * 100_000),
        ("application/json", b'{"log": {' + b"," * 300_000),
        ("application/har+json", b"<html>"),
        ("nonsense", LOG),
    ],
)
def test_a_file_that_is_not_what_it_says(daves: Program, ident: str, media: str, content: bytes) -> None:
    assert error(daves.put(ident, "a", content, media)) == (400, "invalid_value", "content_type")
    assert not stored_files()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1251"])
@pytest.mark.parametrize("media", ["text/plain", "", "text/plain; charset=utf-16", "text/plain; charset=windows-1251"])
def test_a_log_in_any_encoding_is_kept_and_shown(
    daves: Program, ident: str, client_of: ClientOf, dave: User, encoding: str, media: str
) -> None:
    content = (LINE * 3).encode(encoding)
    response = daves.put(ident, "a.log", content, media, kind="log")
    assert response.status_code == 201
    assert response.json()["sha256"] == sha256(content)
    page = client_of(dave).get(f"/sessions/{ident}/attachments/a.log/view/", {"q": "TILL is"}).content.decode()
    assert "Match 1 of 3 lines" in page
    assert page.count("line line-error") == 3


def test_a_log_with_nuls_is_kept_and_shows_them(daves: Program, ident: str, client_of: ClientOf, dave: User) -> None:
    content = LINE.encode() + b"\0\0\0\0\r\n" + LINE.encode()
    assert daves.put(ident, "a.log", content, kind="log").status_code == 201
    page = client_of(dave).get(f"/sessions/{ident}/attachments/a.log/view/").content.decode()
    assert "␀␀␀␀</code>" in page
    assert page.count("line line-error") == 2


def test_a_declared_charset_is_what_a_log_is_read_in(
    daves: Program, ident: str, client_of: ClientOf, dave: User
) -> None:
    daves.put(ident, "a.log", "ERROR Касса пуста".encode("cp1251"), "text/plain; charset=windows-1251", kind="log")
    assert "Касса пуста" in client_of(dave).get(f"/sessions/{ident}/attachments/a.log/view/").content.decode()


CHARSETS = ["utf-16", "windows-1251", "nonsense", "idna", '"utf-16"', ""]


@pytest.mark.parametrize("charset", CHARSETS)
def test_a_charset_is_the_bodys_and_not_the_addresss(
    daves: Program, ident: str, client_of: ClientOf, dave: User, charset: str
) -> None:
    media = f"text/plain; charset={charset}"
    assert daves.put(ident, "a.log", LOG, media, kind="log").json()["kind"] == "log"
    assert daves.send("GET", f"{SESSIONS}?q=x", media=media).status_code == 200
    assert daves.send("POST", SESSIONS, {}, f"application/json; charset={charset}").status_code in (400, 415)
    assert error(daves.send("GET", f"{SESSIONS}?qq=x", media=media)) == (400, "unknown_parameter", "qq")
    page = client_of(dave).generic("GET", "/sessions/?q=nothing-like-it", content_type=media)
    assert "nothing-like-it" in page.content.decode()
    form = f"application/x-www-form-urlencoded; charset={charset}"
    signed_in = Client().generic(
        "POST", "/signin/", f"email={dave.email}&password={quote_plus(PASSWORD)}".encode(), form
    )
    assert signed_in.status_code == 302


FTYP = b"\0\0\0\x14ftyp%b\0\0\2\0%b"


@pytest.mark.parametrize(
    ("found", "content"),
    [
        ("video/mp4", b"\0\0\0\x08free" + MP4),
        ("video/mp4", b"\0\0\0\x10skip12345678\0\0\0\x08wide" + MP4),
        ("video/mp4", b"\0\0\0\x18stypmsdh\0\0\0\0msdhmsix\0\0\0\x08moof"),
        ("video/mp4", b"\0\0\0\x08moof\0\0\0\x08mdat"),
        ("video/mp4", FTYP % (b"iso5", b"dash")),
        ("video/x-m4v", FTYP % (b"M4V ", b"mp42")),
        ("video/3gpp", FTYP % (b"3gp4", b"isom")),
        ("video/3gpp2", FTYP % (b"3g2a", b"isom")),
        ("video/quicktime", FTYP % (b"qt  ", b"qt  ")),
        ("video/quicktime", b"\0\0\0\x08wide\0\0\1\0mdat"),
        ("video/quicktime", b"\0\0\1\0moov"),
    ],
)
def test_a_video_of_mp4s_family_is_known_whatever_it_begins_with(
    daves: Program, ident: str, found: str, content: bytes
) -> None:
    assert daves.put(ident, "a", content, "", kind="video").json()["content_type"] == found
    for media in ("video/mp4", found, "video/quicktime"):
        assert daves.put(ident, "a", content, media, kind="video").status_code == 200
    assert error(daves.put(ident, "b", content, "text/plain"))[0] == 400


@pytest.mark.parametrize("text", [b"the ftyp box", b"The free memory", b"all moov atoms", b"has mdat"])
def test_a_text_about_boxes_is_a_text(daves: Program, ident: str, text: bytes) -> None:
    assert daves.put(ident, "a", text, "text/plain", kind="log").status_code == 201


@pytest.mark.parametrize("media", ["image/png", "application/json", "application/zip"])
def test_nothing_is_no_picture_and_no_json(media: str) -> None:
    assert why_not_type(media, b"", is_whole=True)
    assert why_not_type("text/plain", b"", is_whole=True) is None


@pytest.mark.parametrize("filler", [b'"%s", ' % (b"x" * 50), b"123, ", b"true, ", rb'"\u00fc", ', '"ü", '.encode()])
def test_large_json_is_judged_by_its_start(daves: Program, ident: str, filler: bytes) -> None:
    for shift in range(8):
        content = b"[" + b" " * shift + filler * (300_000 // len(filler)) + b"1]"
        assert daves.put(ident, "a", content, "application/json").status_code in (200, 201)


@pytest.mark.parametrize(
    ("kind", "media", "content"),
    [
        ("screenshot", "video/webm", WEBM),
        ("screenshot", "text/plain", LOG),
        ("screenshot", "application/octet-stream", LOG),
        ("video", "image/png", PNG),
        ("log", "image/png", PNG),
        ("log", "application/octet-stream", PNG),
        ("network_log", "video/mp4", MP4),
        ("crash_report", "application/pdf", b"%PDF-1.7"),
        ("nonsense", "text/plain", LOG),
    ],
)
def test_a_kind_that_the_file_is_not(daves: Program, ident: str, kind: str, media: str, content: bytes) -> None:
    assert error(daves.put(ident, "a", content, media, kind=kind)) == (400, "invalid_value", "kind")
    assert not stored_files()


@pytest.mark.parametrize(
    ("kind", "media", "content"),
    [
        ("screenshot", "image/png", PNG),
        ("screenshot", "application/octet-stream", PNG),
        ("video", "video/webm", WEBM),
        ("log", "application/gzip", gzip.compress(LOG, mtime=0)),
        ("log", "application/octet-stream", LOG),
        ("network_log", "application/json", HAR),
        ("recording", "application/zip", ZIP.getvalue()),
        ("recording", "video/mp4", MP4),
        ("crash_report", "text/plain", LOG),
    ],
)
def test_a_kind_that_the_file_is(daves: Program, ident: str, kind: str, media: str, content: bytes) -> None:
    assert daves.put(ident, "a", content, media, kind=kind).json()["kind"] == kind


def digests(content: bytes) -> list[dict[str, str]]:
    in_base64 = base64.b64encode(hashlib.sha256(content).digest()).decode()
    return [
        {"X-Content-SHA256": sha256(content)},
        {"X-Content-SHA256": sha256(content).upper()},
        {"Digest": f"SHA-256={in_base64}"},
        {"Digest": f"md5=1B2M2Y8AsgTpgAmY7PhCfg==,sha-256={in_base64}"},
        {"Content-Digest": f"sha-256=:{in_base64}:"},
    ]


@pytest.mark.parametrize("number", range(5))
def test_a_hash_that_comes_along_is_checked(daves: Program, ident: str, number: int) -> None:
    path = f"{SESSIONS}/{ident}/attachments/a.log"

    refused = daves.send("PUT", path, LOG, "text/plain", **digests(b"other")[number])
    assert error(refused) == (400, "invalid_value", "sha256")
    assert not stored_files()
    assert not Attachment.objects.exists()
    assert daves.send("PUT", path, LOG, "text/plain", **digests(LOG)[number]).status_code == 201
    assert error(daves.put(ident, "a.log", LOG, sha256="0" * 64)) == (400, "invalid_value", "sha256")
    assert daves.put(ident, "a.log", LOG, sha256=sha256(LOG)).status_code == 200


@pytest.mark.parametrize("header", [{"X-Content-SHA256": "x"}, {"Digest": "sha-256=eA=="}])
def test_a_hash_that_is_none(daves: Program, ident: str, header: dict[str, Any]) -> None:
    response = daves.send("PUT", f"{SESSIONS}/{ident}/attachments/a", LOG, "text/plain", **header)

    assert error(response) == (400, "invalid_value", "sha256")


@pytest.mark.parametrize("name", ["..", "a%5Cb", "a%0Ab", "x" * 256])
def test_a_name_that_is_no_plain_file_name(daves: Program, ident: str, name: str) -> None:
    assert error(daves.put(ident, name, LOG)) == (400, "invalid_value", "name")


def test_a_form_is_not_a_file(daves: Program, ident: str) -> None:
    for media in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        assert error(daves.put(ident, "a", LOG, media))[:2] == (415, "unsupported_media_type")


def test_a_part_of_a_file_is_not_taken_for_the_whole(daves: Program, ident: str) -> None:
    path = f"{SESSIONS}/{ident}/attachments/a"
    response = daves.send("PUT", path, LOG, "text/plain", **{"Content-Range": "bytes 0-3/10"})

    assert error(response) == (400, "invalid_value", "Content-Range")


def test_a_file_that_is_too_large(daves: Program, ident: str, settings: LazySettings) -> None:
    settings.ATTACHMENT_MAX_BYTES = len(LOG)
    assert daves.put(ident, "a", LOG).status_code == 201
    response = daves.put(ident, "b", LOG + b"x")

    assert (error(response)[:2], response.json()["max_bytes"]) == ((413, "too_large"), len(LOG))
    assert len(stored_files()) == 1


def test_what_a_killed_process_left_is_swept_a_day_later(daves: Program, ident: str) -> None:
    folder = Path(default_storage.path(FOLDER))
    folder.mkdir(parents=True)
    for name, age in (("old", ABANDONED_SECONDS + 60), ("new", 60)):
        (folder / name).write_bytes(LOG)
        os.utime(folder / name, (time.time() - age,) * 2)
    daves.put(ident, "a.log", b"x")

    assert [path.name for path in folder.iterdir()] == ["new"]
