"""Facts: those that differ, then those that are the same."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.test import Client

from sessions.models import Organisation, User
from sessions.presenters.compare_facts import PairGroup, compare_facts
from sessions.query import find_session
from tests.compare.conftest import compared
from tests.conftest import NOON

Send = Callable[..., UUID]
SHOP: dict[str, Any] = {"app_id": "com.acme.shop", "name": "Shop", "version": "8.4", "build": "77"}


def said(groups: list[PairGroup]) -> dict[tuple[str, str], tuple[Any, Any]]:
    return {
        (group.title, pair.label): (pair.first and pair.first.value, pair.second and pair.second.value)
        for group in groups
        for pair in group.pairs
    }


def test_facts_that_differ_stand_apart_from_those_that_are_the_same(
    alice: User, acme: Organisation, send: Send
) -> None:
    a = find_session(alice, send(acme, app=SHOP, ended_at=NOON + timedelta(seconds=13), os={"version": "17"}))
    b = find_session(alice, send(acme, app=SHOP | {"build": "78"}, status="failed", flags={"crash": True}))
    assert a
    assert b
    facts = compare_facts(a, b)
    differing, equal = said(facts.differing), said(facts.equal)
    assert differing[("Session", "Status")] == ("Ended", "Failed")
    assert differing[("App", "Build")] == ("77", "78")
    assert differing[("Operating system", "Version")] == ("17", None)
    assert differing[("Flags", "Crash")] == (None, "yes")
    assert equal[("App", "Version")] == ("8.4", "8.4")
    assert not differing.keys() & equal.keys()
    assert facts.differing[-1].title == "Times"


def test_titles_and_outcomes_are_compared_first(alice: User, acme: Organisation, send: Send) -> None:
    a = find_session(alice, send(acme, title="pays", outcome="paid 12 €"))
    b = find_session(alice, send(acme, title="pays", outcome="paid 13 €", os={"version": "17"}))
    assert a
    assert b
    facts = compare_facts(a, b)
    assert next(iter(said(facts.differing).items())) == (("Session", "Outcome"), ("paid 12 €", "paid 13 €"))
    assert said(facts.equal)[("Session", "Title")] == ("pays", "pays")


def test_the_page_shows_differing_facts_first_and_folds_the_others(
    alices: Client, acme: Organisation, send: Send
) -> None:
    a, b = send(acme, app=SHOP), send(acme, app=SHOP | {"build": "78"}, flags={"crash": True})
    page = compared(alices, a, b)
    before, _, after = page.partition('<details class="compare-equal">')
    assert "2 facts differ" in before
    assert "<dt>Build</dt>" in before
    assert "<dt>Build</dt>" not in after
    assert "<dt>App ID</dt>" in after
    assert '<span class="quiet">no</span>' in before  # a flag that was not raised is known to be none


def test_sessions_with_the_same_facts_say_so(alices: Client, acme: Organisation, send: Send) -> None:
    page = compared(alices, send(acme, app=SHOP, external_id="a"), send(acme, app=SHOP, external_id="b"))
    assert "No fact differs" in page


def test_what_a_producer_sends_is_never_markup(alices: Client, acme: Organisation, send: Send) -> None:
    script = "<script>alert(1)</script>"
    a = send(acme, attributes={"x": script, script: "1"}, external_id=script)
    b = send(acme, attributes={"x": f"{script} 2", script: "2"}, app={"app_id": "a", "name": script})
    response = alices.get("/sessions/compare/", {"a": str(a), "b": str(b)})
    assert b"<script>alert" not in response.content
