"""The sessions of 120 days, oldest first: by day and hour of the week, by whom, on what, how long, how they ended."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sessions.demo.cast import ANONYMOUS, KIOSK_VISITORS, Person, Token
from sessions.demo.events import events_of
from sessions.demo.places import (
    APPS,
    CITIES,
    CONNECTORS,
    HARDWARE,
    NETWORKS,
    RESOURCES,
    STORES,
    USER_AGENTS,
    DemoApp,
)
from sessions.demo.titles import tell_of

DAYS = 120
ZONE = ZoneInfo("Europe/Berlin")
WEEKDAYS = (1.0, 1.1, 1.15, 1.1, 0.9, 0.35, 0.25)
HOURS = (1, 1, 1, 1, 1, 2, 5, 12, 25, 38, 42, 40, 28, 35, 42, 40, 34, 24, 15, 12, 10, 7, 4, 2)
# (share, shortest, longest) in seconds; the first is "no queue".
QUEUES = ((38, 0, 0), (34, 0.4, 6), (15, 6, 20), (9, 20, 60), (4, 60, 300))
RUNNING_NOW, WAITING_NOW = 7, 4

Line = dict[str, Any]


@dataclass(frozen=True)
class Cast:
    """Whose sessions they are."""

    people: Sequence[Person]
    tokens: Sequence[Token]


def tell(rng: random.Random, cast: Cast, now: datetime, count: int) -> list[Line]:
    """`count` sessions as the contract's JSON, in the order in which they took place, none after `now`."""
    moments = sorted(_moments(rng, now, count - RUNNING_NOW - WAITING_NOW))
    lines = [_session(rng, cast, now, moment, number) for number, moment in enumerate(moments)]
    for number in range(len(moments), count):
        waiting = number >= len(moments) + RUNNING_NOW
        age = timedelta(seconds=rng.uniform(5, 90) if waiting else rng.uniform(30, 1500))
        lines.append(_still_open(_session(rng, cast, now, now - age, number), now, waiting=waiting))
    return lines


def _moments(rng: random.Random, now: datetime, count: int) -> Iterator[datetime]:
    """More at work than at night, more lately than long ago, and always some within the last hours."""
    today = now.astimezone(ZONE).date()
    days = [today - timedelta(days=ago) for ago in range(DAYS)]
    weights = [WEEKDAYS[day.weekday()] * (1.5 - ago / DAYS) for ago, day in enumerate(days)]
    recent = min(count // 50, 60)
    for _ in range(recent):
        yield now - timedelta(seconds=rng.uniform(120, 5 * 3600))
    left = count - recent
    while left:
        day = rng.choices(days, weights)[0]
        hour = rng.choices(range(24), HOURS)[0]
        local = datetime(day.year, day.month, day.day, hour, tzinfo=ZONE)
        moment = local.astimezone(UTC) + timedelta(milliseconds=rng.randrange(3_600_000))
        if moment < now - timedelta(minutes=2):
            left -= 1
            yield moment


def pick(rng: random.Random, options: Sequence[Any], weights: Sequence[float] | None = None) -> Any:
    return rng.choices(options, weights or [option.weight for option in options])[0]


def _session(rng: random.Random, cast: Cast, now: datetime, moment: datetime, number: int) -> Line:
    ago = (now - moment) / timedelta(days=1)
    app = pick(rng, [app for app in APPS if app.days_ago[0] <= ago <= app.days_ago[1] + 1])
    hardware = pick(rng, HARDWARE[app.platform])
    os_version = rng.choice(hardware.versions)
    version = f"{app.version[0]}.{app.version[1] - min(int(ago // 20), app.version[1])}.{rng.choice((0, 0, 1, 2))}"
    line: Line = {
        "external_id": f"demo-{number:05d}",
        "initiator": _initiator(rng, cast, app, moment),
        "app": {
            "app_id": app.app_id,
            "name": app.name,
            "group": app.group,
            "platform": app.platform,
            "version": version,
            "build": str(4200 - int(ago) * 7 + rng.randrange(5)),
        },
        "device": {
            "device_id": f"{app.platform}-{rng.randrange(40):04d}",
            "manufacturer": hardware.manufacturer,
            "model": hardware.model,
            "type": hardware.type,
            "screen_width": hardware.screen[0],
            "screen_height": hardware.screen[1],
            "network_type": rng.choice(NETWORKS[app.platform]),
        },
        "os": {"name": hardware.system, "version": os_version},
        "environment": rng.choices(("production", "staging", "review"), (7, 2, 1))[0],
        "attributes": _attributes(rng),
    }
    if app.platform in ("ios", "android", "web"):
        line["sdk"] = {"version": f"4.{rng.randrange(3)}.0", "plug_version": "1.8.2"}
    _set_times(rng, line, moment, now)
    _set_place(rng, line, app, version, os_version)
    _set_flags(rng, line)
    line["events"] = events_of(rng, line)
    return line | tell_of(line, moment)


def _initiator(rng: random.Random, cast: Cast, app: DemoApp, moment: datetime) -> Line:
    if app.platform == "kiosk":
        return {"type": "anonymous", "label": pick(rng, KIOSK_VISITORS).label}
    night = moment.astimezone(ZONE).hour < 5
    kinds = {"user": 2 if night else 74, "token": 20, "anonymous": 1 if night else 10}
    if app.platform == "proxy":
        kinds["anonymous"] = 0
    kind = pick(rng, list(kinds), list(kinds.values()))
    if kind == "user":
        person = pick(rng, cast.people)
        return {"type": "user", "username": person.username or None, "email": person.email}
    if kind == "token":
        token = pick(rng, [token for token in cast.tokens if token.nightly or not night])
        return {"type": "token", "label": token.label}
    return {"type": "anonymous", "label": pick(rng, ANONYMOUS).label}


def _attributes(rng: random.Random) -> Line:
    attributes: Line = {}
    if rng.random() < 0.4:
        attributes["branch"] = rng.choice(("main", "main", "release/2026.11", "feature/one-tap-checkout"))
        attributes["commit"] = f"{rng.getrandbits(28):07x}"
    if rng.random() < 0.2:
        attributes["experiment"] = rng.choice(("checkout-a", "checkout-b"))
        attributes["cart_value"] = round(rng.uniform(4, 320), 2)
    if rng.random() < 0.05:
        attributes["premium"] = rng.random() < 0.5
    return attributes


def _set_times(rng: random.Random, line: Line, moment: datetime, now: datetime) -> None:
    """`moment` is when it was asked for. One in twenty fails, one in a hundred falls silent."""
    _, shortest, longest = rng.choices(QUEUES, [queue[0] for queue in QUEUES])[0]
    started = min(moment + timedelta(milliseconds=int(rng.uniform(shortest, longest) * 1000)), now)
    # Half of them take under four minutes, one in a hundred most of an hour.
    seconds = min(rng.lognormvariate(5.4, 1.1), 3 * 3600)
    ended = min(started + timedelta(milliseconds=int(seconds * 1000)), now)
    fate = rng.random()
    if line["app"]["platform"] not in ("web", "kiosk") or rng.random() < 0.6:
        line["requested_at"] = moment
    if fate < 0.012 and "requested_at" in line:
        line |= {"status": "failed", "ended_at": started}  # before it started
        return
    line["started_at"] = started
    if fate < 0.05:
        line |= {"status": "failed", "ended_at": started + (ended - started) / 5}
    elif fate < 0.06:
        # Half of the silent ones were given up by their producer, the others simply stopped.
        line |= {"status": rng.choice(("lost", "active")), "last_seen_at": ended}
    else:
        line |= {"status": "ended", "ended_at": ended}


def _still_open(line: Line, now: datetime, *, waiting: bool) -> Line:
    """The same session, waiting or running right now."""
    moment: datetime = line.get("requested_at") or line["started_at"]
    line.pop("ended_at", None)
    line.pop("outcome", None)
    line["last_seen_at"] = now
    if waiting:
        line.pop("started_at", None)
        return line | {"status": "queued", "requested_at": moment, "events": []}
    line["started_at"] = min(line.get("started_at") or moment, now)
    line["events"] = [event for event in line["events"] if event["event_time"] <= now]
    return line | {"status": "active"}


def _set_place(rng: random.Random, line: Line, app: DemoApp, version: str, os_version: str) -> None:
    city = pick(rng, CITIES)
    host = rng.randrange(1, 255)
    line["network"] = {
        "client_ip": f"{city.network}::{host:x}" if ":" in city.network else f"{city.network}.{host}",
        "user_agent": USER_AGENTS[app.platform].format(version=version, os=os_version),
    }
    line["data_residency"] = "EU" if city.country in ("DE", "FR") else "US"
    if rng.random() < 0.7:
        line["location"] = {
            "country": city.country,
            "latitude": round(city.latitude + rng.uniform(-0.2, 0.2), 5),
            "longitude": round(city.longitude + rng.uniform(-0.2, 0.2), 5),
            "accuracy": rng.choice((5.0, 12.0, 65.0, 1500.0)),
        }
    if app.platform == "proxy":
        kind, ident, name, technology = RESOURCES[app.app_id]
        connector = rng.choice(CONNECTORS)
        line["network"]["server_ip"] = "10.20.0.12"
        line["resource"] = {"type": kind, "id": ident, "name": name, "technology": technology}
        line["connector"] = {"id": connector[0], "name": connector[1]}
        line["sidecar"] = {"id": f"sc-{connector[0]}", "name": f"Sidecar {connector[1]}", "technology": technology}
    if app.platform == "kiosk":
        store, number = rng.choice(STORES)
        line["space_id"] = f"space-{store}"
        line["installation_id"] = f"inst-{store}-{rng.randrange(1, 6)}"
        line["installation_version"] = f"2026.{11 - number}"
        line["client_id"] = f"client-{number}"
        line["capture_id"] = f"cap-{rng.getrandbits(32):08x}"


def _set_flags(rng: random.Random, line: Line) -> None:
    mobile = line["app"]["platform"] in ("ios", "android")
    failed = line["status"] == "failed"
    flags = {
        "exception": rng.random() < (0.35 if failed else 0.08),
        "crash": rng.random() < (0.3 if failed else 0.008),
        "anr": line["app"]["platform"] == "android" and rng.random() < 0.02,
        "rage_tap": mobile and rng.random() < 0.05,
    }
    if "started_at" in line and any(flags.values()):
        line["flags"] = flags
