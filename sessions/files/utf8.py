"""Text files in whatever encoding as UTF-8, for readers that know no other."""

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import IO

BLOCK_BYTES = 1024 * 1024


@contextmanager
def utf8_file(content: IO[bytes], encoding: str) -> Iterator[IO[bytes]]:
    """The file from its start; one in another encoding is written anew, on the disk, since it may be large."""
    content.seek(0)
    if encoding == "utf-8-sig":
        yield content
        return
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    with TemporaryFile() as rewritten:
        while block := content.read(BLOCK_BYTES):
            rewritten.write(decoder.decode(block).encode("utf-8", "replace"))
        rewritten.write(decoder.decode(b"", final=True).encode("utf-8", "replace"))
        rewritten.seek(0)
        yield rewritten
