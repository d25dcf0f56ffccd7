"""Text that a session leaves behind: debug logs and crash reports."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

Line = dict[str, Any]

LEVELS = (("DEBUG", 30), ("INFO", 55), ("WARN", 10), ("ERROR", 5))
PARTS = ("net.http", "ui.router", "cart.store", "auth.session", "render", "db.cache", "push")
SAYINGS = {
    "DEBUG": ("cache hit for key product:{n}", "layout pass took {n} µs", "retaining {n} views"),
    "INFO": ("GET /api/v2/products?page={n} -> 200", "navigated to /product/{n}", "cart now holds {n} items"),
    "WARN": ("slow frame: {n} ms", "retrying request {n}", "token expires in {n} s"),
    "ERROR": ("request {n} failed: timeout after 30000 ms", "TypeError: undefined is not an object ({n})"),
}
LIBRARIES = ("AcmeShop", "UIKitCore", "libdispatch.dylib", "CoreFoundation")
FUNCTIONS = ("closure #1", "_objc_msgSend", "CartStore.total()")
TRACE = """    at com.acme.shop.cart.CartStore.total(CartStore.kt:{n})
    at com.acme.shop.cart.CartFragment.render(CartFragment.kt:88)
    at android.view.View.performClick(View.java:7448)
"""


def log(rng: random.Random, start: datetime, end: datetime, lines: int) -> bytes:
    """Timestamps in UTC, levels, components; traces behind some errors."""
    step = (end - start) / max(lines, 1)
    return "".join(_log_lines(rng, start, step, lines)).encode()


def _log_lines(rng: random.Random, time: datetime, step: timedelta, count: int) -> Iterator[str]:
    levels = rng.choices([level for level, _ in LEVELS], [weight for _, weight in LEVELS], k=count)
    for number, level in enumerate(levels):
        saying = rng.choice(SAYINGS[level]).format(n=rng.randrange(9000))
        stamp = (time + number * step).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        yield f"{stamp} {level:<5} [{rng.choice(PARTS)}] {saying}\n"
        if level == "ERROR" and rng.random() < 0.3:
            yield TRACE.format(n=rng.randrange(20, 400))


def crash_report(rng: random.Random, line: Line, time: datetime) -> bytes:
    device, system, app = line["device"], line["os"], line["app"]
    frames = "".join(
        f"{number:<3} {rng.choice(LIBRARIES):<20} 0x{rng.getrandbits(40):016x} {rng.choice(FUNCTIONS)} + {number}\n"
        for number in range(18)
    )
    return (
        f"Incident Identifier: {rng.getrandbits(64):016X}\n"
        f"Hardware Model:      {device['manufacturer']} {device['model']}\n"
        f"Process:             {app['name']} [{rng.randrange(300, 9000)}]\n"
        f"Identifier:          {app['app_id']}\n"
        f"Version:             {app['version']} ({app['build']})\n"
        f"Date/Time:           {time.isoformat(sep=' ', timespec='milliseconds')}\n"
        f"OS Version:          {system['name']} {system['version']}\n\n"
        "Exception Type:  EXC_BAD_ACCESS (SIGSEGV)\n"
        f"Exception Codes: KERN_INVALID_ADDRESS at 0x{rng.getrandbits(32):016x}\n"
        "Triggered by Thread:  0\n\nThread 0 Crashed:\n" + frames
    ).encode()
