"""The commands are run by /bin/sh, with a curl that prints what it was given."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sessions.viewers.har.curl import Curl, curl_of
from tests.attachments.archives import only

# One word a line would not do: values hold line feeds. A body on the standard input follows behind two NULs.
CURL = """#!/bin/sh
for word in "$@"; do printf '%s\\0' "$word"; done
case "$*" in *'@-') printf '\\0'; cat;; esac
"""
HOSTILE = [
    "'; touch broken; '",
    "$(touch broken) `touch broken` ${IFS} $HOME ! !! \\",
    '"; touch broken; #',
    "a'b''c\\'d'",
    "line\nbreak\n\n",
    "\x1b[201~touch broken\r",
    "tab\tand bell\x07 and C1 \x9b201~touch broken",
    "-o/etc/passwd",
    "@/etc/passwd",
    "%s %n \\0101 \\c",
    "é 漢 🙂",
]


@pytest.fixture
def ran(tmp_path: Path) -> Any:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "curl").write_text(CURL)
    (tmp_path / "bin" / "curl").chmod(0o755)

    def run(command: str) -> tuple[list[str], str]:
        """The words that curl was given, and what came on its standard input."""
        here = tmp_path / "here"
        here.mkdir(exist_ok=True)
        path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
        done = subprocess.run(["/bin/sh", "-c", command], cwd=here, env={"PATH": path}, capture_output=True, check=True)
        assert not done.stderr
        assert not list(here.iterdir())  # nothing broke out
        words, _, given = done.stdout.partition(b"\0\0")
        return words.decode().rstrip("\0").split("\0"), given.decode()

    return run


def curl(reveal: bool = True, **request: Any) -> Curl:
    read = only({"request": {"method": "POST", "url": "https://a.example/"} | request})
    return curl_of(read.request, read.details.request_headers, read.details.sent, reveal=reveal)


def after(words: list[str], option: str) -> list[str]:
    return [words[place + 1] for place, word in enumerate(words) if word == option]


@pytest.mark.parametrize("value", HOSTILE)
def test_no_body_breaks_out_and_each_arrives_as_it_was(ran: Any, value: str) -> None:
    words, given = ran(curl(postData={"mimeType": "text/plain", "text": value}).command)
    sent = given if "--data-binary" in words else after(words, "--data-raw")[0]
    assert sent == value
    assert after(words, "--request") == ["POST"]


@pytest.mark.parametrize("value", HOSTILE)
def test_no_header_breaks_out(ran: Any, value: str) -> None:
    words, _ = ran(curl(headers=[{"name": "X-Hat", "value": value}, {"name": value, "value": "x"}]).command)
    (line,) = after(words, "--header")
    shown = "".join(" " if sign < " " or "\x7f" <= sign < "\xa0" else sign for sign in value).strip()
    assert line == f"X-Hat: {shown}"
    assert not [word for word in words if word.startswith("@")]


@pytest.mark.parametrize("value", HOSTILE)
def test_no_address_breaks_out(ran: Any, value: str) -> None:
    words, _ = ran(curl(url=f"https://a.example/{value}").command)
    (url,) = after(words, "--url")
    assert url.startswith("https://a.example/")
    assert not any(sign < "!" or "\x7f" <= sign < "\xa0" for sign in url)


@pytest.mark.parametrize("value", HOSTILE)
def test_no_form_breaks_out_nor_names_a_file(ran: Any, value: str) -> None:
    words, _ = ran(curl(postData={"params": [{"name": value, "value": value}]}).command)
    (body,) = after(words, "--data-raw")
    assert body.isascii()
    assert "@" not in body


@pytest.mark.parametrize("value", HOSTILE)
def test_a_method_that_is_none_has_no_command(value: str) -> None:
    assert curl(method=value).command == ""


def test_no_control_character_reaches_the_terminal_that_it_is_pasted_into() -> None:
    everything = "".join(map(chr, [*range(1, 32), *range(127, 160)]))
    command = curl(
        url=f"https://a.example/{everything}",
        headers=[{"name": "a", "value": everything}],
        postData={"mimeType": "text/plain", "text": everything},
    ).command
    assert not [sign for sign in command if sign != "\n" and (sign < " " or "\x7f" <= sign < "\xa0")]


def test_what_lets_somebody_in_is_left_out_unless_it_is_asked_for() -> None:
    request: dict[str, Any] = {
        "url": "https://a.example/?page=2&access_token=opensesame#id_token=opensesame",
        "headers": [{"name": "Cookie", "value": "opensesame"}, {"name": "Accept", "value": "*/*"}],
        "postData": {"mimeType": "application/x-www-form-urlencoded", "text": "hat=felt&password=opensesame"},
    }
    hidden, shown = curl(reveal=False, **request).command, curl(**request).command
    assert "opensesame" not in hidden
    assert "page=2" in hidden
    assert "hat=felt" in hidden
    assert "Accept: */*" in hidden
    assert shown.count("opensesame") == 4
    form = {"params": [{"name": "password", "value": "opensesame"}]}
    assert "opensesame" not in curl(reveal=False, postData=form).command


def test_curl_writes_its_own_headers_and_sends_no_patterns(ran: Any) -> None:
    headers = [
        {"name": ":authority", "value": "a.example"},
        {"name": "Content-Length", "value": "5"},
        {"name": "Accept-Encoding", "value": "gzip"},
        {"name": "X-Empty", "value": ""},
    ]
    words, _ = ran(curl(url="https://a.example/[1-9]{a,b}", headers=headers).command)
    assert after(words, "--header") == ["X-Empty;"]
    assert {"--globoff", "--compressed"} <= set(words)


@pytest.mark.parametrize(
    ("request_", "missing"),
    [
        ({"url": "file:///etc/passwd"}, "no request to this address"),
        ({"url": "javascript:alert(1)"}, "no request to this address"),
        ({"postData": {"text": "x" * 100_000}}, "too long"),
        ({"postData": {"text": "a\0b"}}, "binary"),
        ({"postData": {"text": "AAAA", "encoding": "base64"}}, "binary"),
        ({"postData": {"mimeType": "multipart/form-data", "params": [{"name": "a", "fileName": "b"}]}}, "fields of"),
    ],
)
def test_what_is_not_in_a_command_is_said(request_: dict[str, Any], missing: str) -> None:
    assert missing in curl(**request_).missing
