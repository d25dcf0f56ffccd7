"""What sessions were and how they went: tests of tokens, flows of kiosks, queries of proxies. Others have no title."""

import hashlib
import random
from datetime import datetime
from typing import Any

Line = dict[str, Any]

# Of tests, by their suite.
TESTS: dict[str, tuple[str, ...]] = {
    "checkout.spec.ts": (
        "checkout › pays with a saved card",
        "checkout › pays with an expired card",
        "checkout › splits the bill between two vouchers",
        "checkout › keeps the cart when the connection is lost in the middle of a payment and comes back later",
        "checkout › zahlt auf Rechnung",
    ),
    "search.spec.ts": (
        "search › finds a product by its name",
        "search › suggests what others looked for",
        "search › says that nothing was found",
    ),
    "account.spec.ts": (
        "account › signs in with a passkey",
        "account › resets a forgotten password",
        "account › exports everything that is known of a person (GDPR, article 15)",
        "account › shows names such as 山田 花子 and محمد الفارسي whole",
    ),
    "offline.spec.ts": ("offline › opens the last order", "offline › queues a scan until there is a network"),
}
TEST_FAILURES = (
    "expect(locator('h1')).toHaveText(expected): expected “Thank you”, received “Something went wrong”",
    "TimeoutError: locator.click: Timeout 30000ms exceeded.\nwaiting for getByRole('button', { name: 'Pay now' })",
    "TypeError: Cannot read properties of undefined (reading 'price')",
    "AssertionError: expected the total to be 41.97, got 41.98",
    "The app closed itself while the test was waiting for the cart",
)
SHOTS = ("App Store screenshots › en-US", "App Store screenshots › de-DE", "App Store screenshots › ja-JP")
SYNCS = ("price list of Partner GmbH", "stock of 14 branches", "orders of yesterday")
ORDERS = ("flat white, take-away", "espresso and croissant", "lunch menu 2", "children's menu, dine-in")
TICKETS = ("Tageskarte AB", "Kurzstrecke", "Hannover – Berlin, 2. Klasse", "Fahrradkarte")
KIOSK_FAILURES = (
    "The card reader did not answer within 30 s",
    "The receipt printer is out of paper",
    "The payment was declined (51, insufficient funds)",
    "The drawer of the ticket printer is open",
)
QUERIES = (
    "SELECT status, count(*) FROM orders WHERE placed_at >= now() - interval '7 days' GROUP BY status",
    "SELECT * FROM customers WHERE email = $1",
    "UPDATE orders SET status = 'refunded' WHERE id = $1",
    "EXPLAIN ANALYZE SELECT * FROM order_lines JOIN products USING (product_id)",
)
COMMANDS = (
    "kubectl get pods -n checkout",
    "kubectl logs deploy/payments --since=15m",
    "kubectl exec -it deploy/search -- sh",
    "kubectl rollout restart deploy/recommendations -n shop",
)
PROXY_FAILURES = {
    "orders-db": (
        "ERROR: canceling statement due to statement timeout",
        "ERROR: permission denied for table customers",
        'FATAL: remaining connection slots are reserved for roles with the "pg_use_reserved_connections" attribute',
    ),
    "k8s-production": (
        'Error from server (Forbidden): pods is forbidden: cannot list resource "pods" in the namespace "checkout"',
        "error: unable to upgrade connection: container not found",
    ),
}
FAILURES = (
    "The app closed itself while it started",
    "The device restarted",
    "The video stream could not be opened: ICE failed",
    "Lost the connection to the device for more than 60 s",
)
NEVER_STARTED = ("No device became free within 5 minutes", "The build could not be installed: it is not signed")


def tell_of(line: Line, moment: datetime) -> Line:
    """Its title and outcome, and of a test its suite and run. The same in every demo, whatever else changes in it."""
    rng = random.Random(line["external_id"])  # noqa: S311
    app_id, platform, label = line["app"]["app_id"], line["app"]["platform"], line["initiator"].get("label") or ""
    if platform == "kiosk":
        told = _flow(rng, app_id, line)
    elif platform == "proxy":
        titles = QUERIES if app_id == "orders-db" else COMMANDS
        told = {"title": rng.choice(titles), "outcome": _failed(rng, line, PROXY_FAILURES[app_id])}
    elif line["initiator"]["type"] != "token":
        told = {"outcome": _failed(rng, line, FAILURES) if rng.random() < 0.7 else None}
    elif label.startswith("screenshots"):
        told = {"title": rng.choice(SHOTS), "outcome": _failed(rng, line, FAILURES)}
    elif label.startswith("partner-sync"):
        told = {"title": f"sync › {rng.choice(SYNCS)}", "outcome": _failed(rng, line, FAILURES)}
    else:
        told = _test(rng, line, f"{label}-{moment:%Y-%m-%d}")
    return {name: value for name, value in told.items() if value}


def _failed(rng: random.Random, line: Line, reasons: tuple[str, ...]) -> str | None:
    """Why it failed, if it did."""
    if line["status"] != "failed":
        return None
    return rng.choice(reasons if "started_at" in line else NEVER_STARTED)


def _flow(rng: random.Random, app_id: str, line: Line) -> Line:
    what = f"ticket › {rng.choice(TICKETS)}" if app_id.endswith("tickets") else f"order › {rng.choice(ORDERS)}"
    gone = rng.random()
    if line["status"] == "ended":
        paid = f"paid {rng.randrange(290, 4990) / 100:.2f} € by {rng.choice(('card', 'phone', 'cash'))}"
        return {"title": what, "outcome": paid if gone < 0.7 else "given up before the payment" if gone < 0.9 else None}
    return {"title": what, "outcome": _failed(rng, line, KIOSK_FAILURES)}


def _test(rng: random.Random, line: Line, run: str) -> Line:
    """All tests of a run are of one commit."""
    suite = rng.choice(list(TESTS))
    retry = int(rng.random() < 0.06)
    about = {"suite": suite, "run": run, "retry": retry, "commit": hashlib.sha256(run.encode()).hexdigest()[:7]}
    outcome = _failed(rng, line, TEST_FAILURES)
    return {"title": rng.choice(TESTS[suite]), "outcome": outcome, "attributes": line["attributes"] | about}
