"""A terminal recording made by asciinema, in each version of the format."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).parent.parent / "data" / "recordings"


def cast(version: int) -> bytes:
    """The recording of asciinema 2.4, whose version is 2, or the same events written as another version has them."""
    raw = (RECORDED / "shop.cast").read_bytes()
    if version == 2:
        return raw
    header, *events = map(json.loads, raw.splitlines())
    times = [0.0, *(time for time, _, _ in events)]
    delays = [round(after - before, 6) for before, after in pairwise(times)]
    if version == 1:
        stdout = [[delay, data] for delay, (_, _, data) in zip(delays, events, strict=True)]
        return json.dumps({"version": 1, "width": 80, "height": 24, "duration": times[-1], "stdout": stdout}).encode()
    term = {"cols": header["width"], "rows": header["height"]}
    head = {"version": 3, "term": term, "timestamp": header["timestamp"], "title": header["title"]}
    later = [[delay, code, data] for delay, (_, code, data) in zip(delays, events, strict=True)]
    return lines(head, "# a comment", *later, [0.0, "x", "0"])


def lines(*values: Any) -> bytes:
    """Each as JSON on a line; a text as it is."""
    return "".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in values).encode()


def moments(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((RECORDED / f"{name}.moments.json").read_text())
    return found
