"""Reads one input, named on the command line, and prints by how many MiB this process has grown."""

import os
import resource
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

MIB = 1024 * 1024


def repeated(unit: bytes, before: bytes, after: bytes, size: int) -> Iterator[bytes]:
    """In pieces, so that writing the file costs no memory."""
    yield before
    many = unit * (64 * 1024 // len(unit))
    for _ in range((size - len(before) - len(after)) // len(many)):
        yield many
    yield after


def main(reader: str, unit: str, before: str, after: str, size: str) -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sessionhistory.settings")
    django.setup()
    from django.template.loader import get_template

    from tests.linear import ways_in

    get_template("detail/view_requests.html")
    read = getattr(ways_in, reader)
    parts = [text.encode("latin-1") for text in (unit, before, after)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sent"
        with path.open("wb") as file:
            file.writelines(repeated(*parts, int(size)))
        # A small one first: what is loaded once is no growth.
        read(ways_in.small(path))
        before_it = high_water()
        outcome = read(path)
        sys.stdout.write(f"{high_water() - before_it:.1f} {outcome}")


def high_water() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
