import io
import json

import msgspec
import pytest

from sessions.viewers.har.archive import LONGEST_ENTRY, Summary, address_at
from sessions.viewers.har.index import HarIndex, index_archive, with_address
from tests.attachments.archives import har

SECRETS = {"request": {"method": "SPELL", "url": "https://hats.example/?q=felt"}, "response": {"statusText": "Fedora"}}


def index_of(content: bytes) -> HarIndex:
    """As it comes back from where it is kept."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(index_archive(io.BytesIO(content))), type=HarIndex)


def test_the_index_comes_back_as_it_was_kept() -> None:
    content = har({"startedDateTime": "2026-11-20T20:27:15.908Z", "time": 1.5, "request": {"method": "get"}}, None)
    assert index_of(content) == index_archive(io.BytesIO(content))
    assert [one.method for one in index_of(content).requests] == ["", "GET"]


def test_no_word_of_the_file_is_in_the_index() -> None:
    kept = msgspec.msgpack.encode(index_archive(io.BytesIO(har(SECRETS))))
    assert not [word for word in (b"hats", b"felt", b"Fedora", b"SPELL") if word in kept]


def test_what_is_no_archive_has_an_index_that_says_so() -> None:
    assert "not an HTTP archive" in index_of(b"[]").refused


def addresses(content: bytes) -> list[str]:
    file = io.BytesIO(content)
    return [address_at(file, one) for one in index_of(content).requests]


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/",
        "",
        'quote " and \\ and é',
        "x" * 7_999 + "é" * 5,
        None,
        5,
        ["https://a.example/"],
    ],
)
def test_an_address_is_read_alone_as_it_is_read_with_its_entry(url: object) -> None:
    for ascii_only in (True, False):
        entry = {"comment": url, "response": {"text": "x"}, "request": {"url": url}}
        content = json.dumps({"log": {"entries": [entry]}}, ensure_ascii=ascii_only).encode()
        expected = url if isinstance(url, str) else ""
        # A text is cut by its bytes in the file, in which a letter may have six.
        assert expected.startswith(addresses(content)[0])
        assert addresses(content)[0][:7_000] == expected[:7_000]


def test_the_address_of_an_entry_that_is_repaired_or_cut_is_found_too() -> None:
    broken = b'{"log":{"entries":[{"time":NaN,"request":{"url":"https://a.example/\\ud800"}}]}}'
    assert addresses(broken) == ["https://a.example/?"]
    long = {"request": {"url": "https://b.example/"}, "response": {"content": {"text": "x" * LONGEST_ENTRY}}}
    assert addresses(har(long)) == ["https://b.example/"]
    late = {"response": {"content": {"text": "x" * LONGEST_ENTRY}}, "request": {"url": "https://c.example/"}}
    assert addresses(har(late)) == ["https://c.example/"]


def test_a_search_finds_addresses_in_whatever_case_and_nothing_else() -> None:
    entries = [{"request": {"url": f"https://a.example/{name}"}, "response": {"statusText": "hat"}} for name in "ab"]
    entries.append({"request": {"url": "https://a.example/Straße-HAT"}})
    content = har(*entries)

    def found(search: str) -> list[Summary]:
        return list(with_address(io.BytesIO(content), index_of(content).requests, search))

    assert [one.number for one in found("hat")] == [3]
    assert [one.number for one in found("STRASSE")] == [3]
    assert len(found("a.example")) == 3
    assert found("nowhere") == []
