"""Recordings: a page as rrweb sees it, a terminal as asciinema does."""

import json
import random
from datetime import datetime
from typing import Any

Line = dict[str, Any]


def recording(rng: random.Random, line: Line, start: datetime, end: datetime) -> bytes:
    """What rrweb records of a page: its address, its nodes, then what moved and was clicked. One JSON array."""
    width, height = line["device"]["screen_width"], line["device"]["screen_height"]
    begin, length = int(start.timestamp() * 1000), max(int((end - start).total_seconds() * 1000), 1)
    title = {"type": 2, "tagName": "h1", "attributes": {}, "id": 5, "childNodes": [_text(line["app"]["name"], 6)]}
    body = {"type": 2, "tagName": "body", "attributes": {}, "id": 4, "childNodes": [title]}
    page = {"type": 2, "tagName": "html", "attributes": {"lang": "en"}, "id": 2, "childNodes": [body]}
    events: list[Line] = [
        {
            "type": 4,
            "timestamp": begin,
            "data": {"href": "https://shop.acme.example/", "width": width, "height": height},
        },
        {
            "type": 2,
            "timestamp": begin,
            "data": {
                "node": {"type": 0, "id": 1, "childNodes": [page]},
                "initialOffset": {"left": 0, "top": 0},
            },
        },
    ]
    for moment in sorted(rng.randrange(length) for _ in range(60)):
        x, y = rng.randrange(width), rng.randrange(height)
        click = rng.random() < 0.3
        data: Line = {"source": 2, "type": 2, "id": 5, "x": x, "y": y}
        if not click:
            data = {"source": 1, "positions": [{"x": x, "y": y, "id": 4, "timeOffset": 0}]}
        events.append({"type": 3, "timestamp": begin + moment, "data": data})
    return json.dumps(events).encode()


def _text(text: str | None, ident: int) -> Line:
    return {"type": 3, "textContent": text or "", "id": ident}


def terminal(rng: random.Random, start: datetime) -> bytes:
    """A recorded terminal, asciicast v2: JSON lines of [seconds, "o", text]."""
    lines: list[Any] = [{"version": 2, "width": 120, "height": 32, "timestamp": int(start.timestamp())}]
    time = 0.0
    for command, output in (
        ("SELECT count(*) FROM orders WHERE state = 'open';", " count\r\n-------\r\n  4711\r\n(1 row)\r\n"),
        ("\\d orders", 'Table "public.orders"\r\n id | bigint | not null\r\n state | text |\r\n'),
        ("EXPLAIN SELECT * FROM orders ORDER BY id DESC LIMIT 5;", " Limit  (cost=0.43..0.62 rows=5)\r\n"),
    ):
        for letter in command:
            time += rng.uniform(0.03, 0.2)
            lines.append([round(time, 3), "o", letter])
        time += rng.uniform(0.1, 0.8)
        lines.append([round(time, 3), "o", f"\r\n{output}orders=> "])
    return "".join(json.dumps(line) + "\n" for line in lines).encode()
