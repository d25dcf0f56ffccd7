"""What differs from run to run is taken out of a text, and nothing that tells two runs apart."""

import pytest

from sessions.viewers.differing.change import parts
from sessions.viewers.differing.steady import GONE, numberless, steady

TAKEN_OUT = {
    "2026-10-26T11:38:12.123Z INFO started": f"{GONE} INFO started",
    "2026-10-26 11:38:12,123 +0200 INFO started": f"{GONE} INFO started",
    "2026/10/26 11:38:12 started": f"{GONE} started",
    "[26/Oct/2026:11:38:12 +0100] GET /": f"[{GONE}] GET /",
    "Oct 26 11:38:12 host app[77]: started": f"{GONE} host app{GONE}: started",
    "10-26 11:38:12.123  1234  5678 D Shop: hi": f"{GONE} D Shop: hi",
    "E/Shop( 123): no": f"E/Shop{GONE}: no",
    "11:38:12.123 INFO started": f"{GONE} INFO started",
    "1732134432.123 started": f"{GONE} started",
    "1732134432123 started": f"{GONE} started",
    "[   12.345678] usb 1-1": f"{GONE} usb 1-1",
    "+1.234 s started": f"{GONE} started",
    "[1234:5678:1026] started": f"{GONE}:1026] started",
    "pid=4711 started": f"{GONE} started",
    "id 550e8400-e29b-41d4-a716-446655440000": f"id {GONE}",
    "at 0x7ffee4b2 in main": f"at {GONE} in main",
    "com.acme.Cart@1a2b3c4d": f"com.acme.Cart{GONE}",
    "trace 4bf92f3577b34da6a3ce929d0e0e4736": f"trace {GONE}",
    "took 81 ms": f"took {GONE}",
    "took 1.25s": f"took {GONE}",
    "http://127.0.0.1:43567/help": f"http://127.0.0.1{GONE}/help",
}
KEPT = (
    "GET /v2/payments 503",
    "items[12] of 13",
    "timeout after 30 s",
    "version 8.39.0 (3962)",
    "cart.js:88",
    "port 8080",
    "deadbeef",
    "facade",
    "no number at all",
)


@pytest.mark.parametrize("text", TAKEN_OUT)
def test_volatile_parts_are_taken_out(text: str) -> None:
    assert steady(text) == TAKEN_OUT[text]


@pytest.mark.parametrize("text", KEPT)
def test_what_says_something_stays(text: str) -> None:
    assert steady(text) == text


def test_two_texts_that_differ_in_numbers_are_about_the_same() -> None:
    assert numberless("cart holds 2 items, 19.90 EUR") == numberless("cart holds 13 items, 7 EUR")


@pytest.mark.parametrize(
    ("first", "second", "differing"),
    [
        ("cart holds 2 items", "cart holds 13 items", ("2", "13")),
        ("Chrome/158.0.0.0 Mobile", "Chrome/159.0.0.0 Mobile", ("158", "159")),
        ("2026-10-26T11:38:12Z total 199 EUR", "2026-10-27T12:00:00Z total 189 EUR", ("199", "189")),
        ("a b c d", "a x y d", ("b c", "x y")),
        ("Ended", "Failed", ("Ended", "Failed")),
        ("a b", "a b c", ("", " c")),
        ("", "a", ("", "a")),
        ("same", "same", ("", "")),
    ],
)
def test_the_part_that_differs_is_whole_words_and_no_time(first: str, second: str, differing: tuple[str, str]) -> None:
    one, other = parts(first, second)
    assert (one.differing, other.differing) == differing
    assert ("".join(one), "".join(other)) == (first, second)


def test_a_long_text_is_cut_around_what_differs() -> None:
    text = "word " * 10_000
    one, _ = parts(f"{text}one {text}", f"{text}other {text}")
    assert one.differing == "one"
    assert sum(map(len, one)) < 500
