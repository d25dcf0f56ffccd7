"""The filters, their chips, the sort links, the pager, and what is said where there is nothing."""

import re
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client

from sessions.models import Organisation, User
from tests.conftest import NOON, Send
from tests.query.readers import PAGE, on_page, text_of
from tests.sessions_page.reading import html, words


def links(body: str, marked: str) -> list[str]:
    """The addresses of the links that carry this in their tag."""
    tags = re.findall(r"<a [^>]*>", body)
    return [unescape(re.findall(r'href="([^"]*)"', tag)[0]) for tag in tags if marked in tag]


def query(address: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(address).query)


def test_each_value_that_is_set_has_a_chip_that_takes_it_away(acme: Organisation, alice: User, send: Send) -> None:
    send(acme, app={"app_id": "b", "platform": "ios"})
    body = html(alice, q="b", app=["a", "b"], platform="ios", start="2026-06-01", sort="date", cursor="")
    chips = {
        re.findall(r'aria-label="Remove ([^"]*)"', tag)[0]: tag for tag in re.findall(r'<a class="chip"[^>]*>', body)
    }
    assert sorted(chips) == ["App: a", "App: b", "From: 2026-06-01", "Platform: iOS", "Search: b"]
    rest = {"q": ["b"], "app": ["a", "b"], "platform": ["ios"], "start": ["2026-06-01"], "sort": ["date"]}
    removed = {label: query(unescape(re.findall(r'href="([^"]*)"', tag)[0])) for label, tag in chips.items()}
    assert removed["App: a"] == rest | {"app": ["b"]}
    assert removed["Search: b"] == {name: value for name, value in rest.items() if name != "q"}
    assert removed["From: 2026-06-01"] == {name: value for name, value in rest.items() if name != "start"}


def test_many_values_of_one_filter_share_a_chip(alice: User) -> None:
    """Each chip's link names all the others, so a chip a value would make the page grow with their square."""
    body = html(alice, app=[f"com.example.app{number}" for number in range(500)], q="x")
    chips = {
        re.findall(r'aria-label="Remove ([^"]*)"', tag)[0]: tag for tag in re.findall(r'<a class="chip"[^>]*>', body)
    }
    assert list(chips) == ["Search: x", "App: 500 values"]
    assert query(links(chips["App: 500 values"], "chip")[0]) == {"q": ["x"]}
    assert len(body) < 1_000_000


def test_each_part_of_a_search_has_a_chip_that_edits_the_text(acme: Organisation, alice: User, send: Send) -> None:
    body = html(alice, q='status:failed "corner shop" -status:lost', app="a")
    chips = {
        re.findall(r'aria-label="Remove ([^"]*)"', tag)[0]: unescape(re.findall(r'href="([^"]*)"', tag)[0])
        for tag in re.findall(r'<a class="chip"[^>]*>', body)
    }
    assert {label: query(address) for label, address in chips.items()} == {
        "Status: Failed": {"q": ['"corner shop" -status:lost'], "app": ["a"]},
        "Search: corner shop": {"q": ["status:failed -status:lost"], "app": ["a"]},
        "Search: -status:lost": {"q": ['status:failed "corner shop"'], "app": ["a"]},
        "App: a": {"q": ['status:failed "corner shop" -status:lost']},
    }


def test_clear_all_leads_to_the_whole_list(acme: Organisation, alice: User, send: Send) -> None:
    assert links(html(alice, app="a", q="x"), "chips-clear") == ["/sessions/"]
    assert links(html(alice, sort="date"), "chips-clear") == []


def test_the_export_link_carries_the_filters_and_not_the_place(acme: Organisation, alice: User, send: Send) -> None:
    (address,) = links(html(alice, app="a", sort="-queue_ms", limit=10, mode="before"), 'id="export"')
    assert address.startswith("/sessions/export.csv?")
    assert query(address) == {"app": ["a"], "sort": ["-queue_ms"]}


@pytest.mark.parametrize(
    ("sort", "sorted_by", "direction", "next_sort"),
    [
        ("", "Date", "descending", "date"),
        ("date", "Date", "ascending", "-date"),
        ("-queue_ms", "Queue time", "descending", "queue_ms"),
        ("queue_ms", "Queue time", "ascending", "-queue_ms"),
        ("-duration_ms", "Duration", "descending", "duration_ms"),
        ("duration_ms", "Duration", "ascending", "-duration_ms"),
    ],
)
def test_headers_say_how_the_list_is_sorted_and_turn_it_round(
    acme: Organisation, alice: User, send: Send, sort: str, sorted_by: str, direction: str, next_sort: str
) -> None:
    send(acme)
    _, *headers = re.findall(r"<th[^>]*>.*?</th>", html(alice, sort=sort, app=""), re.DOTALL)
    assert [words(header) for header in headers] == [
        "User", "App", "Device", "Queue time", "Duration", "Date", "Files",
    ]  # fmt: skip
    assert all('scope="col"' in header for header in headers)
    marked = {words(header): header for header in headers if "aria-sort" in header}
    assert list(marked) == [sorted_by]
    assert f'aria-sort="{direction}"' in marked[sorted_by]
    assert query(links(marked[sorted_by], "heading")[0])["sort"] == [next_sort]
    others = {words(header): links(header, "heading") for header in headers if words(header) != sorted_by}
    assert {name for name, found in others.items() if found} == {"Queue time", "Duration", "Date"} - {sorted_by}


def test_an_order_of_several_values_is_named_and_kept_until_another_is_chosen(
    acme: Organisation, alice: User, send: Send
) -> None:
    send(acme)
    body = html(alice, sort_by=["queue_ms:desc", "date:asc"])
    chosen = re.findall(r"<option value=\"([^\"]*)\" selected>([^<]*)<", body)
    assert chosen == [("-queue_ms,date", "Longest queue first, then oldest first")]
    (heading,) = (header for header in re.findall(r"<th[^>]*>.*?</th>", body, re.DOTALL) if "aria-sort" in header)
    assert query(links(heading, "heading")[0]) == {"sort": ["queue_ms"]}


PRESETS = {
    "Today": "2026-06-15",
    "Last 7 days": "2026-06-09",
    "Last 4 weeks": "2026-05-19",
    "Last 3 months": "2026-03-16",
    "Last 12 months": "2025-06-16",
    "Month to date": "2026-06-01",
    "Year to date": "2026-01-01",
}


def test_presets_are_days_of_the_viewers_zone_up_to_today(acme: Organisation, alice: User) -> None:
    # 23:30 UTC is the next day in Berlin.
    with time_machine.travel(NOON - timedelta(hours=12, minutes=30), tick=False):
        body = html(alice, app="a")
    found = re.findall(r'<li><a href="\?([^"]*)"[^>]*>([^<]*)</a></li>', body)
    assert {label: parse_qs(unescape(address)) for address, label in found} == {
        label: {"app": ["a"], "start": [start], "end": ["2026-06-15"]} for label, start in PRESETS.items()
    }
    assert "Days of Europe/Berlin" in body


def test_the_preset_that_is_set_is_marked(acme: Organisation, alice: User) -> None:
    with time_machine.travel(NOON, tick=False):
        body = html(alice, start="2026-06-09", end="2026-06-15")
    assert re.findall(r'aria-current="true">([^<]*)<', body) == ["Last 7 days"]


def test_filters_offer_what_occurs_and_users_only_to_admins(
    acme: Organisation, alice: User, uma: User, send: Send
) -> None:
    send(
        acme,
        user="uma@acme.example",
        app={"app_id": "shop", "platform": "web"},
        device={"model": "Pixel 8"},
        os={"name": "Android", "version": "14.1"},
    )
    assert names(html(alice)) == ["user", "app", "device", "os", "platform", "status", "flag", "initiator"]
    assert names(html(uma)) == ["app", "device", "os", "platform", "status", "flag", "initiator"]
    assert offered(html(alice), "os") == ["Android 14", "Android 14.1"]
    assert offered(html(alice), "user") == ["uma@acme.example"]
    assert offered(html(alice), "platform") == ["web"]


def names(body: str) -> list[str]:
    form = body[body.index('id="filters"') : body.index('id="results"')]
    return list(dict.fromkeys(re.findall(r'<input type="checkbox" name="(\w+)"', form)))


def offered(body: str, name: str) -> list[str]:
    return [unescape(value) for value in re.findall(rf'<input type="checkbox" name="{name}" value="([^"]*)"', body)]


def test_what_is_chosen_stays_checked_also_when_it_does_not_occur(acme: Organisation, alice: User, send: Send) -> None:
    send(acme, app={"app_id": "shop"})
    body = html(alice, app=["shop", "gone"])
    assert re.findall(r'name="app" value="(\w+)" checked', body) == ["shop", "gone"]


def test_for_htmx_the_results_alone_come(acme: Organisation, alice: User, send: Send) -> None:
    ident = send(acme)
    client = Client()
    client.force_login(alice)
    response = client.get("/sessions/", headers={"HX-Request": "true", "HX-Target": "results"})
    part = text_of(response)
    assert on_page(part) == [ident]
    assert "<html" not in part
    assert 'id="filters"' not in part
    assert 'id="export"' in part
    # A cache must not give the part to somebody who asks for the page.
    assert {"HX-Request", "HX-Target"} <= set(response["Vary"].split(", "))
    assert "no-store" in response["Cache-Control"]


def test_the_pager_leads_on_and_back_and_a_beginning_is_the_whole_first_page(
    acme: Organisation, alice: User, send: Send
) -> None:
    sent = [send(acme, started_at=NOON - timedelta(minutes=number)) for number in range(5)]
    first = html(alice, limit=2)
    (older,) = links(first, "data-older")
    assert links(first, "data-newer") == []
    second = html(alice, **query(older))
    assert on_page(second) == sent[2:4]
    (newer,) = links(second, "data-newer")
    assert query(newer)["mode"] == ["before"]
    back = PAGE.get(alice, **query(newer))
    assert back.status_code == 302
    assert query(back["Location"]) == {"limit": ["2"]}
    (oldest,) = links(second, "data-older")
    third = html(alice, **query(oldest))
    assert on_page(third) == sent[4:]
    assert links(third, "data-older") == []
    assert on_page(html(alice, **query(links(third, "data-newer")[0]))) == sent[2:4]


def test_how_many_match_is_said(acme: Organisation, alice: User, send: Send) -> None:
    assert "No sessions" in html(alice)
    send(acme)
    assert "1 session<" in html(alice)
    send(acme, app={"app_id": "a"})
    assert "2 sessions<" in html(alice)


def test_nothing_says_what_to_do(acme: Organisation, alice: User, uma: User) -> None:
    assert "import_sessions sessions.ndjson --organisation acme" in html(alice)
    assert "No session matches these filters" in html(alice, app="a")
    assert "You have no sessions yet" in html(uma)


BAD = {
    "start": "banana", "end": "2026-02-30", "platform": "amiga", "status": "sleeping", "flag": "red", "sort": "colour",
    "mode": "sideways", "limit": "0", "cursor": "banana", "q": "x" * 2_001, "user": "x" * 1026, "device": "x" * 1026,
    "os": "x" * 1026, "colour": "blue", "<script>alert(1)</script>": "1",
}  # fmt: skip


@pytest.mark.parametrize("field", BAD)
def test_a_parameter_that_is_wrong_is_named_and_the_rest_applies(
    acme: Organisation, alice: User, send: Send, field: str
) -> None:
    wanted = send(acme, app={"app_id": "a"})
    send(acme)
    body = html(alice, **{field: BAD[field], "app": "a"})
    assert re.findall(r"<li><code>(.*?)</code>: (.+?)</li>", body)[0][0] == field.replace("<", "&lt;").replace(
        ">", "&gt;"
    )
    assert f'<tr id="session-{wanted}"' in body
    assert body.count('<tr id="session-') == 1
    assert "<script>alert" not in body


def test_all_of_them_at_once_are_all_named(alice: User) -> None:
    body = html(alice, **BAD)
    assert len(re.findall(r"<li><code>", body)) == len(BAD)


def test_the_end_before_the_start_is_named_and_the_range_left_out(acme: Organisation, alice: User, send: Send) -> None:
    ident = send(acme)
    body = html(alice, start="2026-06-16", end="2026-06-14")
    assert "<code>end</code>" in body
    assert f"session-{ident}" in body
    # Neither of them is a filter that is set, and an export, which leaves nothing out, is not offered.
    assert 'class="chip"' not in body
    assert links(body, 'id="export"') == []


def test_an_exact_range_stays_in_the_form(acme: Organisation, alice: User) -> None:
    body = html(alice, start="2026-06-15T10:00:00Z", end="2026-06-15")
    assert re.findall(r'type="(\w+)" id="filter-(\w+)" name="\w+" value="([^"]*)"', body) == [
        ("text", "start", "2026-06-15T10:00:00Z"),
        ("date", "end", "2026-06-15"),
    ]


def test_more_rows_than_a_page_takes_are_refused_by_name(acme: Organisation, alice: User, send: Send) -> None:
    send(acme)
    assert "<code>limit</code>: At most 200 rows fit here." in html(alice, limit=201)


@pytest.mark.parametrize("parameters", [{"q": "a\0b"}, {"user": ["a", "\0"]}, {"cursor": "\0"}, {"\0": "x"}], ids=repr)
def test_nul_is_named_and_breaks_nothing(alice: User, parameters: dict[str, object]) -> None:
    assert 'role="alert"' in html(alice, **parameters)


def test_a_thousand_values_are_refused_by_name_and_five_hundred_are_taken(
    acme: Organisation, alice: User, send: Send
) -> None:
    send(acme)
    assert "<code>app</code>: Give at most 500 values." in html(alice, app=[str(number) for number in range(1000)])
    assert 'role="alert"' not in html(alice, app=[str(number) for number in range(500)])
    assert html(alice, status=["ended"] * 1000).count('<tr id="session-') == 1
