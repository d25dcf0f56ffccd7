"""However rows are found, they are those that a plain filter in Python finds, in the order of a plain sort."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sessions.ingest.prepare import prepare
from sessions.ingest.writing.load import load
from sessions.models import ApiToken, Organisation, User
from sessions.models.dimensions import DIMENSIONS, Kind
from sessions.models.keys import value_key
from sessions.query import (
    Clauses,
    Count,
    ListRequest,
    count_matches,
    find_page,
    parse,
    stream_csv,
    stream_json,
    tuning,
)
from sessions.query.criteria.names import keys_of_names
from sessions.query.criteria.order import TERMS, Order, Position, Term
from sessions.query.language.printing import quoted
from sessions.query.plans.count import count
from sessions.query.plans.merge_append import next_of_keys, range_scan
from sessions.query.plans.search import Search
from tests.conftest import Send

ROWS = 400
WEEKS = 30
PAGE = 20
PEOPLE = ("uma", "dave", "vera", "will")
TOKENS = ("nightly-ci", "weekly")
APPS = tuple(f"{group}.app{number}" for group in ("north", "south") for number in range(6))
DEVICES = ("iPhone 15", "Pixel 8", "Kiosk")
SYSTEMS = (("iOS", "17.5"), ("iOS", "17.5.1"), ("iOS", "18.0"), ("Android", "18"))
PLATFORMS = ("ios", "android", "web")
FLAGS = ("exception", "crash", "anr", "rage_tap")
# Dimensions of free text, some of whose values never meet, and some are long gone.
TEXTS = {dimension.parameter: dimension.column for dimension in DIMENSIONS if dimension.is_text and dimension.parameter}
# Where JSON has those that do not stand at its top.
PARTS = {
    "app_version": ("app", "version"),
    "app_build": ("app", "build"),
    "network_type": ("device", "network_type"),
    "country": ("location", "country"),
}
ATTRIBUTES = ("branch", "try no. 2")
WORDS = ("production", "staging", 'it\'s \\ "odd" %s {}', "Zoë", "review-1", "review-2", "review-3", "review-4")
STATUSES = ("queued", "active", "ended", "failed", "lost")
NOW = timezone.now().replace(microsecond=0)

Asked = dict[str, Any]


@dataclass(frozen=True)
class Sent:
    """One session that was sent, as its producer knew it."""

    id: UUID
    fields: dict[str, Any]

    @property
    def moment(self) -> datetime:
        moment: datetime = self.fields["started_at"] or self.fields["requested_at"]
        return moment

    @property
    def status(self) -> str:
        silent = NOW - self.fields["last_seen_at"] > timedelta(minutes=30)
        stored: str = self.fields["status"]
        return "lost" if silent and stored in ("queued", "active") else stored

    def text(self, column: str) -> str | None:
        part, name = PARTS.get(column, ("", column))
        text: str | None = (self.fields[part] if part else self.fields)[name]
        return text

    def value(self, field: str) -> Any:
        started, requested, end = (self.fields[name] for name in ("started_at", "requested_at", "ended_at"))
        if field == "date":
            return self.moment
        if field == "queue_ms":
            return (started - requested) // timedelta(milliseconds=1) if started and requested else -1
        end = end or self.fields["last_seen_at"]
        return (end - started) // timedelta(milliseconds=1) if started else -1


def random_fields(rng: random.Random, number: int) -> dict[str, Any]:
    """Spread over weeks, rounded to hours so that moments coincide; what dies young or comes late is among it."""
    hours = rng.randrange(WEEKS * 7 * 24)
    status = rng.choices(STATUSES, (1, 2, 8, 2, 1))[0]
    is_running = status in ("queued", "active") and rng.random() < 0.6
    begin = NOW - timedelta(hours=hours)
    requested = None if rng.random() < 0.3 and status != "queued" else begin - timedelta(seconds=rng.choice((0, 2, 40)))
    started = None if status == "queued" else begin
    ended = begin + timedelta(seconds=rng.choice((0, 5, 600))) if status in ("ended", "failed") else None
    weeks_ago = hours // (7 * 24)
    # Some apps died long ago, one device is new.
    apps = APPS[:3] if weeks_ago > 20 else APPS[2:]
    device = rng.choice(DEVICES[:2] if weeks_ago > 5 else DEVICES)
    name, version = rng.choice(SYSTEMS)
    texts = {column: rng.choice((None, *(WORDS[:4] if weeks_ago > 10 else WORDS[1:]))) for column in TEXTS.values()}
    fields: dict[str, Any] = {
        "external_id": f"s-{number}",
        "status": status,
        "initiator": random_initiator(rng),
        "app": {"app_id": rng.choice(apps), "platform": rng.choice(PLATFORMS)},
        "device": {"model": device},
        "os": {"name": name, "version": version},
        "flags": {flag: rng.random() < 0.2 for flag in FLAGS},
        "requested_at": requested,
        "started_at": started,
        "ended_at": ended,
        "last_seen_at": NOW if is_running else ended or begin,
        "attributes": {name: rng.choice(WORDS) for name in ATTRIBUTES if rng.random() < 0.7},
    }
    for column, text in texts.items():
        part, name = PARTS.get(column, ("", column))
        (fields.setdefault(part, {}) if part else fields)[name] = text
    return fields


def random_initiator(rng: random.Random) -> dict[str, str]:
    kind = rng.choice(("user", "user", "token", "anonymous"))
    if kind == "user":
        person = rng.choice(PEOPLE)
        return {"type": kind, "email": f"{person}@acme.example", "username": person}
    if kind == "anonymous":
        return {"type": kind}
    run_by = {"email": f"{rng.choice(PEOPLE)}@acme.example"} if rng.random() < 0.3 else {}
    return {"type": kind, "label": rng.choice(TOKENS), **run_by}


@pytest.fixture
def sent(acme: Organisation, uma: User, dave: User, nightly: ApiToken, tmp_path: Path, send: Send) -> list[Sent]:
    rng = random.Random(7)
    rows = [random_fields(rng, number) for number in range(ROWS)]
    items = [prepare(acme, msgspec.json.encode(row), 1, tmp_path) for row in rows]
    assert not load(acme, items).refused
    return [Sent(item.id, row) for item, row in zip(items, rows, strict=True)]


@pytest.fixture(autouse=True)
def _small_scans(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few hundred rows are as far from the first ones as millions are from 250."""
    monkeypatch.setattr(tuning, "SCAN_ROWS", 6)
    monkeypatch.setattr(tuning, "SORTED_SCAN_ROWS", 6)
    monkeypatch.setattr(tuning, "MOST_SCAN_ROWS", 200)
    monkeypatch.setattr(tuning, "FEW_KEYS", 4)
    monkeypatch.setattr(tuning, "PROBED_KEYS", 4)
    monkeypatch.setattr(tuning, "ESTIMATED_VALUES", 3)
    monkeypatch.setattr(tuning, "BUCKETS_AT_ONCE", 6)


def owns(viewer: User, row: Sent) -> bool:
    initiator = row.fields["initiator"]
    is_own_token = viewer.username == "dave" and initiator.get("label") == "nightly-ci"
    return viewer.is_admin or initiator.get("email") == viewer.email or is_own_token


def system_names(row: Sent) -> set[str]:
    name, version = row.fields["os"]["name"], row.fields["os"]["version"]
    major = version.split(".")[0]
    return {version, major, name, f"{name} {version}", f"{name} {major}"}


def has_text(row: Sent, text: str) -> bool:
    initiator = row.fields["initiator"]
    # An e-mail's owner has the username that any session told.
    texts = (row.fields["app"]["app_id"], initiator.get("email"), initiator.get("label"))
    return any(text.lower() in value.lower() for value in texts if value)


MATCHES: dict[str, Callable[[Sent, Any], bool]] = {
    "user": lambda row, asked: row.fields["initiator"].get("email", "").split("@")[0] in asked,
    "token": lambda row, asked: row.fields["initiator"].get("label") in asked,
    "app": lambda row, asked: row.fields["app"]["app_id"] in asked,
    "device": lambda row, asked: row.fields["device"]["model"] in asked,
    "os": lambda row, asked: bool(system_names(row) & set(asked)),
    "platform": lambda row, asked: row.fields["app"]["platform"] in asked,
    "status": lambda row, asked: row.status in asked,
    "flag": lambda row, asked: any(row.fields["flags"][flag] for flag in asked),
    "q": has_text,
    "initiator": lambda row, asked: row.fields["initiator"]["type"] in asked,
    **{name: partial(lambda column, row, asked: row.text(column) in asked, column) for name, column in TEXTS.items()},
    **{
        f"attr.{name}": partial(lambda name, row, asked: row.fields["attributes"].get(name) in asked, name)
        for name in ATTRIBUTES
    },
    "start": lambda row, asked: row.moment >= asked,
    "end": lambda row, asked: row.moment <= asked,
}


def some(*values: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=6, unique=True)


MOMENTS = st.integers(0, WEEKS * 7 * 24).map(lambda hours: NOW - timedelta(hours=hours))
LENGTHS = st.sampled_from([0, 1, 2_000, 5_000, 40_000, 599_999, 600_000, 3_600_000])
SEARCHED = st.sampled_from(["north", "APP3", "a", "nightly", "acme", "nothing at all"])
SORTED_BY = st.lists(st.sampled_from(TERMS), min_size=1, max_size=3, unique_by=lambda term: term.field)
NAMED: dict[str, tuple[str, ...]] = {
    "user": (*PEOPLE, "nobody"),
    "token": (*TOKENS, "nothing"),
    "app": (*APPS, "nothing"),
    "device": DEVICES,
    "os": ("iOS", "iOS 17", "17.5", "iOS 17.5.1", "18", "Android 18"),
    "platform": PLATFORMS,
    "status": STATUSES,
    "flag": FLAGS,
    "initiator": ("user", "token", "anonymous"),
    **dict.fromkeys(TEXTS, (*WORDS, "nowhere")),
    **dict.fromkeys((f"attr.{name}" for name in ATTRIBUTES), (*WORDS, "nowhere")),
}
ASKED = st.fixed_dictionaries(
    {"sort_by": SORTED_BY},
    optional={
        **{name: some(*values) for name, values in NAMED.items()},
        "q": SEARCHED,
        "start": MOMENTS,
        "end": MOMENTS,
    },
)


# A search: a term, or a word and the searches that it joins.
TERMS_ASKED = st.one_of(
    *(st.tuples(st.just(name), some(*values)) for name, values in NAMED.items()),
    st.tuples(st.sampled_from(["duration", "queue"]), st.tuples(LENGTHS, LENGTHS)),
    st.tuples(st.just("date"), st.tuples(MOMENTS, MOMENTS)),
    st.tuples(st.just("q"), SEARCHED),
)
EXPRESSIONS = st.recursive(
    TERMS_ASKED,
    lambda parts: st.one_of(
        st.tuples(st.just("not"), parts),
        st.tuples(st.sampled_from(["all", "any"]), st.lists(parts, min_size=2, max_size=3)),
    ),
    max_leaves=5,
)


def meets(row: Sent, expression: Any) -> bool:
    match expression:
        case "not", part:
            return not meets(row, part)
        case "all", parts:
            return all(meets(row, part) for part in parts)
        case "any", parts:
            return any(meets(row, part) for part in parts)
        case ("duration" | "queue") as name, ends:
            is_known = name == "queue" or row.status not in ("queued", "active")
            return is_known and bool(min(ends) <= row.value(f"{name}_ms") <= max(ends))
        case "date", moments:
            return bool(min(moments) <= row.moment <= max(moments))
        case name, asked:
            return bool(MATCHES[name](row, asked))
    raise AssertionError(expression)


def field_name(name: str) -> str:
    """A name with a blank stands in quotes."""
    attribute = name.removeprefix("attr.")
    return f"attr.{quoted(attribute)}" if " " in attribute else name


def as_text(expression: Any) -> str:
    match expression:
        case "not", part:
            return f"-({as_text(part)})"
        case ("all" | "any") as word, parts:
            return f"({(' AND ' if word == 'all' else ' OR ').join(map(as_text, parts))})"
        case ("duration" | "queue") as name, ends:
            return f"{name}:{min(ends)}ms..{max(ends)}ms"
        case "date", moments:
            return f"date:[{min(moments).isoformat()} TO {max(moments).isoformat()}]"
        case "q", text:
            return quoted(text)
        case name, asked:
            return f"{field_name(name)}:({' '.join(map(quoted, asked))})"
    raise AssertionError(expression)


@settings(max_examples=150, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(expression=EXPRESSIONS, sort_by=SORTED_BY, who=st.sampled_from(["alice", "dave", "uma"]))
def test_a_search_finds_what_it_says(
    alice: User, dave: User, uma: User, sent: list[Sent], expression: Any, sort_by: list[Term], who: str
) -> None:
    viewer = {"alice": alice, "dave": dave, "uma": uma}[who]
    found = [row for row in sent if meets(row, expression)]
    expected = by_hand(viewer, found, {"sort_by": sort_by})
    asked: Asked = {"sort_by": sort_by, "q": as_text(expression)}

    everything = parse(viewer, query_string(asked, limit=ROWS))
    assert find_page(everything).ids == expected
    assert count_matches(replace(everything, counting="exact")) == Count(len(expected), capped=False)
    assert [UUID(json.loads(text)["id"]) for text in stream_json(everything)] == expected
    first = find_page(parse(viewer, query_string(asked, limit=PAGE)))
    assert first.ids == expected[:PAGE]
    if first.next_cursor:
        second = find_page(parse(viewer, query_string(asked, limit=PAGE, cursor=first.next_cursor)))
        assert second.ids == expected[PAGE : 2 * PAGE]


def query_string(asked: Asked, **more: Any) -> QueryDict:
    sort_by = [term.spelled_out for term in asked.get("sort_by", [])]
    return QueryDict(urlencode(asked | {"sort_by": sort_by} | more, doseq=True))


def by_hand(viewer: User, sent: list[Sent], asked: Asked) -> list[UUID]:
    found = [
        row
        for row in sent
        if owns(viewer, row) and all(MATCHES[name](row, value) for name, value in asked.items() if name in MATCHES)
    ]
    terms: list[Term] = asked["sort_by"]
    if "date" not in {term.field for term in terms}:
        terms = [*terms, Term("date", terms[-1].descending)]
    found.sort(key=lambda row: row.id, reverse=terms[-1].descending)
    for term in reversed(terms):
        found.sort(key=lambda row: row.value(term.field), reverse=term.descending)
    return [row.id for row in found]


@settings(max_examples=70, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=ASKED, who=st.sampled_from(["alice", "dave", "uma"]), limit=st.integers(3, 60))
def test_the_rows_the_pages_and_the_count_are_those_found_by_hand(
    alice: User, dave: User, uma: User, sent: list[Sent], asked: Asked, who: str, limit: int
) -> None:
    viewer = {"alice": alice, "dave": dave, "uma": uma}[who]
    if asked.get("start", NOW) > asked.get("end", NOW):
        asked = asked | {"start": asked["end"]}
    expected = by_hand(viewer, sent, asked)

    everything = parse(viewer, query_string(asked, limit=ROWS))
    assert find_page(everything).ids == expected
    assert count_matches(everything) == Count(len(expected), capped=False)
    assert count_matches(replace(everything, counting="exact")) == Count(len(expected), capped=False)
    assert [UUID(json.loads(text)["id"]) for text in stream_json(everything)] == expected
    lines = b"".join(stream_csv(everything, "s.id")).decode().split()
    assert lines == [str(ident) for ident in expected]

    paged: list[UUID] = []
    cursor: str | None = ""
    while cursor is not None:
        places = find_page(parse(viewer, query_string(asked, limit=limit, cursor=cursor)))
        paged += places.ids
        cursor = places.next_cursor
    assert paged == expected

    last = find_page(parse(viewer, query_string(asked, limit=limit, mode="before")))
    assert last.ids == expected[-limit:]


@pytest.mark.parametrize("apps", [1, 2, len(APPS)])
@pytest.mark.parametrize("texts", [{}, {name: ["staging"] for name in TEXTS}])
def test_a_clause_can_mix_dimensions(
    acme: Organisation, alice: User, sent: list[Sent], apps: int, texts: dict[str, list[str]]
) -> None:
    """As `app:a OR flag:crash` of Formal does."""
    asked: Asked = {"app": APPS[:apps], **texts}
    keys = {value_key(Kind.FLAG, acme.pk, "crash")}.union(*keys_of_names(acme, asked).values())
    having_one = [
        row
        for row in sent
        if row.fields["flags"]["crash"] or any(MATCHES[name](row, value) for name, value in asked.items())
    ]
    expected = [row.id for row in sorted(having_one, key=lambda row: (row.moment, row.id), reverse=True)]
    request = ListRequest(alice, Clauses().having(keys), limit=30)
    page = find_page(request)
    assert page.ids == expected[:30]
    assert count_matches(request, page) == Count(len(expected), capped=False)
    longest_first = replace(request, order=Order((Term("duration_ms", descending=True),)), limit=ROWS)
    assert set(find_page(longest_first).ids) == set(expected)


@pytest.mark.parametrize("cap", [1, 2, 50, 51, 1000])
@pytest.mark.parametrize("asked", [{}, {"app": APPS[:3]}, {"app": APPS[:3], "device": DEVICES}, {"status": "active"}])
def test_a_count_stops_at_its_cap(alice: User, sent: list[Sent], asked: Asked, cap: int) -> None:
    criteria = parse(alice, query_string(asked)).criteria
    asked = {name: [value] if isinstance(value, str) else value for name, value in asked.items()}
    found = len(by_hand(alice, sent, asked | {"sort_by": [Term("date", descending=False)]}))
    counted = count(criteria, cap)
    assert counted.value <= min(cap, found)
    assert counted.capped or counted.value == found
    if "status" not in asked:  # queued ones are looked at as well
        assert counted == Count(min(cap, found), capped=found > cap)


@pytest.mark.parametrize(
    ("asked", "plan"),
    [
        ({"app": APPS[0]}, "s.app_id ="),
        ({"user": ["uma", "dave"]}, "UNION ALL"),
        ({"app": APPS}, "ident JOIN history_session"),
        ({"app": APPS[3:], "sort": "date"}, "LATERAL"),
        ({"platform": "web"}, "s.platform ="),
        ({"app": APPS[0], "device": DEVICES[0]}, "scanned"),
        ({"app": APPS[0], "device": DEVICES[0]}, "in_bucket"),
        ({"status": "ended"}, "in_bucket"),
        ({"status": "failed"}, "s.status ="),
        ({"status": "lost"}, "scanned"),
        ({"flag": "anr"}, "WHERE s.anr"),
        ({"flag": ["anr", "crash"]}, " UNION "),
        ({"status": "active"}, "matching AS"),
        ({"app": APPS[0], "sort": "-queue_ms"}, "matching AS"),
    ],
    ids=str,
)
def test_small_scans_lead_to_every_plan(alice: User, sent: list[Sent], asked: Asked, plan: str) -> None:
    """Were they not reached, the test above would prove nothing of them."""
    with CaptureQueriesContext(connection) as captured:
        assert len(find_page(parse(alice, query_string(asked, limit=50))).ids) > 1
    statements = [query["sql"] for query in captured if "history_session" in query["sql"]]
    assert any(plan in statement for statement in statements)


def test_a_row_that_is_the_next_of_two_keys_hides_no_third(acme: Organisation, alice: User, tmp_path: Path) -> None:
    """Found both by who ran it and by its app, it took the place of the app that comes next."""
    run = [("other", "no")] * 10 + [("qa1", "qa.a"), ("qa2", "qa.b"), ("other", "qa.c")] + [("qa1", "qa.a")] * 5
    items = [
        prepare(
            acme,
            msgspec.json.encode(
                {
                    "external_id": f"s-{number}",
                    "status": "ended",
                    "initiator": {"type": "user", "username": username},
                    "app": {"app_id": app},
                    "started_at": NOW - timedelta(hours=number),
                }
            ),
            1,
            tmp_path,
        )
        for number, (username, app) in enumerate(run)
    ]
    assert not load(acme, items).refused
    places = find_page(parse(alice, query_string({"q": "qa", "limit": 3})))
    assert places.ids == [item.id for item in items[10:13]]


def test_a_range_scan_that_may_have_been_cut_off_is_not_used(acme: Organisation, alice: User, send: Send) -> None:
    """Rows come in the order of people: cut off, the scan holds many of the first person's and none of the newest."""
    people = [f"person-{number}@acme.example" for number in range(9)]
    for minutes in range(30, 60):
        send(acme, user=people[0], started_at=NOW - timedelta(minutes=minutes))
    newest = [send(acme, user=people[-1], started_at=NOW - timedelta(minutes=minutes)) for minutes in (1, 2)]
    for person in people[1:-1]:
        send(acme, user=person, started_at=NOW - timedelta(days=1))
    request = parse(alice, query_string({"user": people}))
    search = Search(request.criteria, request.order, Position((NOW,), UUID(int=2**128 - 1)), limit=2)
    assert range_scan(search, timedelta(hours=2)) == []
    assert [position.id for position in range_scan(search, timedelta(minutes=5))] == newest
    assert [position.id for position in next_of_keys(search, timedelta(minutes=30))] == newest
