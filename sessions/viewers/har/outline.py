"""A value of JSON that is too large to be decoded, without what is long in it.

Strings are cut, lists end early, and what is deep and long is null, so that what is left is decoded at a bounded cost.
"""

from typing import IO

from sessions.files.json_items import Item, Reader
from sessions.viewers.har.loose import whole_characters

LONGEST_VALUE = 384 * 1024
LONGEST_OUTLINE = 3 * 1024 * 1024
MOST_PARTS = 1_000
LEVELS = 4
# Each part is counted as so many bytes more, or millions of empty ones would be gone through.
PART = 64
# Beside a string that was cut: how many bytes of it are missing.
LEFT_OUT = "_leftOut"


def outline(file: IO[bytes], offset: int) -> bytes:
    """The value at this offset, which was read before, as JSON of at most about LONGEST_OUTLINE bytes."""
    return _Outline(Reader(file, offset)).value(LEVELS)


class _Outline:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._left = LONGEST_OUTLINE

    def value(self, levels: int) -> bytes:
        sign = self._reader.peek()
        levels = levels if self._left > 0 else 0
        if levels and sign == b"{":
            return b"{%b}" % b",".join(self._object(levels))
        if levels and sign == b"[":
            return b"[%b]" % b",".join(self._array(levels))
        return self._whole_or_null(self._take())

    def _object(self, levels: int) -> list[bytes]:
        found: list[bytes] = []
        for _ in self._reader.parts(b"{"):
            key = self._take_key()
            if self._reader.peek() == b'"':
                found += self._cut_string(key)
            else:
                found.append(key + self.value(levels - 1))
            if len(found) >= MOST_PARTS:
                self._reader.skip_nested(b"{")
                break
        return found

    def _array(self, levels: int) -> list[bytes]:
        found: list[bytes] = []
        for _ in self._reader.parts(b"["):
            found.append(self.value(levels - 1))
            if len(found) >= MOST_PARTS:
                self._reader.skip_nested(b"[")
                break
        return found

    def _take(self) -> Item:
        item = self._reader.value(max(min(LONGEST_VALUE, self._left), 0))
        self._left -= PART + len(item.head)
        return item

    def _take_key(self) -> bytes:
        """A key and its colon; one that is too long to be looked for is empty."""
        item = self._reader.key_item()
        self._left -= PART + len(item.head)
        return (item.head if item.is_whole else b'""') + b":"

    def _cut_string(self, key: bytes) -> list[bytes]:
        item = self._take()
        if item.is_whole:
            return [key + item.head]
        kept = whole_characters(item.head[1:])
        return [b'%b"%b"' % (key, kept), b'"%b":%d' % (LEFT_OUT.encode(), item.length - 2 - len(kept))]

    def _whole_or_null(self, item: Item) -> bytes:
        return item.head if item.is_whole else b"null"
