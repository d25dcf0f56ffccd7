"""No regular expression of the product goes back over what it has read: each is found here, and fed with what might
make it. A new one is covered without being listed."""

import ast
import importlib
import pkgutil
import re
import re._constants as codes  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import sessions
from tests.linear.cost import least

ROOT = Path(sessions.__file__).parent
CLIENTS = ROOT.parent / "clients"
METHODS = ("match", "fullmatch", "search", "findall", "finditer", "sub", "split")
CALL = re.compile(rf"\b(\w++)\.({'|'.join(METHODS)})\b")
LENGTH = 20_000
# Going back over all characters takes some hundred times as long as reading them once, on any machine.
GOES_BACK = re.compile(r"\s*,")
PART_OF_GOING_BACK = 8
GENERIC = ("a", "0", " ", '"', "\\", "\x1b", "[", "é")
MOST_PIECES = 10


class Used(NamedTuple):
    where: str
    pattern: re.Pattern[Any]
    method: str


def compiled() -> Iterator[tuple[str, re.Pattern[Any]]]:
    """Every pattern that a module of `sessions` holds, alone or in a table."""
    for info in pkgutil.walk_packages(sessions.__path__, "sessions."):
        if ".migrations" not in info.name:
            for name, value in vars(importlib.import_module(info.name)).items():
                for pattern in patterns_in(value):
                    yield name, pattern


def patterns_in(value: object) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        yield from patterns_in(tuple(value.values()))
    elif isinstance(value, tuple | list | frozenset | set):
        for item in value:
            yield from patterns_in(item)


def sources() -> Iterator[tuple[Path, str]]:
    for path in (*ROOT.rglob("*.py"), *CLIENTS.glob("*.py")):
        if "migrations" not in path.parts:
            yield path, path.read_text()


def used() -> list[Used]:
    """Every pattern with the methods that it is used with; all that begin at the start, where that cannot be seen."""
    calls: dict[str, set[str]] = {}
    for _, text in sources():
        for name, method in CALL.findall(text):
            calls.setdefault(name, set()).add(method)
    found: dict[tuple[re.Pattern[Any], str], Used] = {}
    for name, pattern in compiled():
        for method in calls.get(name, {"match", "fullmatch"}):
            found[pattern, method] = Used(name, pattern, method)
    for path, text in sources():
        for pattern, method in written(ast.parse(text)):
            found.setdefault((pattern, method), Used(path.name, pattern, method))
    # In one order for all processes that share the tests among them.
    return sorted(found.values(), key=lambda use: (use.where, use.method, repr(use.pattern.pattern)))


def written(tree: ast.AST) -> Iterator[tuple[re.Pattern[Any], str]]:
    """`re.search("...")`, and tables of texts that are searched for: what looks like a pattern is taken for one."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if isinstance(node.func.value, ast.Name) and node.func.value.id == "re" and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str | bytes):
                method = node.func.attr if node.func.attr in METHODS else "match"
                yield re.compile(first.value), method


def pieces(pattern: re.Pattern[Any]) -> list[str]:
    """Texts that a pattern speaks of: its literals, as they follow each other, and one sign of each of its classes."""
    text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    found: dict[str, None] = {}
    literal = ""
    for code, value in walk(parser.parse(text, pattern.flags & ~re.UNICODE)):
        if code is codes.LITERAL:
            literal += chr(value)
            found[chr(value)] = None
        elif literal:
            found[literal], literal = None, ""
        if code is codes.RANGE:
            found[chr(value[0])] = None
        elif code is codes.CATEGORY:
            found["0" if "DIGIT" in str(value) else " " if "SPACE" in str(value) else "a"] = None
    found[literal] = None
    longest_first = sorted((piece for piece in found if piece), key=len, reverse=True)
    return longest_first[:MOST_PIECES]


def walk(parsed: Any) -> Iterator[tuple[Any, Any]]:
    """Every operation of a parsed pattern, whatever it is nested in."""
    if isinstance(parsed, tuple) and len(parsed) == 2 and isinstance(parsed[0], type(codes.LITERAL)):
        yield parsed
        yield from walk(parsed[1])
    elif isinstance(parsed, parser.SubPattern | list | tuple):
        for part in parsed:
            yield from walk(part)


def hostile(pattern: re.Pattern[Any]) -> Iterator[str]:
    """One or two pieces repeated behind another one, with an end that the pattern does not like."""
    own = pieces(pattern)
    pumped: Iterable[str] = dict.fromkeys([*own, *GENERIC, *(a + b for a, b in product(own[:6], [*own[:6], "a", " "]))])
    for pump in pumped:
        body = pump * (LENGTH // len(pump))
        for start in ("", *own[:4], '"'):
            yield start + body
            yield start + body + "\x00"


def run(use: Used, text: str) -> None:
    sent: Any = text if isinstance(use.pattern.pattern, str) else text.encode("latin-1", "replace")
    method = getattr(use.pattern, use.method)
    if use.method == "finditer":
        for _ in method(sent):
            pass
    elif use.method == "sub":
        method(sent[:0], sent)
    else:
        method(sent)


USED = used()


@pytest.fixture(scope="module")
def most_seconds() -> float:
    """A part of what this machine takes for a pattern that goes back."""
    return least(lambda: GOES_BACK.search(" " * LENGTH)) / PART_OF_GOING_BACK


def slow_texts(use: Used, most_seconds: float) -> Iterator[str]:
    for text in hostile(use.pattern):
        if least(lambda: run(use, text), most_seconds) > most_seconds:  # noqa: B023  called at once
            yield text


def test_the_patterns_are_found() -> None:
    names = {use.where for use in USED}
    assert {"_TO_VALUE", "_TO_BRACKET", "BROWSERS"} <= names
    assert len(USED) > 40


@pytest.mark.parametrize("use", USED, ids=lambda use: f"{use.where}.{use.method}")
def test_no_text_makes_a_pattern_go_back(use: Used, most_seconds: float) -> None:
    assert [text[:40] for text in slow_texts(use, most_seconds)] == []


def test_a_pattern_that_goes_back_is_found(most_seconds: float) -> None:
    strings = Used("", re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL), "search")
    words = Used("", re.compile(r"Version/([\d.]+).*Safari/"), "search")
    spaces = Used("", GOES_BACK, "search")
    for use in (strings, words, spaces):
        assert any(slow_texts(use, most_seconds))
