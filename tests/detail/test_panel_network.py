"""The requests of a network log, as the session's panel shows them and the file's own page with the same table."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.files.storage import default_storage
from django.shortcuts import render
from django.test import Client, RequestFactory

from sessions.models import Attachment, Organisation, User
from sessions.query import find_session
from sessions.replay.axis import axis_of, scope_of
from sessions.viewers.har.address import without_secrets
from sessions.views.panels.network import network_panel
from tests.conftest import NOON
from tests.detail.conftest import Attach

Panel = Callable[..., str]
TIMES = {"started_at": NOON, "ended_at": NOON + timedelta(seconds=60)}


def entry(t: float, path: str = "/", status: int = 200, **more: Any) -> dict[str, Any]:
    return {
        "startedDateTime": (NOON + timedelta(seconds=t)).isoformat(),
        "time": more.pop("time", 100),
        "request": {"method": "GET", "url": f"https://a.example{path}"} | more.pop("request", {}),
        "response": {"status": status, "content": {"mimeType": "text/html"}} | more.pop("response", {}),
    } | more


@pytest.fixture
def logged(attach: Attach) -> Callable[..., str]:
    """The address of a network log with these entries, of a session of a minute."""

    def attach_log(*entries: object, **fields: Any) -> str:
        content = json.dumps({"log": {"entries": entries}}).encode()
        said = {"kind": "network_log", "content_type": "application/json"}
        return attach(content, "network.har", **said, **(TIMES | fields))

    return attach_log


@pytest.fixture
def panel(alice: User) -> Panel:
    """The panel of the session that has the file with this address."""

    def panel_of(url: str, **parameters: Any) -> str:
        session_id = UUID(url.split("/")[2])
        record = find_session(alice, session_id)
        assert record is not None
        request = RequestFactory().get(f"/sessions/{session_id}/", parameters)
        context = network_panel(request, record, axis_of(record), scope_of(request.GET))
        return render(request, "detail/panel_network.html", context).content.decode()

    return panel_of


@pytest.fixture(params=["panel", "page"])
def shown(request: pytest.FixtureRequest, panel: Panel, alices: Client) -> Panel:
    """Both places that show a log."""

    def view(url: str, **parameters: Any) -> str:
        response = alices.get(f"{url}/view/", parameters)
        assert response.status_code == 200
        return response.content.decode()

    return panel if request.param == "panel" else view


def lines(page: str) -> list[tuple[float, str]]:
    """The moment and the path of each line."""
    found = re.findall(
        r'<tr class="request-line".*?data-t="([-.0-9]+)".*?class="middle" title="([^"]*)"', page, re.DOTALL
    )
    return [(float(t), path) for t, path in found]


def paths(page: str) -> list[str]:
    return [path for _, path in lines(page)]


def test_each_line_stands_at_its_moment_of_the_session(logged: Any, shown: Panel) -> None:
    page = shown(logged(entry(4.25, "/later"), entry(1.5, "/first"), entry(-2, "/before")))
    assert lines(page) == [(-2, "/before"), (1.5, "/first"), (4.25, "/later")]
    assert "0:01.500" in page
    assert "times from the network log" in page
    assert re.search(r'href="[^"]*\?t=4\.250"', page)


def test_the_line_at_the_moment_is_marked(logged: Any, shown: Panel) -> None:
    page = shown(logged(entry(1, "/one"), entry(2, "/two"), entry(3, "/three")), t="2.5")
    assert page.count(' aria-current="true" data-t=') == 1
    assert re.search(r'id="at" aria-current="true" data-t="2.000"', page)
    assert "t=2.5" in page


def test_a_range_leaves_what_went_on_in_it(logged: Any, shown: Panel) -> None:
    url = logged(entry(1, "/over"), entry(1, "/into", time=2_000), entry(3, "/in"), entry(6, "/after"))
    page = shown(url, range="2-5")
    assert paths(page) == ["/into", "/in"]
    assert "2 of 4 requests" in page
    # The waterfall shows the range: what began before it begins at its edge.
    assert 'x="0.00"' in page


SIZES = [
    entry(1, "/b", 500, time=30, response={"_transferSize": 10}),
    entry(2, "/a", 0, time=10, request={"method": "POST"}, response={"_transferSize": -1, "content": {"size": -1}}),
    entry(3, "/c", 204, time=20, response={"_transferSize": 5, "content": {"mimeType": "image/png"}}),
]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("", "bac"),
        ("time", "bac"),
        ("-time", "cab"),
        ("address", "abc"),
        ("-address", "cba"),
        ("method", "bca"),
        ("-method", "abc"),
        # What is unknown stands last, either way.
        ("status", "cba"),
        ("-status", "bca"),
        ("size", "cba"),
        ("-size", "bca"),
        ("type", "bca"),
        ("-type", "acb"),
        ("duration", "acb"),
        ("-duration", "bca"),
        ("nonsense", "bac"),
        ("--time", "bac"),
    ],
)
def test_each_column_sorts_both_ways(logged: Any, panel: Panel, sort: str, expected: str) -> None:
    assert "".join(path.strip("/") for path in paths(panel(logged(*SIZES), sort=sort))) == expected


def test_the_column_that_sorts_says_so_and_leads_back(logged: Any, panel: Panel) -> None:
    page = panel(logged(*SIZES), sort="size")
    assert 'class="request-size" aria-sort="ascending"' in page
    assert "sort=-size" in page
    assert page.count("aria-sort") == 1


def test_search_and_filters_apply_together(logged: Any, shown: Panel) -> None:
    url = logged(entry(1, "/Hat"), entry(2, "/hat", 404), entry(3, "/boot", 404))
    assert paths(shown(url, q="HAT", status="4xx")) == ["/hat"]
    assert paths(shown(url, q="a.example/h")) == ["/Hat", "/hat"]
    assert "None of the 3 requests is left" in shown(url, q="nowhere")
    assert paths(shown(url, status="nonsense", type="nonsense")) == ["/Hat", "/hat", "/boot"]


def test_the_form_keeps_what_else_is_asked(logged: Any, panel: Panel) -> None:
    page = panel(logged(entry(1)), t="1", range="0-5", tab="network", sort="-size", page="1", q="a")
    kept = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    assert kept == {"t": "1", "range": "0-5", "tab": "network", "sort": "-size"}


def test_the_page_is_that_of_the_moment_unless_another_is_asked_for(logged: Any, panel: Panel) -> None:
    url = logged(*[entry(n / 10, f"/{n}") for n in range(450)])
    assert "Requests 1–200" in panel(url)
    assert "Requests 201–400" in panel(url, t="30")
    assert "Requests 401–450" in panel(url, t="30", page="3")
    assert "Requests 401–450" in panel(url, page="3", request="430")
    assert "Requests 401–450" in panel(url, page="9" * 9)


def test_a_clock_that_is_off_is_said_and_shifted_only_when_that_is_asked_for(logged: Any, shown: Panel) -> None:
    url = logged(entry(3 * 3600 + 4, "/late"))
    page = shown(url)
    assert "its requests lie 3h 00m after the session" in page
    assert lines(page) == [(10804, "/late")]
    assert "shift=network" in page
    page = shown(url, shift="network")
    assert lines(page) == [(4, "/late")]
    assert "Shown 3h 00m earlier than the log says" in page
    assert 'href="' in page
    assert lines(shown(logged(entry(4, "/right")), shift="network")) == [(4, "/right")]


def test_requests_without_a_time_are_said_to_stand_at_an_assumed_start(logged: Any, panel: Panel) -> None:
    assert "1 request without a time stands at the session’s start (assumed)" in panel(logged(entry(1), {}))
    url = logged({}, {"request": {"url": "https://a.example/two"}})
    assert "start assumed: session’s start" in panel(url)
    Attachment.objects.update(starts_at=NOON + timedelta(seconds=7))
    page = panel(url)
    assert "starts_at: sent by the producer" in page
    assert [t for t, _ in lines(page)] == [7, 7]


def test_htmx_gets_the_one_request_that_it_opens_or_closes(logged: Any, alices: Client) -> None:
    url = logged(entry(1, "/one"), entry(2, "/two"))
    target = {"HX-Request": "true", "HX-Target": "request-2"}
    opened = alices.get(f"{url}/view/", {"request": "2"}, headers=target).content.decode()
    assert opened.strip().startswith('<tbody id="request-2"')
    assert paths(opened) == ["/two"]
    assert "Response headers" in opened
    closed = alices.get(f"{url}/view/", headers=target)
    assert "Response headers" not in closed.content.decode()
    assert "HX-Target" in closed["Vary"]
    other = alices.get(f"{url}/view/", headers=target | {"HX-Target": "request-99"}).content.decode()
    assert paths(other) == ["/one", "/two"]


def test_the_panel_answers_one_request_when_htmx_asks_for_it(logged: Any, alice: User) -> None:
    record = find_session(alice, UUID(logged(entry(1, "/one"), entry(2, "/two")).split("/")[2]))
    assert record is not None
    request = RequestFactory().get("/", {"request": "2"}, headers={"HX-Target": "request-2"})
    context = network_panel(request, record, axis_of(record), scope_of(request.GET))
    page = render(request, "detail/panel_network.html", context).content.decode()
    assert paths(page) == ["/two"]
    assert 'id="request-2"' in page


def test_htmx_gets_the_panel_alone(logged: Any, alices: Client) -> None:
    page = alices.get(f"{logged(entry(1))}/view/", headers={"HX-Target": "panel"}).content.decode()
    assert page.strip().startswith('<section class="panel panel-network"')
    assert "<html" not in page


def test_details_show_query_form_body_and_messages(logged: Any, shown: Panel) -> None:
    message = {"type": "send", "time": (NOON + timedelta(seconds=3)).timestamp(), "opcode": 1, "data": "hat-please"}
    url = logged(
        entry(
            1,
            "/search?hat=blue+felt&size=57",
            request={"postData": {"params": [{"name": "colour", "value": "blue"}]}},
            response={"content": {"mimeType": "application/json", "text": "eyJhIjoxfQ==", "encoding": "base64"}},
            timings={"dns": -1, "wait": 80, "receive": 20},
            _webSocketMessages=[message],
        )
    )
    page = shown(url, request="1")
    assert re.search(r"<dt>hat</dt><dd>\s*blue felt", page)
    assert re.search(r"<dt>colour</dt><dd>\s*blue", page)
    assert "{\n  &quot;a&quot;: 1\n}" in page
    assert "80.0 ms" in page
    assert ">dns<" not in page
    assert re.search(r'<tr data-t="3.000">.*?hat-please', page, re.DOTALL)


def test_what_lets_somebody_in_is_hidden_in_addresses_and_in_the_command(logged: Any, shown: Panel) -> None:
    cookie = [{"name": "Cookie", "value": "opensesame"}]
    url = logged(entry(1, "/in?access_token=opensesame", request={"headers": cookie}))
    assert "opensesame" not in shown(url)
    assert "opensesame" not in shown(url, request="1")
    page = shown(url, request="1", reveal="1")
    assert "Cookie: opensesame" in page
    assert "access_token=opensesame" in page


def test_what_lets_somebody_in_is_hidden_in_headers_bodies_and_messages(logged: Any, shown: Panel) -> None:
    secret = json.dumps({"hat": "felt", "password": "opensesame"})
    messages = [{"type": "send", "time": NOON.timestamp() + 2, "opcode": 1, "data": secret}]
    request = {
        "method": "POST",
        "headers": [{"name": "Referer", "value": "https://a.example/?token=opensesame&page=2"}],
        "postData": {"mimeType": "application/json", "text": secret},
    }
    response = {"content": {"mimeType": "application/json", "text": secret}}
    url = logged(entry(1, request=request, response=response, _webSocketMessages=messages))
    page, revealed = shown(url, request="1"), shown(url, request="1", reveal="1")
    assert "opensesame" not in page
    assert "page=2" in page
    # Beside the address, once in each place where the rest of the JSON is.
    assert page.count("felt") == revealed.count("felt") >= 4
    assert revealed.count("opensesame") == revealed.count("felt") + revealed.count("page=2")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://a.example/?token=x&b=1#c", "https://a.example/?token=HIDDEN&b=1#c"),
        ("https://a.example/#access_token=x&b=1", "https://a.example/#access_token=HIDDEN&b=1"),
        ("https://a.example/#/in?token=x", "https://a.example/#/in?token=HIDDEN"),
        ("https://me:x@a.example/@b?c=d@e", "https://HIDDEN@a.example/@b?c=d@e"),
        ("wss://a.example", "wss://a.example"),
        ("mailto:me@a.example", "mailto:me@a.example"),
    ],
)
def test_what_lets_somebody_in_is_hidden_wherever_it_stands_in_an_address(address: str, shown: str) -> None:
    assert without_secrets(address) == shown


def test_what_went_wrong_and_comparisons_hide_what_lets_somebody_in(logged: Any, alices: Client) -> None:
    ids = [logged(entry(n, f"/{n}?token=opensesame", 500), external_id=str(n)).split("/")[2] for n in (1, 2)]
    page = alices.get(f"/sessions/{ids[0]}/?tab=facts").content.decode()
    assert "token=HIDDEN" in page
    compared = alices.get("/sessions/compare/", {"a": ids[0], "b": ids[1], "tab": "requests"}).content.decode()
    assert "/2?token=HIDDEN" in compared
    assert "opensesame" not in page + compared


def test_sizes_and_durations_that_nobody_knows_are_unknown(logged: Any, shown: Panel) -> None:
    page = shown(logged(entry(1, "/", -1, time=-1, response={"bodySize": -1, "content": {"size": -1}})), request="1")
    assert "unfinished" in page
    assert page.count('<span class="quiet">unknown</span>') == 2
    assert "unknown size transferred" in page
    assert "0 failed" in page


def test_one_of_several_logs_is_chosen_by_its_name(acme: Organisation, send: Any, tmp_path: Any, panel: Panel) -> None:
    files = []
    for name in ("a.har", "b.har"):
        (tmp_path / name).write_text(json.dumps({"log": {"entries": [entry(1, f"/{name}")]}}))
        files.append({"name": name, "kind": "network_log", "content_type": "application/json", "file": name})
    files.append({"name": "notes.log", "kind": "log", "content_type": "text/plain", "file": "notes.log"})
    (tmp_path / "notes.log").write_text("x")
    url = f"/sessions/{send(acme, attachments=files, **TIMES)}/"
    assert paths(panel(url)) == ["/a.har"]
    assert paths(panel(url, file="b.har")) == ["/b.har"]
    assert paths(panel(url, file="notes.log")) == ["/a.har"]
    assert "notes.log" not in panel(url)


def test_a_log_that_cannot_be_shown_says_why_and_offers_the_file(logged: Any, attach: Attach, panel: Panel) -> None:
    said = {"kind": "network_log", "content_type": "application/json"}
    url = attach(b"[]", "network.har", **said)
    page = panel(url)
    assert "there are no log.entries in it" in page
    assert f'href="{url}?download"' in page
    lost = logged(entry(1))
    for file in Attachment.objects.all():
        default_storage.delete(file.storage_name)
    assert "no longer in the storage" in panel(lost)


def test_a_session_without_a_log_says_so(acme: Organisation, send: Any, panel: Panel) -> None:
    assert "This session has no network log." in panel(f"/sessions/{send(acme)}/")


def test_a_hostile_log_is_only_text(logged: Any, shown: Panel) -> None:
    script = '"><script>alert(1)</script>'
    hostile = entry(
        1,
        f"/?{script}={script}",
        request={"method": script, "headers": [{"name": script, "value": script}], "postData": {"text": script}},
        response={"statusText": script, "content": {"text": script, "mimeType": script}},
        serverIPAddress=script,
    )
    page = shown(logged(hostile, {"request": {"url": "javascript:alert(1)"}}, None, []), request="2", q="")
    assert "<script>alert" not in page
    assert 'href="javascript:' not in page
    assert " style=" not in page


def test_an_archive_of_five_megabytes_opens_by_its_index(logged: Any, shown: Panel) -> None:
    body = {"content": {"mimeType": "text/html", "text": "x" * 2_000, "size": 2_000}}
    url = logged(*[entry(n / 50, f"/{n}.", response=body) for n in range(2_400)])
    assert Attachment.objects.get().size > 5_000_000
    first, again = shown(url, t="30"), shown(url, t="30")
    assert lines(first) == lines(again)
    assert "2,400 requests" in first
    assert re.search(r'id="at" aria-current="true" data-t="30.000"', first)
    assert paths(shown(url, q="/1234.")) == ["/1234."]


def test_a_file_that_was_cut_short_after_it_was_read_says_so(
    logged: Any, shown: Panel, alices: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sessions.replay.indexes.SMALLEST_KEPT", 0)
    url = logged(entry(1), entry(2, "/late", 500))
    assert "/late" in shown(url)
    (name,) = Attachment.objects.values_list("storage_name", flat=True)
    with Path(default_storage.path(name)).open("r+b") as file:
        file.truncate(file.seek(0, 2) - 150)
    assert "cut short" in shown(url)
    assert "cut short" in alices.get(f"{url}/view/").content.decode()
    assert alices.get(f"/sessions/{url.split('/')[2]}/?tab=facts").status_code == 200
