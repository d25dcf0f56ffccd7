"""Names that filters offer go with the last session that has them, and never sooner."""

import re
import threading
from datetime import UTC, datetime, timedelta

import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from sessions.ingest.writing.catalogue import Catalogue
from sessions.ingest.writing.facets import FEW_FACETS, Facets, facets_of
from sessions.models import ApiToken, Facet, Organisation, Session, User
from sessions.query.options import filter_options
from tests.conftest import Send
from tests.ingest.lines import Line, send_lines
from tests.retention.conftest import Command, in_thread, old_line, purged, wait_until_somebody_waits

LONG_AGO = datetime.now(UTC) - timedelta(days=100)
LATELY = datetime.now(UTC) - timedelta(days=3)
IPHONE = {
    "app": {"app_id": "shop", "platform": "ios"},
    "device": {"model": "iPhone 15"},
    "os": {"name": "iOS", "version": "17.5"},
}
PIXEL = {
    "app": {"app_id": "bank", "platform": "android"},
    "device": {"model": "Pixel 9"},
    "os": {"name": "Android", "version": "15"},
}


def stored() -> Facets:
    return set(Facet.objects.values_list("owner", "value", "text"))


def needed(organisation: Organisation) -> Facets:
    """As the sessions say it that are there."""
    return facets_of(organisation.pk, map(dict, Session.objects.filter(organisation=organisation).values()))


def test_what_no_session_has_any_more_is_not_offered(
    monthly: Organisation, alice: User, dave: User, send: Send
) -> None:
    send(monthly, user="dave@acme.example", started_at=LONG_AGO, **PIXEL)
    send(monthly, user="uma@acme.example", started_at=LATELY, **IPHONE)
    assert set(dict(filter_options(alice).values["device"])) == {"Pixel 9", "iPhone 15"}

    purged()

    offered = {name: [value for value, _ in values] for name, values in filter_options(alice).values.items()}
    assert offered == {
        "user": ["uma@acme.example"], "app": ["shop"], "device": ["iPhone 15"], "os": ["iOS"], "platform": ["ios"],
        "initiator": ["user"],
    }  # fmt: skip
    assert filter_options(dave).values == {}
    assert stored() == needed(monthly)


def test_what_a_kept_session_of_the_same_person_has_stays(monthly: Organisation, dave: User, send: Send) -> None:
    """dave had both, and now has one of them; somebody else has the other."""
    for fields in (PIXEL, IPHONE):
        send(monthly, user="dave@acme.example", started_at=LONG_AGO, **fields)
    send(monthly, user="dave@acme.example", started_at=LATELY, **IPHONE)
    send(monthly, user="uma@acme.example", started_at=LATELY, **PIXEL)
    purged()
    assert [value for value, _ in filter_options(dave).values["app"]] == ["shop"]
    assert stored() == needed(monthly)


def test_tokens_are_owners_too(monthly: Organisation, nightly: ApiToken, send: Send) -> None:
    send(monthly, token="nightly-ci", started_at=LONG_AGO, **PIXEL)
    send(monthly, token="nightly-ci", started_at=LATELY, **IPHONE)
    purged()
    assert stored() == needed(monthly)


def test_the_week_that_is_purged_in_part_counts_with_what_is_left_of_it(monthly: Organisation, send: Send) -> None:
    """Keys are by the week: of one week some sessions go and some stay, for each place of the boundary in it."""
    for days in range(20, 40):
        at = datetime.now(UTC) - timedelta(days=days)
        send(monthly, started_at=at, app={"app_id": f"app-{days}"}, device={"model": "Pixel 9"})
    for left in range(39, 20, -1):
        Organisation.objects.update(retention_days=left)
        purged("--batch", "1")
        assert stored() == needed(monthly)


def test_names_of_other_organisations_stay(monthly: Organisation, globex: Organisation, send: Send) -> None:
    for organisation in (monthly, globex):
        send(organisation, started_at=LONG_AGO, user="dave@acme.example", **PIXEL)
    purged()
    assert stored() == needed(globex)
    assert stored()


def test_a_session_from_the_future_does_not_make_it_ask_about_every_week_until_then(
    monthly: Organisation, send: Send
) -> None:
    send(monthly, started_at=LONG_AGO, **PIXEL)
    with time_machine.travel("2450-01-01T00:00:00Z"):  # until then it would be refused
        send(monthly, started_at="2450-01-01T00:00:00Z", **IPHONE)
    send(monthly, started_at=LATELY, **IPHONE)
    with CaptureQueriesContext(connection) as captured:
        purged()
    assert stored() == needed(monthly)
    asked = [
        periods.split(",")
        for query in captured
        for periods in re.findall(r"'\{([\d,]+)\}'\S* AS periods", query["sql"])
    ]
    assert asked
    assert {len(periods) for periods in asked} == {2}


def test_a_name_that_is_added_at_the_same_moment_stays(
    transactional_db: None, monthly: Organisation, send: Send
) -> None:
    """The one who adds it has found it to be there and not yet committed: the purge waits, and asks again."""
    send(monthly, started_at=LONG_AGO, **PIXEL)
    purging = threading.Thread(target=in_thread, args=[purged])
    with transaction.atomic():
        send(monthly, started_at=LATELY, **PIXEL)
        purging.start()
        wait_until_somebody_waits("advisory")
    purging.join(30)
    assert Session.objects.count() == 1
    assert stored() == needed(monthly)


def test_an_import_writes_again_what_it_remembers_and_a_purge_has_removed_meanwhile(monthly: Organisation) -> None:
    catalogue = Catalogue(monthly.pk)
    send_lines(monthly, *(of_app(60, number, number) for number in range(60)), catalogue=catalogue)
    assert len(stored()) > FEW_FACETS
    purged()
    assert not stored()
    send_lines(monthly, *(of_app(2, number, number) for number in range(60)), catalogue=catalogue)
    assert len(stored()) > FEW_FACETS
    assert stored() == needed(monthly)


def of_app(days: int, number: int, app: int) -> Line:
    return old_line(days, external_id=f"{days}-{number}", app={"app_id": f"app-{app}"}, attachments=None)


def test_names_stay_right_while_sessions_come_in(
    transactional_db: None, monthly: Organisation, command: Command
) -> None:
    """Purges and imports of the same rare names, again and again."""
    send_lines(monthly, *(of_app(60, number, number % 60) for number in range(600)))
    purging = command("purge_sessions", "--batch", "10")
    for number in range(60):
        send_lines(monthly, of_app(2, number, 59 - number))
    output, errors = purging.communicate(timeout=120)
    assert (purging.returncode, errors) == (0, "")
    assert output.startswith("acme: 600 sessions")
    assert Session.objects.count() == 60
    assert stored() == needed(monthly)
