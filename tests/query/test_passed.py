"""The last session that passed before one, of the same test or on the same device, and what finding it reads."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from sessions.contract.schema import Session
from sessions.models import ApiToken, App, Device, Organisation, User
from sessions.query import find_session, passed
from sessions.query.passed import Passed, last_passed, stem
from tests.conftest import NOON
from tests.query.explained import check, traced

Send = Callable[..., UUID]
SHOP = {"app_id": "com.acme.shop"}
PIXEL, IPHONE = {"model": "Pixel 9"}, {"model": "iPhone 15"}


def at(minutes: float, **fields: Any) -> dict[str, Any]:
    return {"app": SHOP, "started_at": NOON + timedelta(minutes=minutes), "external_id": f"at {minutes}"} | fields


def seen(viewer: User, session_id: UUID) -> Session:
    record = find_session(viewer, session_id)
    assert record
    return record


def run(number: int, test: str) -> dict[str, str]:
    return {"external_id": f"pytest:run{number}:{test}"}


def test_the_newest_that_passed_of_the_same_test_is_found(alice: User, acme: Organisation, send: Send) -> None:
    send(acme, **at(1, **run(1, "t.py::test_pay")))
    passed_last = send(acme, **at(2, **run(2, "t.py::test_pay")))
    send(acme, **at(3, **run(3, "t.py::test_pay"), status="failed"))
    send(acme, **at(4, **run(3, "t.py::test_login")))
    this = send(acme, **at(5, **run(4, "t.py::test_pay"), status="failed"))
    send(acme, **at(6, **run(5, "t.py::test_pay")))
    assert last_passed(alice, seen(alice, this)) == Passed(passed_last, "test")


def test_the_same_test_is_the_one_of_the_same_title_and_suite(alice: User, acme: Organisation, send: Send) -> None:
    def titled(minutes: float, title: str, suite: str | None, **fields: Any) -> UUID:
        about = {"attributes": {"suite": suite} if suite else {}, "title": title, "device": PIXEL}
        return send(acme, **at(minutes, **about, **fields))

    same = titled(1, "pays", "shop.py")
    titled(2, "pays", "desk.py")
    titled(3, "pays slowly", "shop.py")
    titled(4, "pays", "shop.py", status="failed")
    assert last_passed(alice, seen(alice, titled(5, "pays", "shop.py"))) == Passed(same, "test")
    # One that does not say its suite is of any.
    unknown = titled(6, "pays", None)
    assert last_passed(alice, seen(alice, titled(7, "pays", "shop.py"))) == Passed(unknown, "test")


def test_sessions_of_older_clients_have_their_title_among_the_attributes(
    alice: User, acme: Organisation, send: Send
) -> None:
    older = send(acme, **at(1, attributes={"title": "shop.spec.ts › pays"}))
    send(acme, **at(2, title="shop.spec.ts › signs in"))
    this = send(acme, **at(3, title="shop.spec.ts › pays"))
    assert last_passed(alice, seen(alice, this)) == Passed(older, "test")
    # And those of the plugin for pytest have no title at all.
    same = send(acme, **at(4, attributes={"test": "t.py::test_pay"}))
    this = send(acme, **at(5, title="test_pay", attributes={"test": "t.py::test_pay", "suite": "t.py"}))
    assert last_passed(alice, seen(alice, this)) == Passed(same, "test")


@pytest.mark.parametrize("name", ["test", "title"])
def test_the_same_test_may_be_named_by_an_attribute(alice: User, acme: Organisation, send: Send, name: str) -> None:
    same = send(acme, **at(1, attributes={name: "pays"}))
    send(acme, **at(2, attributes={name: "signs in"}, device=PIXEL))
    this = send(acme, **at(3, attributes={name: "pays"}, device=PIXEL))
    assert last_passed(alice, seen(alice, this)) == Passed(same, "test")


def test_without_one_of_the_test_it_is_the_newest_on_the_same_device(
    alice: User, acme: Organisation, send: Send
) -> None:
    same = send(acme, **at(1, device=PIXEL))
    send(acme, **at(2, device=IPHONE))
    send(acme, **at(3))
    this = send(acme, **at(4, device=PIXEL, attributes={"title": "pays"}))
    assert last_passed(alice, seen(alice, this)) == Passed(same, "device")


def test_another_app_and_one_without_an_app_are_never_found(alice: User, acme: Organisation, send: Send) -> None:
    send(acme, **at(1, app={"app_id": "other"}, device=PIXEL, attributes={"title": "pays"}))
    this = send(acme, **at(2, device=PIXEL, attributes={"title": "pays"}))
    assert last_passed(alice, seen(alice, this)) is None
    send(acme, **at(3, app={}, device=PIXEL))
    assert last_passed(alice, seen(alice, send(acme, **at(4, app={}, device=PIXEL)))) is None


@pytest.mark.parametrize("status", ["failed", "lost", "active", "queued"])
def test_only_what_ended_has_passed(alice: User, acme: Organisation, send: Send, status: str) -> None:
    fields = at(1, device=PIXEL, status=status)
    if status == "queued":
        fields["requested_at"] = fields.pop("started_at")
    send(acme, **fields)
    assert last_passed(alice, seen(alice, send(acme, **at(2, device=PIXEL)))) is None


def test_what_began_at_the_same_moment_is_before_or_after_by_its_id(
    alice: User, acme: Organisation, send: Send
) -> None:
    one, other = sorted([send(acme, **at(1, external_id=name, device=PIXEL)) for name in ("a", "b")])
    assert last_passed(alice, seen(alice, other)) == Passed(one, "device")
    assert last_passed(alice, seen(alice, one)) is None


def test_what_the_viewer_may_not_see_is_not_found(
    acme: Organisation, globex: Organisation, alice: User, uma: User, dave: User, nightly: ApiToken, send: Send
) -> None:
    of_umas = send(acme, **at(1, user="uma@acme.example", device=PIXEL))
    of_tokens = send(acme, **at(2, token="nightly-ci", device=PIXEL))
    send(acme, **at(3, user="bob@acme.example", device=PIXEL))
    send(globex, **at(3, user="uma@acme.example", device=PIXEL))
    hers = send(acme, **at(4, user="uma@acme.example", device=PIXEL))
    his = send(acme, **at(5, user="dave@acme.example", device=PIXEL))
    assert last_passed(uma, seen(uma, hers)) == Passed(of_umas, "device")
    assert last_passed(dave, seen(dave, his)) == Passed(of_tokens, "device")
    assert last_passed(alice, seen(alice, his)) == Passed(hers, "device")


@pytest.mark.parametrize(
    ("external_id", "expected"),
    [
        ("pytest:7f3a91:tests/shop.py::test_pay[1]", "pytest:tests/shop.py::test_pay[1]"),
        ("nightly-checkout-1234", "nightly-checkout"),
        ("checkout/550e8400-e29b-41d4-a716-446655440000", "checkout"),
        ("checkout#4bf92f3577b34da6a3ce929d0e0e4736", "checkout"),
        ("build42", "build"),
        ("checkout", None),
        ("550e8400-e29b-41d4-a716-446655440000", None),
        ("4bf92f3577b34da6a3ce929d0e0e4736", None),
        ("12345", None),
        ("a-1", None),
        ("", None),
        (None, None),
    ],
)
def test_the_stem_of_an_external_id_is_what_stays_from_run_to_run(
    external_id: str | None, expected: str | None
) -> None:
    assert stem(external_id) == expected


ROWS = 30_000
INSERT = """
INSERT INTO history_session (
    id, organisation_id, status, initiator_type, app_id, device_id, external_id, started_at, ended_at, last_seen_at,
    exception, crash, anr, rage_tap, attributes)
SELECT gen_random_uuid(), %(organisation)s, 'ended', 'anonymous', (%(apps)s::bigint[])[n %% 3 + 1],
    %(device)s, 'pytest:' || n || ':test', at, at, at, false, false, false, false, '{}'
FROM (SELECT n, %(noon)s - n * interval '1 minute' AS at FROM generate_series(1, %(rows)s) n) numbered
"""


@pytest.fixture
def busy(acme: Organisation) -> None:
    """Three apps with 10,000 sessions each, all on one device and none a test's."""
    apps = [App.objects.create(organisation=acme, app_id=name).pk for name in ("a", "b", "c")]
    device = Device.objects.create(organisation=acme, model="Pixel 9").pk
    with connection.cursor() as cursor:
        parameters: dict[str, Any] = {
            "organisation": acme.pk,
            "apps": apps,
            "device": device,
            "rows": ROWS,
            "noon": NOON,
        }
        cursor.execute(INSERT, parameters)
        cursor.execute("ANALYZE history_session")


def test_finding_it_reads_no_more_than_its_bound(
    alice: User, uma: User, acme: Organisation, busy: None, send: Send
) -> None:
    """The sessions that are looked at, and this one, whose app, device and moment are read."""
    own = send(acme, user="uma@acme.example", app={"app_id": "a"}, device=PIXEL, external_id="x:1:never")
    for viewer in (alice, uma):
        record = seen(viewer, own)
        found = traced(partial(last_passed, viewer, record))
        assert len(found) == 1
        check("the last that passed", found, passed.LOOK_ROWS + 1)
        assert "session_app" in explained(found[0].sql)
    assert last_passed(alice, seen(alice, own)) is not None
    assert last_passed(uma, seen(uma, own)) is None


def explained(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        return "\n".join(line for (line,) in cursor.fetchall())
