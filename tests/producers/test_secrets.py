"""What opens things stays out of every file that a client makes: one rule, in `session_history.without_secrets`."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from import_playwright import main
from pytest_django.live_server_helper import LiveServer
from session_history import SessionHistory, without_secrets

from tests.linear.cost import least
from tests.producers.conftest import Listed
from tests.producers.test_pytest_plugin import run

VALUE = "s3cr3t-Value_of.it"
TOKEN = "sh_N9WpqcTczrHzQP4jNmv7WximtLCDH-5C2CWOUrQQkEo"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"token {TOKEN}.", "token sh_[secret]."),
        (f"Authorization: Bearer {VALUE}\nnext", "Authorization: [secret]\nnext"),
        (f"authorization: Basic {VALUE}", "authorization: [secret]"),
        (f"{{'Cookie': 'sid={VALUE}; a=b', 'Accept': '*/*'}}", "{'Cookie': '[secret]', 'Accept': '*/*'}"),
        (f"[(b'Authorization', b'Bearer {VALUE}'), (b'A', b'a')]", "[(b'Authorization', b'[secret]'), (b'A', b'a')]"),
        (f"Set-Cookie: sid={VALUE}; Path=/\r\nDate: x", "Set-Cookie: [secret]\r\nDate: x"),
        (f"X-API-KEY={VALUE}", "X-API-KEY=[secret]"),
        (f"it says bearer {VALUE} here", "it says bearer [secret] here"),
        (f"a {JWT} b", "a [secret] b"),
        (f"https://me:{VALUE}@shop.example/a", "https://[secret]@shop.example/a"),
        (f"/a?access_token={VALUE}&page=2", "/a?access_token=[secret]&page=2"),
        (f"/a?page=2&X-Amz-Signature={VALUE}#top", "/a?page=2&X-Amz-Signature=[secret]#top"),
        (f'{{"password": "{VALUE}", "name": "uma"}}', '{"password": "[secret]", "name": "uma"}'),
        ("the token of the cookie jar has a key", "the token of the cookie jar has a key"),
        ("uma@acme.example signed in", "uma@acme.example signed in"),
    ],
)  # fmt: skip
def test_a_text_keeps_all_but_its_secrets(text: str, expected: str) -> None:
    assert without_secrets(text) == expected
    assert without_secrets(expected) == expected


def test_what_is_known_to_be_a_secret_is_found_anywhere() -> None:
    assert without_secrets({"a": ["my words", "b"]}, "my words", "") == {"a": ["[secret]", "b"]}


def test_a_har_keeps_names_and_loses_values() -> None:
    request = {
        "url": f"https://shop.example/?token={VALUE}",
        "headers": [{"name": "AUTHORIZATION", "value": VALUE}, {"name": "Accept", "value": "*/*"}],
        "cookies": [{"name": "sid", "value": VALUE, "path": "/"}],
        "queryString": [{"name": "token", "value": VALUE}],
        "postData": {"params": [{"name": "password", "value": VALUE}, {"name": "who", "value": "uma"}]},
    }
    picture = {"encoding": "base64", "text": f"/{JWT}/"}

    cleaned = without_secrets({"request": request, "response": {"content": picture}})

    assert VALUE not in json.dumps(cleaned)
    assert cleaned["request"]["headers"] == [
        {"name": "AUTHORIZATION", "value": "[secret]"},
        {"name": "Accept", "value": "*/*"},
    ]
    assert cleaned["request"]["cookies"] == [{"name": "sid", "value": "[secret]", "path": "/"}]
    assert cleaned["response"]["content"] == picture


@pytest.mark.parametrize(
    "piece",
    ["eyJ", "sh_", "a.", "://a:", "://", "Cookie", "cookie: ", '"token', '"token":"', "?token=", "Bearer ", "@", "-"],
)  # fmt: skip
def test_no_text_takes_long(piece: str) -> None:
    long, short = piece * (200_000 // len(piece)), piece * (20_000 // len(piece))

    assert least(lambda: without_secrets(long), 1.0) < max(0.1, 30 * least(lambda: without_secrets(short), 1.0))


PRINTS = """
import logging, os

def test_prints(record_property):
    print("token", os.environ["SESSION_HISTORY_TOKEN"])
    logging.getLogger("http").warning("Authorization: Bearer s3cr3t-Value_of.it")
    raise RuntimeError("Cookie: sid=s3cr3t-Value_of.it")
"""


def test_a_test_that_prints_its_token_leaves_it_nowhere(
    live_server: LiveServer, secret: str, history: SessionHistory, listed: Listed, tmp_path: Path
) -> None:
    (tmp_path / "test_prints.py").write_text(PRINTS)

    run(tmp_path, "http://127.0.0.1:9", secret)
    kept = [path.read_bytes() for path in (tmp_path / "spool").rglob("*") if path.is_file()]
    run(tmp_path, live_server.url, secret)

    (session,) = listed()
    log = history.download(session["attachments"][0]["url"])
    assert b"token [secret]" in log
    assert any(b"token [secret]" in content for content in kept)
    assert session["outcome"] == "RuntimeError: Cookie: [secret]"
    events = json.dumps(history.request("GET", f"/api/v1/sessions/{session['id']}/events"))
    for content in (*kept, log, events.encode()):
        assert VALUE.encode() not in content
        assert secret.encode() not in content


def test_no_file_of_the_importer_holds_one(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    headers = [{"name": name, "value": VALUE} for name in ("Authorization", "Cookie", "User-Agent-Not")]
    headers[2]["value"] = "kept"
    entry: dict[str, Any] = {
        "startedDateTime": "2025-11-29T10:00:00.000Z",
        "time": 10,
        "request": {"method": "GET", "url": f"https://shop.example/?api_key={VALUE}", "headers": headers},
        "response": {"status": 200, "headers": [{"name": "Set-Cookie", "value": VALUE}], "cookies": [{"value": VALUE}],
                     "content": {"mimeType": "text/html"}},
    }  # fmt: skip
    (tmp_path / "in" / "a.har").write_text(json.dumps({"log": {"entries": [entry]}}))
    (tmp_path / "in" / "a.log").write_text(f"Authorization: {VALUE}\nkept\n")
    context = {"version": 8, "type": "context-options", "wallTime": 1_764_410_400_000, "monotonicTime": 0.0}
    said = {"type": "console", "time": 10.0, "messageType": "error", "text": f"Bearer {VALUE} does not open it"}
    go = {"type": "before", "callId": "1", "startTime": 1.0, "method": "goto", "params": {"url": f"/?token={VALUE}"}}
    with zipfile.ZipFile(tmp_path / "in" / "b.zip", "w") as archive:
        archive.writestr("a.trace", "\n".join(map(json.dumps, [context, said, go])))
        archive.writestr("a.network", json.dumps({"type": "resource-snapshot", "snapshot": entry}))

    assert main([str(tmp_path / "in"), "--out", str(tmp_path / "out")]) == 0

    written = {path.name: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert {"a.har", "a.log", "console.log", "network.har", "sessions.ndjson"} == set(written)
    assert [name for name, content in written.items() if VALUE.encode() in content] == []
    assert b"kept" in written["a.log"]
    assert b'"kept"' in written["a.har"]
