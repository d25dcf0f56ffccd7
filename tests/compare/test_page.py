"""The page that compares two sessions: who may see it, and every way in which two sessions can be named."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.template.loader import render_to_string
from django.test import Client

from sessions.models import Organisation, User
from sessions.presenters import compare_rows
from sessions.query import find_session
from sessions.query.passed import Passed
from tests.compare.conftest import SendFiles, compared, event
from tests.conftest import ClientOf
from tests.test_visibility_matrix import same_but_for_the_token

Send = Callable[..., UUID]
URL = "/sessions/compare/"
TABS = ("facts", "events", "requests", "log")


@pytest.fixture
def pair(acme: Organisation, send_files: SendFiles) -> tuple[UUID, UUID]:
    fields: dict[str, Any] = {
        "app": {"app_id": "com.acme.shop", "name": "Shop"},
        "log": b"1\n2\n",
        "events": [event(1)],
    }
    return send_files(external_id="first", **fields), send_files(external_id="second", **fields)


@pytest.mark.parametrize("spelling", ["id", "capitals", "no hyphens", "external id", "link", "file", "api", "blanks"])
def test_a_session_is_named_in_any_of_many_ways(alices: Client, pair: tuple[UUID, UUID], spelling: str) -> None:
    a, b = pair
    named = {
        "id": str(b),
        "capitals": str(b).upper(),
        "no hyphens": b.hex,
        "external id": "second",
        "link": f"https://history.example/sessions/{b}/?t=3",
        "file": f"https://history.example/sessions/{b.hex.upper()}/attachments/console.log/view/",
        "api": f"https://history.example/api/v1/sessions/{b}",
        "blanks": f"  {b}\n",
    }
    page = compared(alices, a, named[spelling])
    assert f'href="/sessions/{b}/"' in page
    # Links on the page name both by their ids.
    assert f"?a={b}&b={a}" in page
    assert f"?a={a}&b={b}&tab=log" in page


def test_each_side_is_headed_by_what_it_was_and_how_it_went(alices: Client, send: Send, acme: Organisation) -> None:
    shop = {"app_id": "com.acme.shop", "name": "Shop", "version": "8.4"}
    titled = send(acme, app=shop, title="pays <12 €>", outcome="no <price>", status="failed")
    response = alices.get(URL, {"a": str(titled), "b": str(send(acme, app=shop))})
    heads = response.content.decode().partition('class="compare-heads"')[2]
    first, _, second = heads.partition('aria-label="Session B"')
    assert "pays &lt;12 €&gt;" in first
    assert "<span>Shop 8.4</span>" in first
    assert "no &lt;price&gt;</p>" in first
    assert "<span>8.4</span>" in second
    assert "compare-outcome" not in second


def test_an_external_id_that_looks_like_a_link_is_an_external_id(
    alices: Client, pair: tuple[UUID, UUID], send: Send, acme: Organisation
) -> None:
    odd = send(acme, external_id=f"https://ci.example/sessions/{pair[0]}/")
    assert f'href="/sessions/{odd}/"' in compared(alices, pair[0], f"https://ci.example/sessions/{pair[0]}/")


@pytest.mark.parametrize(
    "query", [{}, {"a": ""}, {"a": "first"}, {"b": "second"}, {"a": "first", "b": " "}, {"tab": "log"}]
)
def test_without_two_sessions_the_form_asks_for_them(
    alices: Client, pair: tuple[UUID, UUID], query: dict[str, str]
) -> None:
    response = alices.get(URL, query)
    assert response.status_code == 200
    page = response.content.decode()
    assert 'name="a"' in page
    assert 'name="b"' in page
    assert 'role="alert"' not in page
    assert (f'value="{pair[0]}"' in page) == (query.get("a") == "first")


def test_a_session_beside_itself_says_so(alices: Client, pair: tuple[UUID, UUID]) -> None:
    assert "A and B are the same session" in compared(alices, pair[0], str(pair[0]).upper())


@pytest.mark.parametrize(
    "text", ["x" * 5_000, "/sessions/", "é", "{}", "' OR 1=1 --", "0" * 32, "\ud800".encode("utf-8", "surrogatepass")]
)
def test_what_names_no_session_is_not_found(alices: Client, pair: tuple[UUID, UUID], text: Any) -> None:
    response = alices.get(URL, {"a": text, "b": str(pair[1])})
    assert response.status_code == 404
    assert "Session A was not found." in response.content.decode()


def test_the_page_names_the_sides_that_were_not_found(alices: Client, pair: tuple[UUID, UUID]) -> None:
    assert "Session B was not found." in compared(alices, pair[0], uuid4(), status=404)
    assert "Neither session A nor session B was found." in compared(alices, uuid4(), "nope", status=404)
    assert "Session A was not found." in compared(alices, "nope", "", status=404)


@pytest.mark.parametrize("tab", [*TABS, "nonsense"])
@pytest.mark.parametrize("side", ["a", "b"])
def test_a_side_that_may_not_be_seen_is_exactly_like_one_that_does_not_exist(
    umas: Client, acme: Organisation, globex: Organisation, send: Send, tab: str, side: str
) -> None:
    own = str(send(acme, user="uma@acme.example"))
    hidden = {
        str(send(acme, user="bob@acme.example", external_id="of-bob", app={"app_id": "secret"})): "of-bob",
        str(send(globex, user="uma@acme.example", external_id="of-globex", app={"app_id": "secret"})): "of-globex",
    }
    other = "b" if side == "a" else "a"
    for ident, external_id in hidden.items():
        for text in (ident, external_id, f"/sessions/{ident}/"):
            missing = text.replace(ident, str(UUID(int=7))).replace(external_id, "no-such")
            answers = [umas.get(URL, {side: one, other: own, "tab": tab}) for one in (text, missing)]
            assert [answer.status_code for answer in answers] == [404, 404]
            told = [
                b"\n".join(same_but_for_the_token(answer.content)).replace(one.encode(), b"")
                for answer, one in zip(answers, (text, missing), strict=True)
            ]
            assert told[0] == told[1]
            assert b"secret" not in told[0]


def test_whoever_sees_both_sees_the_comparison(
    client_of: ClientOf, alice: User, uma: User, dave: User, acme: Organisation, send: Send
) -> None:
    one, other = (send(acme, user="uma@acme.example", external_id=name) for name in "xy")
    statuses = {
        user: client_of(user).get(URL, {"a": str(one), "b": str(other)}).status_code for user in (alice, uma, dave)
    }
    assert statuses == {alice: 200, uma: 200, dave: 404}


@pytest.mark.parametrize("tab", TABS)
def test_each_part_has_an_address_and_is_marked(alices: Client, pair: tuple[UUID, UUID], tab: str) -> None:
    page = compared(alices, *pair, tab)
    assert f'tab={tab}" aria-current="page"' in page
    assert page.count('aria-current="page"') == 1


def test_an_unknown_part_is_the_facts(alices: Client, pair: tuple[UUID, UUID]) -> None:
    assert 'tab=facts" aria-current="page"' in compared(alices, *pair, "<script>")


@pytest.mark.parametrize("start", ["0", "2", "-1", "x", "²", "9" * 50])
def test_any_row_can_be_asked_for(
    alices: Client, send_files: SendFiles, start: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare_rows, "ROWS_ON_A_PAGE", 2)
    a, b = send_files(log=b"a\nb\nc\n"), send_files(log=b"d\ne\nf\n")
    page = compared(alices, a, b, "log", start=start)
    assert "of 6" in page


def test_a_file_is_chosen_by_its_name(alices: Client, acme: Organisation, send: Send, tmp_path: Any) -> None:
    def both(ident: str, first: str, second: str) -> UUID:
        files = []
        for name, content in (("a.log", first), ("b.log", second)):
            (tmp_path / f"{ident}-{name}").write_text(content)
            files.append({"name": name, "kind": "log", "content_type": "text/plain", "file": f"{ident}-{name}"})
        return send(acme, external_id=ident, attachments=files)

    one, other = both("one", "same", "old"), both("other", "same", "new")
    assert "No difference in 1 line" in compared(alices, one, other, "log")
    page = compared(alices, one, other, "log", file="b.log")
    assert "1 missing in B" in page
    assert "file=a.log" in page
    assert "No difference in 1 line" in compared(alices, one, other, "log", file="no-such")


@pytest.mark.parametrize("tab", TABS)
def test_a_comparison_asks_the_database_a_bounded_number_of_times(
    alices: Client, pair: tuple[UUID, UUID], tab: str, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    with django_assert_max_num_queries(12):
        compared(alices, *pair, tab)


def test_a_session_links_to_its_comparison(alice: User, pair: tuple[UUID, UUID]) -> None:
    record = find_session(alice, pair[1])
    for passed, said in (
        (Passed(pair[0], "test"), "the same test"),
        (Passed(pair[0], "device"), "on the same device"),
    ):
        link = render_to_string("detail/compare_link.html", {"record": record, "passed": passed})
        assert f'href="/sessions/compare/?a={pair[0]}&amp;b={pair[1]}"' in link
        assert said in link
    assert f'href="/sessions/compare/?b={pair[1]}"' in render_to_string("detail/compare_link.html", {"record": record})
