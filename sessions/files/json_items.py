"""The items of one array in a JSON document of any size: found in blocks, without decoding the document.

A reader of JSON builds everything that a document holds, up to thirty times its size in memory. This one follows the
brackets and keeps one item at a time, up to a size that is given. Whoever decodes an item checks what is in it.
"""

import re
from collections.abc import Generator, Iterator, Sequence
from typing import IO, NamedTuple

import msgspec

BLOCK = 256 * 1024
# Readers that recurse end at about a thousand levels; nothing that is worth reading comes near this.
DEEPEST = 256
# Each costs a step in Python. An archive of 64 MiB with small requests has a fifth as many.
MOST_BRACKETS = 2_000_000
LONGEST_KEY = 200

# Each part is possessive: a text that ends too early is read once, not once for every quote or bracket in it.
STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_FLAT = rb'[^"{}\[\]]*+(?:%b[^"{}\[\]]*+)*+' % STRING
_CLOSED = rb"(?:\{%b\}|\[%b\])" % (_FLAT, _FLAT)
_LEAVES = rb"%b(?:%b%b)*+" % (_FLAT, _CLOSED, _FLAT)
_BRANCH = rb"(?:\{%b\}|\[%b\])" % (_LEAVES, _LEAVES)
# Up to the next bracket that holds more than two levels: headers and bodies cost no step in Python.
_TO_BRACKET = re.compile(rb"%b(?:%b%b)*+" % (_FLAT, _BRANCH, _FLAT), re.DOTALL)
_IN_STRING = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_SCALAR = re.compile(rb"[^\s,:\"{}\[\]]*+")
_SPACE = re.compile(rb"[ \t\r\n]*+")
# Nearly all keys are short and have no escapes.
_PLAIN_KEY = re.compile(rb'"([^"\\]{0,%d}+)"[ \t\r\n]*+:' % LONGEST_KEY)
# How numbers, true, false and null begin, and NaN and Infinity, which browsers write.
_SCALARS = frozenset(b"%c" % sign for sign in b"-0123456789tfnNI")
_QUOTE = ord('"')
_CLOSING = {ord("{"): ord("}"), ord("["): ord("]")}


class Malformed(ValueError):
    """The document is no JSON, or ends too early."""


class TooComplex(ValueError):
    """The document has more levels than it may have, or more brackets than MOST_BRACKETS."""


class NoArray(ValueError):
    """The document has no array where it was looked for."""


class Item(NamedTuple):
    """A value as it stands in a file. `head` is its first bytes, all of them where it is no longer than asked for."""

    offset: int
    length: int
    head: bytes

    @property
    def is_whole(self) -> bool:
        return len(self.head) == self.length


def items(file: IO[bytes], path: Sequence[str], longest: int, deepest: int = DEEPEST) -> Iterator[Item]:
    """The items of the array at `path`, which is the keys of objects one in the other.

    Raises Malformed, TooComplex and NoArray; for what stands behind the items, when all of them have been given.
    """
    reader = Reader(file, deepest=deepest)
    is_there = yield from _items_at(reader, path, longest)
    if reader.peek():
        raise Malformed("something follows the document")
    if not is_there:
        raise NoArray


def _items_at(reader: "Reader", path: Sequence[str], longest: int) -> Generator[Item, None, bool]:
    opening, is_there = reader.peek(), False
    if path and opening == b"{":
        for _ in reader.parts(b"{"):
            if reader.key() == path[0]:
                is_there |= yield from _items_at(reader, path[1:], longest)
            else:
                reader.value(0)
        return is_there
    if not path and opening == b"[":
        for _ in reader.parts(b"["):
            yield reader.value(longest)
        return True
    reader.value(0)
    return False


class Reader:
    """A place in a document of which one block is in memory. Every method raises Malformed and TooComplex."""

    def __init__(self, file: IO[bytes], offset: int = 0, deepest: int = DEEPEST) -> None:
        """`offset` is that of a value, from which the document is read; `deepest` is how many levels it may have."""
        self._deepest = deepest
        file.seek(offset)
        self._file = file
        self._block = file.read(BLOCK)
        self._begin = offset
        self._at = 3 if offset == 0 and self._block.startswith(b"\xef\xbb\xbf") else 0
        self._brackets = 0
        # The beginning of the value that is being read, up to as many bytes as are wanted of it.
        self._head: list[bytes] = []
        self._head_left = 0
        self._head_at = 0

    def peek(self) -> bytes:
        """The next byte that is no space, at which the reader then stands; empty at the end."""
        sign = self._block[self._at : self._at + 1]
        if sign > b" ":
            return sign
        while True:
            self._at = self._end_of(_SPACE)
            if self._at < len(self._block) or not self._next_block():
                return self._block[self._at : self._at + 1]

    def parts(self, opening: bytes) -> Iterator[None]:
        """The reader at each part of the array or object that it stands at; whoever asks reads the part."""
        closing = b"%c" % _CLOSING[ord(opening)]
        self._at += 1
        if self.peek() == closing:
            self._at += 1
            return
        while True:
            yield
            sign = self.peek()
            if sign not in (b",", closing):
                raise Malformed("a comma or a bracket is missing")
            self._at += 1
            if sign == closing:
                return

    def key(self) -> str:
        """A key and its colon. One that is too long to be looked for is given as empty."""
        if self.peek() == b'"' and (plain := _PLAIN_KEY.match(self._block, self._at)):
            self._at = plain.end()
            return plain[1].decode(errors="replace")
        item = self.key_item()
        try:
            return msgspec.json.decode(item.head, type=str) if item.is_whole else ""
        except ValueError:
            return ""

    def key_item(self) -> Item:
        """A key as it stands, and its colon."""
        if self.peek() != b'"':
            raise Malformed("a key is missing")
        item = self.value(LONGEST_KEY)
        if self.peek() != b":":
            raise Malformed("a colon is missing")
        self._at += 1
        return item

    def value(self, longest: int) -> Item:
        """The value that comes next, with up to `longest` bytes of it."""
        sign = self.peek()
        offset = self._begin + self._at
        self._head, self._head_left, self._head_at = [], longest, self._at
        if sign == b'"':
            self._skip_string()
        elif sign in (b"{", b"["):
            self.skip_nested(sign)
        elif sign in _SCALARS:
            self._skip_scalar()
        else:
            raise Malformed("a value is missing")
        self._keep_head()
        length = self._begin + self._at - offset
        head = self._head[0] if len(self._head) == 1 else b"".join(self._head)
        self._head, self._head_left = [], 0
        return Item(offset, length, head)

    def skip_nested(self, opening: bytes) -> None:
        """From the opening bracket, or from where a part of the array or object ends, to behind its closing one."""
        opened = [_CLOSING[ord(opening)]]
        if self._block[self._at : self._at + 1] == opening:
            self._at += 1
        while opened:
            sign = self._follow(opened)
            if sign is None:
                self._go_on()
            elif sign == _QUOTE:  # it ends in another block
                self._skip_string()

    def _follow(self, opened: list[int]) -> int | None:
        """Follow the brackets to where the value ends (0), the block ends (None) or a string leaves the block."""
        block, at, end = self._block, self._at, len(self._block)
        find = _TO_BRACKET.match
        try:
            while opened:
                if (found := find(block, at)) is not None:  # it matches nothing as well
                    at = found.end()
                if at == end:
                    return None
                sign = block[at]
                if sign == _QUOTE:
                    return sign
                at += 1
                if sign == opened[-1]:
                    opened.pop()
                elif (closing := _CLOSING.get(sign)) is None:
                    raise Malformed("brackets do not match")
                else:
                    opened.append(closing)
                    self._count_bracket(len(opened))
            return 0
        finally:
            self._at = at

    def _count_bracket(self, depth: int) -> None:
        self._brackets += 1
        if depth > self._deepest:
            raise TooComplex("Its JSON is nested too deeply.")
        if self._brackets > MOST_BRACKETS:
            raise TooComplex("Its JSON holds too many objects and arrays.")

    def _skip_string(self) -> None:
        self._at += 1
        while True:
            self._at = self._end_of(_IN_STRING)
            if self._block[self._at : self._at + 1] == b'"':
                self._at += 1
                return
            self._go_on()

    def _skip_scalar(self) -> None:
        while True:
            self._at = self._end_of(_SCALAR)
            if self._at < len(self._block) or not self._next_block():
                return

    def _end_of(self, pattern: re.Pattern[bytes]) -> int:
        found = pattern.match(self._block, self._at)
        assert found is not None  # each of them matches nothing as well
        return found.end()

    def _go_on(self) -> None:
        if not self._next_block():
            raise Malformed("the document ends too early")

    def _next_block(self) -> bool:
        """What has not been read, such as half an escape, begins the next block."""
        self._keep_head()
        block = self._file.read(BLOCK)
        self._begin += self._at
        self._block, self._at, self._head_at = self._block[self._at :] + block, 0, 0
        return bool(block)

    def _keep_head(self) -> None:
        if self._head_left > 0:
            part = self._block[self._head_at : min(self._at, self._head_at + self._head_left)]
            self._head_left -= len(part)
            self._head.append(part)
