"""The page: its numbers lead to the sessions that they count."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from sessions.models import Organisation, User
from tests.conftest import ClientOf, Send

JUNE = "start=2026-06-01&end=2026-06-30"


def page(client: Client, query: str = JUNE) -> str:
    response = client.get(f"/usage/?{query}")
    assert response.status_code == 200
    return response.content.decode()


def test_it_asks_for_signing_in(db: None, client: Client) -> None:
    response = client.get("/usage/")
    assert (response.status_code, response["Location"]) == (302, "/signin/?next=/usage/")


def test_it_changes_nothing(alice: User, client_of: ClientOf) -> None:
    assert client_of(alice).post("/usage/").status_code == 405


def test_each_number_leads_to_as_many_sessions(
    acme: Organisation, alice: User, client_of: ClientOf, send: Send
) -> None:
    for day, app in ((3, "a"), (3, "b"), (4, "a")):
        send(acme, started_at=datetime(2026, 6, day, 12, tzinfo=UTC), app={"app_id": app}, device={"model": "M & N"},
             user="uma@acme.example")  # fmt: skip
    client = client_of(alice)
    links = re.findall(r'<a href="(/sessions/\?[^"]*)">(\d+)</a>', page(client))
    # The total, two days, two apps, a device and a user.
    assert sorted(number for _, number in links) == ["1", "1", "2", "2", "3", "3", "3"]
    for link, number in links:
        word = "sessions" if number != "1" else "session"
        assert f">{number} {word}<" in client.get(unescape(link)).content.decode(), link


def test_links_keep_the_filters_that_are_set(acme: Organisation, alice: User, client_of: ClientOf, send: Send) -> None:
    send(acme, started_at=datetime(2026, 6, 3, 12, tzinfo=UTC), app={"app_id": "a", "platform": "ios"})
    text = page(client_of(alice), f"{JUNE}&platform=ios&limit=10")
    links = re.findall(r'<a href="(/sessions/\?[^"]*)"', text)
    assert links
    assert all("platform=ios" in link and "limit" not in link for link in links)


@pytest.mark.parametrize("counted", [False, True])
def test_a_day_that_the_zone_skipped_is_shown_without_sessions(
    acme: Organisation, alice: User, client_of: ClientOf, send: Send, counted: bool
) -> None:
    alice.time_zone = "Pacific/Apia"
    alice.save()
    skipped = datetime(2011, 12, 30, 10, tzinfo=UTC)
    for moment in (skipped - timedelta(microseconds=1), skipped, skipped + timedelta(hours=1)):
        send(acme, started_at=moment)
    if counted:
        call_command("count_usage", stdout=StringIO())
    text = page(client_of(alice), "start=2011-12-29&end=2011-12-31")
    days = re.findall(r'<time datetime="(2011-12-\d\d)">[^<]*</time></th>\s*<td>(?:<a[^>]*>)?(\d+)', text)
    assert days == [("2011-12-31", "2"), ("2011-12-30", "0"), ("2011-12-29", "1")]
    assert 'role="alert"' not in text
    alone = page(client_of(alice), "start=2011-12-30&end=2011-12-30")
    assert "No sessions in these days" in alone
    assert 'role="alert"' not in alone


def test_nothing_to_count_says_what_to_do(alice: User, client_of: ClientOf) -> None:
    text = page(client_of(alice))
    assert "No sessions in these days" in text
    assert "<table" not in text


def test_a_bad_parameter_is_named_on_the_page(alice: User, client_of: ClientOf) -> None:
    text = page(client_of(alice), "start=banana&colour=red")
    assert "<code>start</code>" in text
    assert "<code>colour</code>" in text


def test_a_range_that_is_too_long_is_cut_and_the_page_says_so(alice: User, client_of: ClientOf) -> None:
    assert "Usage counts at most 366 days" in page(client_of(alice), "start=2025-01-01&end=2026-06-30")


def test_a_year_is_a_preset_and_its_days_are_by_the_month(
    acme: Organisation, alice: User, client_of: ClientOf, send: Send
) -> None:
    for month, day in ((3, 3), (3, 4), (5, 6)):
        send(acme, started_at=datetime(2026, month, day, 12, tzinfo=UTC), external_id=f"{month}-{day}")
    text = page(client_of(alice), "start=2025-07-01&end=2026-06-30")
    assert "Last 12 months" in text
    summaries = re.findall(r"<summary><span>(.*?)</span> <span>(.*?)</span>", text)
    assert len(summaries) == 12
    found = [one for one in summaries if one[1] != "0 sessions"]
    assert found == [("May 2026", "1 session"), ("Mar 2026", "2 sessions")]
    assert text.count("<table") == 12
    assert "<summary>" not in page(client_of(alice))


def test_that_queue_times_are_about_is_said_where_they_are(
    acme: Organisation, alice: User, client_of: ClientOf, send: Send
) -> None:
    for day in (3, 4):
        send(acme, started_at=datetime(2026, 6, day, 12, tzinfo=UTC), external_id=str(day))
    assert "within 1&nbsp;%" not in page(client_of(alice))
    call_command("count_usage", stdout=StringIO())
    assert "within 1&nbsp;%" in page(client_of(alice))


def test_users_are_on_an_admins_page_alone(
    acme: Organisation, alice: User, uma: User, client_of: ClientOf, send: Send
) -> None:
    send(acme, started_at=datetime(2026, 6, 3, 12, tzinfo=UTC), user="uma@acme.example", app={"app_id": "a"})
    assert "Top users" in page(client_of(alice))
    assert "Top users" not in page(client_of(uma))
    assert "Top apps" in page(client_of(uma))


def test_names_are_text_never_markup(acme: Organisation, alice: User, client_of: ClientOf, send: Send) -> None:
    send(acme, started_at=datetime(2026, 6, 3, 12, tzinfo=UTC), app={"app_id": "<b>", "name": "<script>"})
    text = page(client_of(alice))
    assert "<script>" not in text.replace("<script ", "")
    assert "&lt;script&gt;" in text


@pytest.mark.parametrize("sessions", [1, 30])
def test_its_queries_do_not_grow_with_the_sessions(
    acme: Organisation,
    alice: User,
    client_of: ClientOf,
    send: Send,
    django_assert_num_queries: DjangoAssertNumQueries,
    sessions: int,
) -> None:
    for number in range(sessions):
        send(acme, started_at=datetime(2026, 6, number % 28 + 1, 12, tzinfo=UTC), app={"app_id": f"app{number}"})
    client = client_of(alice)
    # Session, user with organisation, options, days that are counted, and usage within its deadline: a savepoint, the
    # deadline, the query, and the savepoint's release.
    with django_assert_num_queries(8):
        page(client)
