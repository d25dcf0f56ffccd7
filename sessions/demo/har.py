"""HTTP archives: a few pages with their requests, as a browser writes them."""

import json
import random
from datetime import datetime, timedelta
from typing import Any

Line = dict[str, Any]

KINDS = (
    ("text/html", "", 18_000), ("text/css", "app.css", 42_000), ("application/javascript", "app.js", 310_000),
    ("application/json", "api/v2/products", 9_000), ("application/json", "api/v2/cart", 1_200),
    ("image/webp", "img/hero.webp", 88_000), ("font/woff2", "font/inter.woff2", 46_000),
)  # fmt: skip
REASONS = {200: "OK", 201: "Created", 304: "Not Modified", 404: "Not Found", 500: "Internal Server Error"}


def har(rng: random.Random, start: datetime, end: datetime, host: str) -> bytes:
    """HAR 1.2: a few pages with their requests."""
    pages, entries = [], []
    for number in range(rng.randrange(1, 4)):
        opened = start + (end - start) * number / 4
        page = f"page_{number + 1}"
        load = rng.uniform(300, 2500)
        pages.append(
            {
                "startedDateTime": _stamp(opened),
                "id": page,
                "title": f"https://{host}/{'' if number == 0 else 'product/' + str(rng.randrange(900))}",
                "pageTimings": {"onContentLoad": round(load * 0.6, 1), "onLoad": round(load, 1)},
            }
        )
        entries += [_har_entry(rng, page, opened, host) for _ in range(rng.randrange(6, 24))]
    entries.sort(key=lambda entry: entry["startedDateTime"])
    creator = {"name": "Acme recorder", "version": "4.2"}
    content = {"log": {"version": "1.2", "creator": creator, "pages": pages, "entries": entries}}
    return json.dumps(content).encode()


def _har_entry(rng: random.Random, page: str, opened: datetime, host: str) -> Line:
    mime, path, usual = rng.choice(KINDS)
    status = rng.choices((200, 304, 404, 500), (84, 8, 6, 2))[0]
    size = 0 if status == 304 else int(usual * rng.uniform(0.4, 1.6))
    timings = {
        "blocked": round(rng.uniform(0, 4), 2),
        "dns": rng.choice((-1, round(rng.uniform(1, 30), 2))),
        "connect": rng.choice((-1, round(rng.uniform(5, 60), 2))),
        "ssl": -1,
        "send": round(rng.uniform(0.05, 1), 2),
        "wait": round(rng.lognormvariate(4, 0.8), 2),
        "receive": round(rng.uniform(0.1, 40), 2),
    }
    method = "POST" if path.endswith("cart") and rng.random() < 0.4 else "GET"
    body = '{"items": []}' if mime == "application/json" else ""
    return {
        "pageref": page,
        "startedDateTime": _stamp(opened + timedelta(milliseconds=rng.uniform(0, 2400))),
        "time": round(sum(value for value in timings.values() if value > 0), 2),
        "request": {
            "method": method,
            "url": f"https://{host}/{path}",
            "httpVersion": "HTTP/2.0",
            "cookies": [],
            "headers": [{"name": "Accept", "value": mime}, {"name": "Host", "value": host}],
            "queryString": [],
            "headersSize": 180,
            "bodySize": 42 if method == "POST" else 0,
        },
        "response": {
            "status": status,
            "statusText": REASONS[status],
            "httpVersion": "HTTP/2.0",
            "cookies": [],
            "headers": [{"name": "Content-Type", "value": mime}],
            "content": {"size": size, "mimeType": mime, "text": body},
            "redirectURL": "",
            "headersSize": 210,
            "bodySize": size,
        },
        "cache": {},
        "timings": timings,
        "serverIPAddress": "203.0.113.80",
    }


def _stamp(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
