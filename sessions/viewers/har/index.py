"""What is kept of an archive, so that a page opens it again without reading it: one short row for each request.

No word of the file is in it, only numbers, places and names of our own. A search for an address reads the addresses
from the file, where the index says they stand, and nothing between them.
"""

from collections.abc import Iterable, Iterator
from typing import IO

import msgspec

from sessions.viewers.har.archive import NotHar, Summary, address_at, read_archive

# That of what is kept: another one makes every archive be read again.
VERSION = 1


class HarIndex(msgspec.Struct):
    """The requests in the order they were begun, or the sentence that says why there are none."""

    requests: list[Summary]
    refused: str = ""


def index_archive(file: IO[bytes]) -> HarIndex:
    """One pass over the file. What is no archive has an index too, or it would be read anew for each page."""
    try:
        return HarIndex(read_archive(file))
    except NotHar as error:
        return HarIndex([], str(error))


def with_address(file: IO[bytes], requests: Iterable[Summary], search: str) -> Iterator[Summary]:
    """Those whose address holds the text, in whatever case."""
    needle = search.casefold()
    return (one for one in requests if needle in address_at(file, one).casefold())
