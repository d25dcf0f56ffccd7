"""What a POST answers is what is read afterwards, though a session that is new is not read for it."""

import json
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sessions.models import Organisation, Session, User
from tests.api_writing.program import SESSIONS, Program
from tests.ingest.lines import a_line, an_event

# A person, an app, a device and so on that others have named before are known by those names.
TEXT = st.sampled_from(["", "a", "“ü” \\ \t\x7f", "😀"]) | st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40
)
MAYBE = st.none() | TEXT
ADDRESS = st.none() | st.ip_addresses().map(str) | st.sampled_from(["::ffff:192.0.2.1", "::1:2", "2001:DB8::1"])
MOMENT = st.integers(0, 10**9).map(lambda micros: f"2026-11-20T10:{micros // 60_000_000:02}:00.{micros % 10**6:06}Z")
SCALAR = st.none() | st.booleans() | TEXT | st.integers(-(2**63), 2**63 - 1) | st.floats(-1e20, 1e20)


def part(*names: str, **others: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, MAYBE) | others)


INITIATORS = st.sampled_from(
    [
        {"type": "anonymous", "label": "l"},
        {"type": "anonymous"},
        {"type": "token"},
        {"type": "token", "username": "u", "label": "nightly-ci"},
        {"type": "user", "email": "DAVE@acme.example", "username": "someone else", "label": "l"},
        {"type": "user", "email": "new@acme.example"},
        {"type": "user", "email": "New@acme.example", "username": "newcomer"},
        {"type": "user", "username": "dave"},
    ]
)
APPS = st.fixed_dictionaries(
    {"app_id": st.sampled_from(["a", "b"])}, optional={"name": MAYBE, "group": MAYBE, "platform": st.just("ios")}
)
FIELDS = st.fixed_dictionaries(
    {"initiator": INITIATORS},
    optional={
        "app": APPS | part("version", "build"),
        "device": part("device_id", "manufacturer", "model", "type", "network_type", screen_width=st.integers(0, 9)),
        "os": part("name", "version"),
        "sdk": part("version", "plug_version"),
        "flags": st.fixed_dictionaries({}, optional={"crash": st.booleans(), "anr": st.booleans()}),
        "network": part("user_agent", client_ip=ADDRESS, server_ip=ADDRESS),
        "location": part("country", latitude=st.floats(-90, 90), longitude=st.floats(-180, 180)),
        "title": MAYBE,
        "outcome": MAYBE,
        "environment": MAYBE,
        "resource": part("type", "id", "name", "technology"),
        "connector": part("id", "name"),
        "attributes": st.dictionaries(TEXT, SCALAR, max_size=4),
        "events": st.just([an_event()]),
        "attachments": st.just([{"name": name, "kind": "log", "content_type": "text/plain"} for name in "ba"]),
    },
)
# (status, which times it has)
COURSES = st.sampled_from(
    [
        ("queued", ["requested_at"]),
        ("active", ["started_at"]),
        ("active", ["requested_at", "started_at", "last_seen_at"]),
        ("lost", ["started_at"]),
        ("lost", ["requested_at"]),
        ("failed", ["requested_at"]),
        ("ended", ["requested_at", "started_at", "ended_at"]),
        ("ended", ["started_at", "ended_at", "last_seen_at"]),
    ]
)


@hypothesis_settings(
    max_examples=100, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(fields=FIELDS, course=COURSES, moments=st.lists(MOMENT, min_size=4, max_size=4))
def test_whatever_is_posted_the_answer_is_what_is_read(
    daves: Program, settings: LazySettings, fields: dict[str, Any], course: tuple[str, list[str]], moments: list[str]
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 0
    status, names = course
    times = dict(zip(names, sorted(moments), strict=False))

    response = daves.post({"status": status, **times, **fields})

    assert response.status_code == 201, response.content
    posted = in_decimals(response.content)
    read = in_decimals(daves.send("GET", f"{SESSIONS}/{posted['id']}").content)
    assert posted == read
    assert list(posted) == list(read)


def in_decimals(raw: bytes) -> Any:
    """1e5 and 100000 are the same number in JSON."""
    return json.loads(raw, parse_int=float)


@pytest.mark.django_db(transaction=True)
def test_a_session_whose_names_are_known_takes_two_statements(daves: Program) -> None:
    """Who sends, counted; and the session, which is committed by itself."""
    line = a_line(app={"app_id": "a", "name": "A"}, device={"model": "M"}, os={"name": "iOS"})
    daves.post(line)
    for external_id in ("one", "two", None):
        with CaptureQueriesContext(connection) as queries:
            assert daves.post(line | {"external_id": external_id}).status_code in (200, 201)
        asked = [query["sql"] for query in queries if "SELECT row_to_json" not in query["sql"]]
        assert len(asked) == 2, asked
    assert Session.objects.count() == 3


def test_a_session_of_another_own_token_is_replaced(daves: Program, dave: User, acme: Organisation) -> None:
    ident = daves.new(environment="first")

    other = Program(dave, "other")
    assert other.new(environment="second") == ident
    assert other.get(ident)["environment"] == "second"
    assert Session.objects.get().token_id == other.token.pk
