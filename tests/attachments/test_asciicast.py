"""Terminal recordings, and the terminal at any of their moments."""

import io
import json
from typing import Any

import pytest

from sessions.files.recordings import is_asciicast
from sessions.viewers.recordings import NotRecording, asciicast, terminal_replay, terminal_search
from sessions.viewers.recordings.asciicast import Header, read_header, survey
from sessions.viewers.recordings.screen_svg import Palette, rows_svg
from sessions.viewers.recordings.terminal_replay import TerminalReplay
from sessions.viewers.recordings.terminal_search import Found, Search
from tests.attachments.casts import cast, lines, moments

HEADER = {"version": 2, "width": 20, "height": 3}


def opened(raw: bytes) -> tuple[TerminalReplay, io.BytesIO]:
    file = io.BytesIO(raw)
    return TerminalReplay(read_header(file)), file


def shown(replay: TerminalReplay) -> list[str]:
    return [row.text for row in replay.screen.rows]


def search(file: io.BytesIO, header: Header, text: str) -> list[Found]:
    searched = Search(text)
    searched.read(file, header)
    assert searched.until is None
    return searched.found


def at(raw: bytes, t: float) -> list[str]:
    replay, file = opened(raw)
    assert replay.seek(file, t)
    return shown(replay)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_real_recording_shows_what_the_terminal_showed(version: int) -> None:
    replay, file = opened(cast(version))
    for moment in moments("shop"):
        assert replay.seek(file, moment["t"])
        assert shown(replay) == moment["lines"], moment["what"]
        assert [replay.screen.cursor.x, replay.screen.cursor.y] == moment["cursor"], moment["what"]


@pytest.mark.parametrize("version", [1, 2, 3])
def test_moments_are_reached_in_any_order(version: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal_replay, "BETWEEN_PICTURES", 500)
    monkeypatch.setattr(terminal_replay, "PART", 100)
    replay, file = opened(cast(version))
    for moment in [*moments("shop")[::-1], *moments("shop")[::2], *moments("shop")]:
        assert replay.seek(file, moment["t"])
        assert shown(replay) == moment["lines"], moment["what"]
    assert len(replay._pictures) > 2


@pytest.mark.parametrize("version", [1, 2, 3])
def test_frames_lead_to_what_the_terminal_showed(version: int) -> None:
    replay, file = opened(cast(version))
    for moment in moments("shop"):
        rows: dict[int, str] = {}
        for frame in replay.frames(file, moment["t"]):
            rows |= {y: frame.screen.rows[y].text for y in frame.changed}
        assert [rows[y] for y in range(24)] == moment["lines"], moment["what"]


def test_the_length_the_beginning_and_the_title_are_told() -> None:
    for version in (1, 2, 3):
        file = io.BytesIO(cast(version))
        header = read_header(file)
        assert (header.columns, header.lines) == (80, 24)
        assert survey(file, header).length == pytest.approx(13.115, abs=0.001)
        assert header.title == ("" if version == 1 else "Prices of hats")
        assert (header.began_at is None) == (version == 1)


def test_the_times_of_version_3_add_up() -> None:
    raw = lines(
        {"version": 3, "term": {"cols": 9, "rows": 1}},
        [1, "o", "a"],
        [1.5, "o", "b"],
        [0, "m", "here"],
        "#",
        [2, "o", "c"],
    )
    assert at(raw, 2.4) == ["a"]
    assert at(raw, 2.5) == ["ab"]
    replay, file = opened(raw)
    found = survey(file, replay.header)
    assert (found.length, found.markers, found.unreadable) == (4.5, [(2.5, "here")], 0)


def test_idle_stretches_are_found() -> None:
    replay, file = opened(lines(HEADER, [1, "o", "a"], [1.5, "o", "b"], [60, "o", "c"]))
    assert survey(file, replay.header).idle == [(1.5, 60.0)]


def test_a_terminal_is_resized_when_the_recording_says_so() -> None:
    raw = lines(HEADER, [1, "o", "a" * 20], [2, "r", "5x2"], [3, "r", "nonsense"], [4, "r", "9999999999x1"])
    assert at(raw, 1) == ["a" * 20, "", ""]
    assert at(raw, 5) == ["a" * 5, ""]


@pytest.mark.parametrize(
    "line",
    [
        *('[NaN, "o", "x"]', '[1e999, "o", "x"]', '[1e12, "o", "x"]', '[true, "o", "x"]', '["1", "o", "x"]'),
        *('[1, "o"]', "{}", '[1, "o", "x"', '"', "[" * 5000, "\\", '[1, "o", "x", 4]', "null"),
    ],
)
def test_a_line_that_cannot_be_read_is_left_out_and_counted(line: str) -> None:
    raw = lines(HEADER, [1, "o", "a"], line, [2, "o", "b"])
    assert at(raw, 2) == ["ab", "", ""]
    replay, file = opened(raw)
    found = survey(file, replay.header)
    assert found.length == 2.0
    assert found.unreadable == (0 if line.startswith('[1, "o", "x"') else 1)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([[-5, "o", "a"], [1, "o", "b"]], "ab"),
        ([[2, "o", "a"], [1, "o", "b"]], "ab"),
        ([[1, "i", "secret"], [1, "q", "x"], [1, "o", "a"]], "a"),
        ([[1, "o", 5], [1, 7, "x"], [1, "o", "a\ud800b\udc00"]], "a\ufffdb\ufffd"),
    ],
)
def test_odd_events_are_shown_as_well_as_they_can_be(events: list[Any], expected: str) -> None:
    assert at(lines(HEADER, *events), 2)[0] == expected


def test_a_line_of_megabytes_is_left_out_and_the_rest_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asciicast, "LONGEST_EVENT", 1000)
    raw = lines(HEADER, [1, "o", "a"], [1, "o", "x" * 5000], [2, "o", "b"])
    assert at(raw, 2) == ["ab", "", ""]
    replay, file = opened(raw)
    assert survey(file, replay.header).unreadable == 1


@pytest.mark.parametrize("size", [10**9, -1, 0, "80", None, 1e300, True, [1]])
def test_a_size_that_no_terminal_has_is_replaced(size: Any) -> None:
    raw = lines(HEADER | {"width": size, "height": size}, [1, "o", "a"])
    assert at(raw, 1)[0] == "a"


@pytest.mark.parametrize(
    "raw", [b"", b"{}", b"[]", b'{"version": 4}', b"\xff\xfe", b"{" * 9000, b"null", b"[1,2]\n[3]"]
)
def test_what_is_no_recording_says_so(raw: bytes) -> None:
    with pytest.raises(NotRecording, match="does not begin like a terminal recording"):
        read_header(io.BytesIO(raw))


def test_recordings_are_known_by_their_first_bytes() -> None:
    assert all(is_asciicast(cast(version)) for version in (1, 2, 3))
    assert not is_asciicast(b'{"version": 2, "a": 1}')
    assert not is_asciicast(b'[{"type": 4, "data": {}}]')


def test_a_moment_that_takes_too_long_is_reached_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal_replay, "PART", 1)
    raw = lines(HEADER, *([n, "o", "x"] for n in range(1, 11)))
    replay, file = opened(raw)
    assert not replay.seek(file, 10, seconds=-1)
    assert 0 < replay.time < 10
    steps = 1
    while not replay.seek(file, 10, seconds=-1) and steps < 20:
        steps += 1
    assert shown(replay)[0] == "x" * 10


def test_text_is_found_where_it_was_printed_also_when_it_was_typed() -> None:
    raw = lines(
        HEADER,
        [1, "o", "\x1b[31mEr\x1b[0mror: no\r\n"],
        *([2 + n / 10, "o", letter] for n, letter in enumerate("$ make hats")),
        [5, "o", "\x1b[2;2Herr\x1b[3;3Hor"],
    )
    replay, file = opened(raw)
    assert [found.time for found in search(file, replay.header, "ERROR")] == [1.0]
    (typed,) = search(file, replay.header, "make hats")
    assert (typed.time, typed.excerpt) == (3.0, "$ make hats")
    assert search(file, replay.header, "nothing") == []


def test_a_search_that_takes_too_long_or_finds_too_much_says_how_far_it_got(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal_search, "PART", 1)
    replay, file = opened(lines(HEADER, *([n, "o", f"line {n}\r\n"] for n in range(1, 200))))
    searched = Search("line")
    searched.read(file, replay.header)
    assert (len(searched.found), searched.until) == (100, 100)
    given_up = Search("line 5")
    given_up.read(file, replay.header, seconds=-1)
    assert (given_up.found, given_up.until) == ([], 1)


def test_a_screen_is_written_as_text_and_never_as_markup() -> None:
    replay, file = opened(lines(HEADER, [1, "o", "<script>\x1b[41m&\x1b[0m漢"]))
    replay.seek(file, 1)
    row = rows_svg(replay.screen, Palette(), [0])[0]
    assert "&lt;script&gt;" in row
    assert "<script" not in row
    assert 'fill="#e06c75"' in row
    assert ">漢</text>" in row


def test_a_recordings_own_colours_are_taken_when_they_are_colours() -> None:
    theme = {"fg": "#111111", "bg": "#eeeeee", "palette": ":".join(f"#00000{n}" for n in range(8))}
    header = read_header(io.BytesIO(lines(HEADER | {"theme": theme})))
    assert Palette(header.colours).ground == "#eeeeee"
    theme["bg"] = 'red" onload="x'
    header = read_header(io.BytesIO(lines(HEADER | {"theme": theme})))
    assert header.colours == []


def test_json_escapes_of_every_kind_are_read() -> None:
    raw = lines(HEADER) + json.dumps([1, "o", "\u001b[1mZürich 😀"]).encode() + b"\n"
    assert at(raw, 1)[0] == "Zürich 😀"
