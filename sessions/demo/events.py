"""What happened in a session, second by second."""

import random
from datetime import datetime, timedelta
from typing import Any

Line = dict[str, Any]

SCREENS = ("home", "search", "product", "cart", "checkout", "profile", "orders", "settings", "help")
BUTTONS = ("Add to cart", "Pay now", "Back", "Search", "Apply filter", "Continue", "Zur Kasse", "もっと見る")
CALLS = ("/api/v2/products", "/api/v2/cart", "/api/v2/session", "/api/v2/recommendations", "/api/v2/payments")
MESSAGES = (
    "TypeError: Cannot read properties of undefined (reading 'price')",
    "NetworkError when attempting to fetch resource",
    "IllegalStateException: Fragment not attached to a context",
    "Failed to load resource: the server responded with a status of 404 (Not Found)",
)
KIOSK_EVENTS = ("idle", "started", "category", "product", "payment", "receipt", "door", "finished")
PRODUCTS = ("espresso", "flat-white", "croissant", "tageskarte-ab", "kurzstrecke")


def events_of(rng: random.Random, line: Line) -> list[Line]:
    """Of six sessions in ten 5 to 40, of the others none to a few, in order of time, within the session."""
    if "started_at" not in line:
        return []
    count = rng.randrange(5, 41) if rng.random() < 0.6 else rng.randrange(0, 4)
    start, end = line["started_at"], line.get("ended_at") or line["last_seen_at"]
    times = sorted(start + (end - start) * rng.random() for _ in range(count))
    times = [time.replace(microsecond=time.microsecond // 1000 * 1000) for time in times]
    times = [max(time, start) for time in times]
    make = _kiosk_event if line["app"]["platform"] == "kiosk" else _app_event
    events = [make(rng, line, time) for time in times]
    return sorted(events + _flagged(rng, line, start, end), key=lambda event: event["event_time"])


def _app_event(rng: random.Random, line: Line, time: datetime) -> Line:
    screen = rng.choice(SCREENS)
    event: Line = {"event_time": time, "view_id": f"view-{screen}", "source_type": line["app"]["platform"]}
    kind = rng.choices(("navigate", "click", "network", "console-error"), (30, 45, 22, 3))[0]
    event |= {"event_type": kind, "interaction": kind == "click"}
    if kind == "navigate":
        event["event_properties"] = {"url": f"https://shop.acme.example/{screen}", "screen": screen}
        event["source_properties"] = {"url": {"host": "shop.acme.example", "path": f"/{screen}"}}
    elif kind == "click":
        event["event_properties"] = {
            "element_text": rng.choice(BUTTONS),
            "x": rng.randrange(line["device"]["screen_width"]),
            "y": rng.randrange(line["device"]["screen_height"]),
        }
    elif kind == "network":
        event["event_properties"] = {
            "method": rng.choice(("GET", "GET", "POST")),
            "url": f"https://api.acme.example{rng.choice(CALLS)}",
            "status": rng.choices((200, 201, 304, 404, 500), (80, 8, 8, 3, 1))[0],
            "duration_ms": int(rng.lognormvariate(4.8, 0.8)),
        }
    else:
        event["event_properties"] = {"text": rng.choice(MESSAGES)}
    return event


def _kiosk_event(rng: random.Random, line: Line, time: datetime) -> Line:
    kind = rng.choice(KIOSK_EVENTS)
    interactive = kind in ("started", "category", "product", "payment")
    return {
        "event_type": kind,
        "event_time": time,
        "interaction": interactive,
        "device_id": line["device"]["device_id"],
        "product_id": rng.choice(PRODUCTS) if kind in ("product", "payment") else None,
        "category_id": "drinks" if kind in ("category", "product") else None,
        "int1": rng.randrange(1, 5),
        "int2": rng.randrange(100, 2500) if kind == "payment" else None,
        "str1": line["space_id"],
        "str2": rng.choice(("de", "en", "fr")),
        "str3": rng.choice(("card", "cash", "phone")) if kind == "payment" else None,
        "str5": rng.choice(("dine-in", "take-away")) if interactive else None,
        "stateful": kind in ("idle", "started"),
        "public": 1 if interactive else 0,
        "client_id": line["client_id"],
        "capture_id": line["capture_id"],
        "ip": line["network"]["client_ip"],
    }


def _flagged(rng: random.Random, line: Line, start: datetime, end: datetime) -> list[Line]:
    """An event for each flag, so that the flag can be traced to a moment."""
    return [
        {
            "event_type": "rage-tap" if flag == "rage_tap" else flag,
            "event_time": max(start, end - timedelta(milliseconds=rng.randrange(1, 4000))),
            "interaction": flag == "rage_tap",
            "event_properties": {"message": rng.choice(MESSAGES), "fatal": flag == "crash"},
        }
        for flag, raised in line.get("flags", {}).items()
        if raised
    ]
