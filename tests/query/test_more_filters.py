"""Filters by what a session had, how long it took and what its producer calls it: alone, joined, and wrong."""

from datetime import timedelta
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from sessions.models import Attachment, Facet, Organisation, User
from tests.conftest import NOON, Send
from tests.query.readers import JSON, PAGE, Reader, text_of

BRANCH = "fix/“odd” 100 % 'name'"


@pytest.fixture
def sent(acme: Organisation, globex: Organisation, dave: User, send: Send) -> dict[str, UUID]:
    """The later in the alphabet the newer. Only c is dave's."""
    fields: dict[str, dict[str, Any]] = {
        "a": {
            "app": {"app_id": "shop", "group": "retail", "version": "8.1.0", "build": "77"},
            "device": {"model": "Pixel 9", "network_type": "wifi"},
            "attributes": {"branch": "main", "build": 7, "isNightly": True},
            "external_id": "run-1",
            "requested_at": NOON - timedelta(seconds=3),
            "ended_at": NOON + timedelta(minutes=10),
        },
        "b": {
            "app": {"app_id": "kiosk", "group": "retail", "version": "8.2.0"},
            "location": {"country": "DE"},
            "attributes": {"branch": BRANCH},
            "external_id": "run-2",
            "ended_at": NOON + timedelta(minutes=6),
            "events": [{"event_type": "console-error", "event_time": NOON}],
        },
        "c": {
            "user": dave.email,
            "space_id": "lobby",
            "installation_id": "kiosk-12",
            "attributes": {"branch": "main"},
            "events": [
                {"event_type": "tap", "event_time": NOON},
                {"event_type": "console-warning", "event_time": NOON},
            ],
        },
        "d": {"token": "nightly-ci", "status": "active", "started_at": timezone.now(), "last_seen_at": timezone.now()},
    }
    sent = {
        name: send(acme, **{"started_at": NOON + timedelta(minutes=number), **parts})
        for number, (name, parts) in enumerate(fields.items())
    }
    send(globex, **fields["a"])
    for name, kind in (("a", "video"), ("b", "log"), ("b", "video")):
        Attachment.objects.create(
            session_id=sent[name], organisation=acme, name=f"{kind}.bin", kind=kind, size=1, sha256="0" * 64,
            content_type="application/octet-stream", storage_name=f"{name}-{kind}",
        )  # fmt: skip
    return sent


FOUND: list[tuple[dict[str, Any], str]] = [
    ({"version": "8.1.0"}, "a"),
    ({"version": ["8.1.0", "8.2.0"]}, "ba"),
    ({"build": "77"}, "a"),
    ({"network": "wifi"}, "a"),
    ({"country": "DE"}, "b"),
    ({"space": "lobby"}, "c"),
    ({"installation": "kiosk-12", "space": "lobby"}, "c"),
    ({"installation": "kiosk-12", "space": "elsewhere"}, ""),
    ({"group": "retail"}, "ba"),
    ({"initiator": "token"}, "d"),
    ({"initiator": ["user", "token"]}, "dc"),
    ({"token": "nightly-ci"}, "d"),
    ({"attr.branch": "main"}, "ca"),
    ({"attr.branch": ["main", BRANCH]}, "cba"),
    ({"attr.branch": "main", "attr.build": "7"}, "a"),
    ({"attr.isNightly": "true"}, "a"),
    ({"attr.nothing": "main"}, ""),
    ({"has": "video"}, "ba"),
    ({"has": ["log", "events"]}, "cb"),
    ({"event": "console-error"}, "b"),
    ({"event": ["console-error", "tap"]}, "cb"),
    ({"duration_min": "6m"}, "a"),
    ({"duration_max": "6m", "duration_min": "1s"}, "b"),
    ({"queue_min": "2s"}, "a"),
    ({"queue_max": "2s"}, ""),
    ({"external_id": ["run-1", "run-2", "run-3"]}, "ba"),
    ({"external_id": "run-1", "app": "kiosk"}, ""),
    ({"start": "-1d"}, "d"),
    ({"start": "-3h", "end": "-0m"}, "d"),
    ({"q": "attr.branch:main -version:8.1.0"}, "c"),
    ({"q": "attr.branch:ma*"}, "ca"),
    ({"q": "version:8.* -has:log"}, "a"),
    ({"q": "event:console-*"}, "cb"),
    ({"q": "-has:video -initiator:token"}, "c"),
    ({"q": "attr.branch:main OR event:console-error OR duration:>1h"}, "cba"),
    ({"q": "(has:video duration:>7m) OR (initiator:user attr.branch:main)"}, "ca"),
    ({"q": "-attr.branch:main"}, "db"),
]


@pytest.mark.parametrize(("parameters", "expected"), FOUND, ids=str)
def test_every_reader_finds_the_same(
    alice: User, sent: dict[str, UUID], reader: Reader, parameters: dict[str, Any], expected: str
) -> None:
    assert reader.ask(alice, **parameters) == [sent[name] for name in expected]


def test_an_id_finds_its_session_and_nothing_of_others(
    alice: User, dave: User, sent: dict[str, UUID], reader: Reader
) -> None:
    assert reader.ask(alice, id=[str(sent["a"]).upper(), sent["b"].hex, "nonsense"]) == [sent["b"], sent["a"]]
    assert reader.ask(dave, id=[str(sent["a"]), str(sent["c"])]) == [sent["c"]]
    assert reader.ask(dave, external_id="run-1") == []
    assert reader.ask(dave, **{"attr.branch": "main"}) == [sent["c"]]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("duration_min", "banana"),
        ("duration_max", "5"),
        ("queue_min", "-1s"),
        ("has", "nothing"),
        ("initiator", "me"),
        ("attr.branch", "a\0b"),
        ("attr.branch", "x" * 1_026),
        ("attr.", "x"),
        ("attr.a\0b", "x"),
        ("attr." + "x" * 1_026, "x"),
        ("start", "-7y"),
        ("start", "--7d"),
        ("id", "a\0b"),
    ],
)
def test_a_wrong_value_is_named(alice: User, sent: dict[str, UUID], name: str, value: str) -> None:
    refused = JSON.get(alice, **{name: value})
    assert refused.status_code == 400
    assert refused.json()["field"] == name[:60].replace("\0", "")
    page = PAGE.get(alice, **{name: value})
    assert page.status_code == 200
    assert f"session-{sent['a']}" in text_of(page)


def test_more_attributes_than_a_statement_takes_are_refused(alice: User, sent: dict[str, UUID]) -> None:
    refused = JSON.get(alice, **{f"attr.{number}": "x" for number in range(21)})
    assert (refused.status_code, refused.json()["field"]) == (400, "attr.20")
    assert JSON.get(alice, **{f"attr.{number}": "x" for number in range(20)}).status_code == 200


def test_each_is_a_chip_that_can_be_taken_away(alice: User, sent: dict[str, UUID]) -> None:
    body = text_of(PAGE.get(alice, **{"attr.branch": "main", "duration_min": "5m", "start": "-4000d", "has": "video"}))
    assert "Remove branch: main" in body
    assert "Remove Duration from: 5m" in body
    assert "Remove From: -4000d" in body
    assert "Remove Has: Video" in body


def test_the_migration_offers_what_earlier_sessions_have(
    acme: Organisation, alice: User, sent: dict[str, UUID]
) -> None:
    expected = facets()
    assert len(expected) == 12
    Facet.objects.filter(value__gte=11 << 40).delete()
    for _ in range(2):  # it can be begun again
        with connection.schema_editor(atomic=False) as editor:
            import_module("sessions.migrations.0024_more_filters").add_facets(apps, editor)
        assert facets() == expected


def facets() -> set[tuple[int, int, str]]:
    return set(Facet.objects.filter(value__gte=11 << 40).values_list("owner", "value", "text"))
