"""The one way in: what is written, merged, replaced and kept apart."""

import json
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from sessions.contract.choices import Platform
from sessions.files.storing import StoredFile
from sessions.ingest.prepare import prepare
from sessions.ingest.writing.catalogue import Catalogue
from sessions.ingest.writing.load import Report, load
from sessions.ingest.writing.rows import Item
from sessions.models import App, Attachment, Event, Facet, Organisation, Session
from sessions.models.dimensions import Kind
from sessions.models.keys import key, value_key
from tests.ingest.lines import a_line, an_event, send_lines, stored
from tests.retention.conftest import in_thread

FULL = a_line(
    title="checkout › pays with an expired card",
    outcome="paid 12 €\nwithout a discount",
    initiator={"type": "token", "label": "nightly-ci", "username": "dave", "email": "dave@acme.example"},
    app={"app_id": "a", "name": "A", "group": "G", "platform": "ios", "version": "1.2", "build": "7"},
    device={
        "device_id": "d-1",
        "manufacturer": "Apple",
        "model": "iPhone 15",
        "type": "phone",
        "screen_width": 393,
        "screen_height": 852,
        "network_type": "wifi",
    },
    os={"name": "iOS", "version": "18.1"},
    sdk={"version": "4.0", "plug_version": "1.8"},
    requested_at="2026-11-20T09:59:58.123456Z",
    flags={"exception": True, "crash": True, "anr": True, "rage_tap": True},
    network={"client_ip": "203.0.113.7", "server_ip": "2001:db8::1", "user_agent": "curl/8"},
    location={"country": "DE", "latitude": 52.5, "longitude": 13.4, "accuracy": 5.5},
    environment="staging",
    data_residency="EU",
    space_id="s",
    installation_id="i",
    installation_version="2",
    client_id="c",
    capture_id="p",
    resource={"type": "database", "id": "r", "name": "Orders", "technology": "postgres"},
    connector={"id": "k", "name": "Frankfurt"},
    sidecar={"id": "q", "name": "Sidecar", "technology": "postgres"},
    attributes={"text": "“ü” \\ \t", "number": 1.5, "big": 2**62, "yes": True, "nothing": None},
)


def test_every_field_that_is_sent_is_stored(acme: Organisation) -> None:
    send_lines(acme, FULL)

    row = stored(acme)
    assert row.id == acme.session_id("one")
    assert row.token is not None
    assert row.user is not None
    assert row.app is not None
    assert row.device is not None
    assert row.os is not None
    assert (row.token.label, row.label, row.user.email, row.user.username) == (
        "nightly-ci",
        "nightly-ci",
        "dave@acme.example",
        "dave",
    )
    assert (row.title, row.outcome) == (FULL["title"], FULL["outcome"])
    assert (row.app.app_id, row.app.name, row.app.group) == ("a", "A", "G")
    assert (row.platform, row.app_version, row.app_build) == ("ios", "1.2", "7")
    assert (row.device.manufacturer, row.device.model, row.device.type) == ("Apple", "iPhone 15", "phone")
    assert (row.device_identifier, row.screen_width, row.screen_height, row.network_type) == ("d-1", 393, 852, "wifi")
    assert (row.os.name, row.os.version) == ("iOS", "18.1")
    assert (row.sdk_version, row.plug_version) == ("4.0", "1.8")
    assert row.requested_at == datetime(2026, 11, 20, 9, 59, 58, 123456, UTC)
    assert (row.queue_ms, row.duration_ms) == (1876, 300_000)
    assert (row.exception, row.crash, row.anr, row.rage_tap) == (True, True, True, True)
    assert (row.client_ip, row.server_ip, row.user_agent) == ("203.0.113.7", "2001:db8::1", "curl/8")
    assert (row.country, row.latitude, row.longitude, row.location_accuracy) == ("DE", 52.5, 13.4, 5.5)
    for name in ("environment", "data_residency", "space_id", "installation_id", "installation_version", "client_id"):
        assert getattr(row, name) == FULL[name]
    for part in ("resource", "connector", "sidecar"):
        for name, value in FULL[part].items():
            assert getattr(row, f"{part}_{name}") == value
    assert row.attributes == FULL["attributes"]


def test_every_field_of_an_event_is_stored(acme: Organisation) -> None:
    event = an_event(
        interaction=True,
        view_id="v",
        device_id="d",
        source_type="web",
        source_properties={"url": {"path": "/", "query": {"a": {"values": ["1"]}}}},
        event_properties={"text": "ü", "n": [1, 2.5, None, False]},
        product_id="p",
        category_id="c",
        **{f"int{n}": n * 10**18 for n in range(1, 6)},
        **{f"str{n}": f"text {n}" for n in range(1, 6)},
        stateful=False,
        public=1,
        client_id="k",
        capture_id="x",
        ip="203.0.113.7",
    )

    send_lines(acme, a_line(events=[event]))

    row = Event.objects.get()
    assert row.session_id == acme.session_id("one")
    assert row.event_time == datetime(2026, 11, 20, 10, 1, tzinfo=UTC)
    assert row.device_identifier == "d"
    for name, value in event.items():
        if name not in ("event_time", "device_id"):
            assert getattr(row, name) == value


def test_a_session_sent_twice_is_one_and_the_later_record_counts(acme: Organisation) -> None:
    first = send_lines(acme, a_line(environment="staging", attributes={"a": 1}))
    second = send_lines(acme, a_line(status="failed", attributes={"b": 2}))

    assert (first.new, first.updated, second.new, second.updated) == (1, 0, 0, 1)
    row = stored(acme)
    assert (row.status, row.environment, row.attributes) == ("failed", None, {"b": 2})
    assert row.updated_at > row.created_at


def test_it_was_last_seen_at_the_latest_time_of_all_records(acme: Organisation) -> None:
    send_lines(acme, a_line(last_seen_at="2026-11-20T11:00:00Z"))
    send_lines(acme, a_line())

    assert stored(acme).last_seen_at == datetime(2026, 11, 20, 11, tzinfo=UTC)


def test_of_two_records_in_one_batch_the_last_counts_with_the_events_of_both(acme: Organisation) -> None:
    report = send_lines(
        acme,
        a_line(status="active", ended_at=None, last_seen_at="2026-11-20T11:00:00Z", events=[an_event(str1="x")]),
        a_line(events=[an_event(str1="x"), an_event(str1="y")]),
    )

    assert (report.new, report.updated, report.refused) == (1, 0, [])
    assert stored(acme).status == "ended"
    assert stored(acme).last_seen_at == datetime(2026, 11, 20, 11, tzinfo=UTC)
    assert set(Event.objects.values_list("str1", flat=True)) == {"x", "y"}


def test_an_event_sent_twice_is_one(acme: Organisation) -> None:
    send_lines(acme, a_line(events=[an_event(event_properties={"a": 1, "b": 2})]))
    send_lines(acme, a_line(events=[an_event(event_properties={"b": 2, "a": 1}, str1=None), an_event(str1="new")]))

    assert Event.objects.count() == 2


def test_equal_events_of_one_line_are_several(acme: Organisation) -> None:
    """Two pictures can fail to load in the same millisecond."""
    for _ in range(2):
        send_lines(acme, a_line(events=[an_event(), an_event()]))

    assert Event.objects.count() == 2


def test_a_line_without_an_external_id_is_known_by_its_content(acme: Organisation, globex: Organisation) -> None:
    line = a_line(external_id=None, attributes={"a": 1, "b": 2})
    reordered = dict(reversed(line.items())) | {"attributes": {"b": 2, "a": 1}, "environment": None}
    for organisation in (acme, globex):
        for same in (line, reordered):
            load(organisation, [prepare(organisation, json.dumps(same).encode(), 1, Path("/nonexistent"))])
        send_lines(organisation, a_line(external_id=None, attributes={"a": 2}))

    assert Session.objects.filter(organisation=acme).count() == 2
    assert Session.objects.filter(organisation=globex).count() == 2


def test_the_same_external_id_is_another_session_in_another_organisation(
    acme: Organisation, globex: Organisation
) -> None:
    send_lines(acme, a_line())
    send_lines(globex, a_line())

    assert stored(acme).id != stored(globex).id


def test_a_session_is_never_taken_over_by_another_organisation(acme: Organisation, globex: Organisation) -> None:
    send_lines(acme, a_line(environment="acme's"))
    item = prepare(globex, json.dumps(a_line(events=[an_event()])).encode(), 1, Path("/nonexistent"))

    report = load(globex, [Item(acme.session_id("one"), item.line, 7)])

    assert [number for number, _ in report.refused] == [7]
    assert stored(acme).environment == "acme's"
    assert not Event.objects.exists()


def test_when_the_database_refuses_a_batch_the_good_lines_are_kept(acme: Organisation) -> None:
    items = [
        prepare(acme, json.dumps(a_line(external_id=name)).encode(), number, Path("/nonexistent"))
        for number, name in enumerate(("a", "b", "c"), 1)
    ]
    items[1].line.environment = "x" * 256  # which the parser would have refused

    report = load(acme, items)

    assert (report.new, [number for number, _ in report.refused]) == (2, [2])
    assert set(Session.objects.values_list("external_id", flat=True)) == {"a", "c"}
    assert "x" * 256 not in str(report.refused[0][1])


def test_of_many_new_sessions_exactly_the_refused_one_is_missing(acme: Organisation) -> None:
    items = [
        prepare(acme, json.dumps(a_line(external_id=str(n), events=[an_event()])).encode(), n, Path("/nonexistent"))
        for n in range(30)
    ]
    items[17].line.environment = "x" * 256  # which the parser would have refused

    report = load(acme, items)

    assert (report.new, report.events, [number for number, _ in report.refused]) == (29, 29, [17])
    assert report.created == {item.id for item in items} - {items[17].id}
    assert Event.objects.count() == 29


def test_of_two_records_among_many_new_sessions_the_last_counts(acme: Organisation) -> None:
    lines = [a_line(external_id=str(n)) for n in range(20)]

    report = send_lines(acme, a_line(external_id="7", last_seen_at="2026-11-20T11:00:00Z", environment="old"), *lines)

    assert (report.new, report.updated) == (20, 0)
    assert stored(acme, "7").environment is None
    assert stored(acme, "7").last_seen_at == datetime(2026, 11, 20, 11, tzinfo=UTC)
    assert stored(acme, "8").last_seen_at == datetime(2026, 11, 20, 10, 5, tzinfo=UTC)


def test_among_many_new_sessions_those_that_are_there_are_updated(acme: Organisation) -> None:
    send_lines(acme, a_line(external_id="7", environment="old"))

    report = send_lines(acme, *(a_line(external_id=str(n)) for n in range(20)))

    assert (report.new, report.updated) == (19, 1)
    assert stored(acme, "7").environment is None


@pytest.mark.django_db(transaction=True)
def test_sessions_that_another_import_commits_meanwhile_are_updated(acme: Organisation) -> None:
    send_lines(acme, a_line())  # so that the other has no name to wait for
    lines = [a_line(external_id=str(n), events=[an_event()]) for n in range(20)]
    reports: list[Report] = []

    with transaction.atomic():
        send_lines(acme, *lines)
        other = threading.Thread(target=in_thread, args=[lambda: reports.append(send_lines(acme, *lines))])
        other.start()
        wait_until_somebody_copies_and_waits()
    other.join(30)

    assert [(report.new, report.updated, report.refused) for report in reports] == [(0, 20, [])]
    assert (Session.objects.count(), Event.objects.count()) == (21, 20)


def wait_until_somebody_copies_and_waits() -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            # pg_stat_activity would say the same all through this transaction.
            cursor.execute(
                "SELECT FROM pg_locks waiting JOIN pg_locks writing USING (pid) "
                "WHERE waiting.locktype = 'transactionid' AND NOT waiting.granted "
                "AND writing.relation = 'history_session'::regclass AND writing.mode = 'RowExclusiveLock' "
                "AND writing.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
            if cursor.fetchone() is not None:
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")


def test_a_file_that_has_arrived_is_not_undone_by_an_announcement(acme: Organisation) -> None:
    item = prepare(acme, json.dumps(a_line()).encode(), 1, Path("/nonexistent"))
    announced = StoredFile("a.log", "log", "text/plain", 0, "", "", available=False)
    arrived = StoredFile("a.log", "log", "text/plain", 5, "0" * 64, "1/2/3")
    for file in (announced, arrived, announced):
        load(acme, [Item(item.id, item.line, files=[file])])

    assert Attachment.objects.values_list("available", "size").get() == (True, 5)


def test_facets_say_what_occurs_among_whose_sessions(acme: Organisation) -> None:
    send_lines(acme, FULL)

    row = stored(acme)
    token, user = key(Kind.TOKEN, row.token_id or 0), key(Kind.USER, row.user_id or 0)
    app, device, system = (
        key(kind, ident or 0)
        for kind, ident in ((Kind.APP, row.app_id), (Kind.DEVICE, row.device_id), (Kind.OS, row.os_id))
    )
    platform = value_key(Kind.PLATFORM, acme.pk, Platform.IOS)
    values = {token, user, app, device, system, platform, value_key(Kind.INITIATOR, acme.pk, row.initiator_type)}
    assert set(Facet.objects.filter(text="").values_list("owner", "value")) == {
        (owner, value) for owner in (key(Kind.ORGANISATION, acme.pk), user, token) for value in values
    }


def test_an_anonymous_session_has_facets_of_its_organisation_alone(acme: Organisation) -> None:
    send_lines(acme, a_line(initiator={"type": "anonymous"}, app={"app_id": "a"}))

    assert set(Facet.objects.values_list("owner", flat=True)) == {key(Kind.ORGANISATION, acme.pk)}


@pytest.mark.django_db(transaction=True)
def test_facets_that_a_purge_removed_come_back_with_the_next_session_however_it_is_sent(acme: Organisation) -> None:
    """Names are known by then, and nothing but the session is written."""
    catalogue = Catalogue(acme.pk)
    for number, events in enumerate(([], [], [an_event()])):
        line = a_line(external_id=f"s-{number}", app={"app_id": "a", "platform": "ios"}, events=events)
        send_lines(acme, line, catalogue=catalogue)
        facet = Facet.objects.filter(
            owner=key(Kind.ORGANISATION, acme.pk), value=key(Kind.APP, App.objects.get(app_id="a").pk)
        )
        assert facet.exists()
        facet.delete()


def test_after_new_ones_a_batch_is_copied_without_asking_and_still_right_if_some_are_there(acme: Organisation) -> None:
    catalogue = Catalogue(acme.pk)
    send_lines(acme, *(a_line(external_id=f"a-{n}") for n in range(20)), catalogue=catalogue)
    with CaptureQueriesContext(connection) as queries:
        send_lines(acme, *(a_line(external_id=f"b-{n}") for n in range(20)), catalogue=catalogue)
    assert not [query for query in queries if "count(*) FROM history_session" in query["sql"]]

    again = [a_line(external_id=f"b-{n}", environment="later", events=[an_event()]) for n in range(10, 30)]
    report = send_lines(acme, *again, catalogue=catalogue)

    assert (report.new, report.updated, report.refused) == (10, 10, [])
    assert Session.objects.filter(environment="later").count() == 20
    assert Session.objects.count() == 50
    assert Event.objects.count() == 20


def test_several_batches_fit_into_one_transaction(acme: Organisation) -> None:
    with transaction.atomic():
        send_lines(acme, a_line(external_id="a", events=[an_event()]))
        send_lines(acme, a_line(external_id="b", events=[an_event()]))

    assert Session.objects.count() == 2


def test_the_statements_do_not_grow_with_the_rows(acme: Organisation) -> None:
    counts = []
    for size in (20, 200):
        lines = [a_line(external_id=f"{size}-{n}", events=[an_event()]) for n in range(size)]
        with CaptureQueriesContext(connection) as queries:
            send_lines(acme, *lines)
        counts.append(len(queries))

    assert counts[1] <= counts[0]
