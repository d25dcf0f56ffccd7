"""Lists kept under a name: who sees and changes one, and what every reader makes of `view=`."""

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.http import QueryDict
from django.urls import reverse

from sessions.accounts import saved_views as service
from sessions.models import Organisation, SavedView, User
from sessions.query import read_parameters
from sessions.query.saved_views import differs
from tests.conftest import ClientOf, Send
from tests.query.readers import PAGE, READERS, Reader
from tests.sessions_page.reading import cells, html, words


@pytest.fixture(params=READERS, ids=lambda reader: reader.name)
def reader(request: pytest.FixtureRequest) -> Reader:
    found: Reader = request.param
    return found


def keep(owner: User, query: str = "", name: str = "Failed", **given: Any) -> SavedView:
    return service.save_view(owner, name, query, {}, **given)


def test_a_view_is_made_of_a_list_and_opens_it_again(
    acme: Organisation, alice: User, send: Send, client_of: ClientOf
) -> None:
    send(acme, app={"app_id": "shop"})
    send(acme, app={"app_id": "bank"})
    client = client_of(alice)
    made = client.post(
        "/sessions/views/new/", {"name": "  Shop ", "from": "app=shop&sort=duration_ms&cursor=&limit=10"}
    )
    view = SavedView.objects.get()
    assert made["Location"] == f"/sessions/?view={view.pk}"
    assert (view.name, view.query, view.is_shared) == ("Shop", "app=shop&sort=duration_ms", False)
    body = client.get(made["Location"]).content.decode()
    assert len(cells(body)) == 1
    assert "<title>Shop · Session History" in " ".join(body.split())
    assert "Changed" not in body


def test_what_is_given_beside_a_view_wins_and_an_empty_parameter_lifts_the_views(
    acme: Organisation, alice: User
) -> None:
    view = keep(alice, "app=shop&status=failed&sort_by=duration_ms%3Aasc&q=a+%22b+c%22")
    asked = read_parameters(alice, QueryDict(f"view={view.pk}"))
    assert asked.errors == []
    assert (asked.values["app"], asked.values["status"], asked.values["q"]) == (["shop"], ["failed"], 'a "b c"')
    asked = read_parameters(alice, QueryDict(f"view={view.pk}&app=bank&status=&sort=-date"))
    assert (asked.errors, asked.values["app"], asked.values.get("status")) == ([], ["bank"], None)
    assert asked.request.order.name == "-date"


def test_a_chip_takes_a_filter_of_the_view_away_and_the_page_says_that_it_changed(
    acme: Organisation, alice: User, send: Send
) -> None:
    send(acme, app={"app_id": "shop"})
    send(acme, app={"app_id": "bank"})
    view = keep(alice, "app=shop")
    body = html(alice, view=view.pk)
    (without,) = re.findall(r'data-chip="app" href="\?([^"]*)"', body)
    without = without.replace("&amp;", "&")
    assert QueryDict(without, mutable=False).getlist("app") == [""]
    changed = html(alice, **dict(QueryDict(without).items()))
    assert len(cells(changed)) == 2
    assert "Failed Changed Save the view Save as… Reset the view" in words(changed)


def test_the_form_without_scripts_lifts_a_filter_of_the_view(acme: Organisation, alice: User, send: Send) -> None:
    send(acme, app={"app_id": "shop"})
    view = keep(alice, "app=shop&q=x")
    body = html(alice, view=view.pk)
    form = re.search(r'<form class="filters".*?</form>', body, re.DOTALL)
    assert form
    assert f'<input type="hidden" name="view" value="{view.pk}">' in form[0]
    assert '<input type="hidden" name="app" value="">' in form[0]
    assert len(re.findall(r'name="q"', form[0])) == 1


def test_no_reader_tells_a_view_that_is_not_ones_own_from_one_that_does_not_exist(
    acme: Organisation, alice: User, dave: User, globex_admin: User, reader: Reader
) -> None:
    # Ids that nothing else on a page has.
    SavedView.objects.create(pk=77_700_001, organisation=acme, owner=alice, name="a", query="app=shop")
    of_globex = globex_admin.organisation
    SavedView.objects.create(pk=77_700_002, organisation=of_globex, owner=globex_admin, name="a", is_shared=True)
    answers = []
    for ident in (77_700_001, 77_700_002, 77_700_003):
        answer = reader.get(dave, view=ident)
        text = b"".join(answer.streaming_content) if answer.streaming else answer.content
        said = [line for line in text.decode().splitlines() if "csrf" not in line]
        of_all = "\n".join(said).replace(str(ident), "N").replace(answer.headers["X-Request-Id"], "R")
        answers.append((answer.status_code, of_all))
    assert answers[0] == answers[1] == answers[2]
    assert "There is no view" in answers[0][1]


def test_every_reader_finds_what_a_view_finds(acme: Organisation, alice: User, send: Send, reader: Reader) -> None:
    shop = send(acme, app={"app_id": "shop"})
    send(acme, app={"app_id": "bank"})
    view = keep(alice, "app=shop")
    assert reader.ask(alice, view=view.pk) == [shop]
    assert reader.ask(alice, view=view.pk, app="none") == []


@pytest.mark.parametrize("text", ["abc", "0", "-1", "1_0", "²", str(2**63), "9" * 5_000, "1.0"])
def test_what_is_no_id_is_an_error_of_view(acme: Organisation, alice: User, text: str) -> None:
    asked = read_parameters(alice, QueryDict(urlencode({"view": text})))
    assert [error.field for error in asked.errors] == ["view"]


def test_the_command_takes_views_that_are_shared(
    acme: Organisation, alice: User, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    private, shared = keep(alice, "app=shop"), keep(alice, "app=shop", "Shared", is_shared=True)
    with pytest.raises(CommandError, match="There is no view"):
        call_command("export_sessions", organisation="acme", filter=f"view={private.pk}")
    call_command("export_sessions", organisation="acme", filter=f"view={shared.pk}")


def test_what_an_admin_shares_everybody_sees_and_admins_alone_change(
    acme: Organisation, alice: User, dave: User, client_of: ClientOf
) -> None:
    view = keep(alice, "app=shop", is_shared=True)
    assert view in service.visible_views(dave)
    assert not service.may_change(dave, view)
    for name in ("edit", "delete", "update"):
        assert client_of(dave).post(reverse(f"saved_view_{name}", args=[view.pk]), {"name": "x"}).status_code == 403
    with pytest.raises(PermissionDenied):
        keep(dave, is_shared=True)
    made = client_of(dave).post("/sessions/views/new/", {"name": "Mine", "is_shared": "on"})
    assert made.status_code == 302
    assert not SavedView.objects.get(name="Mine").is_shared


def test_a_name_is_taken_once_per_owner_whatever_its_case(
    acme: Organisation, alice: User, dave: User, client_of: ClientOf
) -> None:
    keep(alice)
    keep(dave)
    with pytest.raises(ValidationError, match="There is a view “FAILED” already"):
        keep(alice, name="FAILED")
    answer = client_of(alice).post("/sessions/views/new/", {"name": "failed"})
    assert "There is a view “failed” already." in answer.content.decode()
    other = keep(alice, name="Other")
    answer = client_of(alice).post(f"/sessions/views/{other.pk}/", {"name": "failed"})
    assert "There is a view “failed” already." in answer.content.decode()


def test_a_name_that_unicode_makes_too_long_is_refused(acme: Organisation, alice: User, client_of: ClientOf) -> None:
    # In the form NFC, DEVANAGARI LETTER QA is two characters.
    answer = client_of(alice).post("/sessions/views/new/", {"name": "\u0958" * 100})
    assert "A name has at most 100 characters." in answer.content.decode()
    assert not SavedView.objects.exists()


def test_another_order_of_the_same_sort_is_a_change(acme: Organisation, alice: User) -> None:
    view = keep(alice, "sort_by=duration_ms%3Aasc&sort_by=queue_ms%3Aasc&app=a&app=b")
    assert not differs(view, QueryDict("app=b&app=a&sort_by=duration_ms:asc&sort_by=queue_ms:asc"))
    assert differs(view, QueryDict("app=a&app=b&sort_by=queue_ms:asc&sort_by=duration_ms:asc"))


def test_nobody_has_more_views_than_a_page_can_list(acme: Organisation, alice: User, client_of: ClientOf) -> None:
    SavedView.objects.bulk_create(
        SavedView(organisation=acme, owner=alice, name=f"View {number}") for number in range(service.MOST_VIEWS)
    )
    answer = client_of(alice).post("/sessions/views/new/", {"name": "One more"})
    assert "You have 200 views, and nobody may have more." in answer.content.decode()
    assert client_of(alice).get("/sessions/views/").content.decode().count("saved-view-name") == 200


def test_filters_that_are_not_understood_or_too_long_are_not_kept(
    acme: Organisation, alice: User, client_of: ClientOf
) -> None:
    client = client_of(alice)
    for given, said in (
        ("banana=1", "There is no parameter “banana”."),
        ("app=" + "x" * 9_000, "too long"),
        ("&".join(f"app={number:0200}" for number in range(30)), "too long"),
        ("&".join(["app=a"] * 2_000), "too long"),
    ):
        answer = client.post("/sessions/views/new/", {"name": "Bad", "from": given})
        assert said in answer.content.decode(), given[:20]
    assert not SavedView.objects.exists()


def test_a_view_takes_over_the_filters_it_is_shown_with(acme: Organisation, alice: User, client_of: ClientOf) -> None:
    view = keep(alice, "app=shop&status=failed")
    client = client_of(alice)
    client.post(f"/sessions/views/{view.pk}/update/", {"from": f"view={view.pk}&status=&q=slow"})
    view.refresh_from_db()
    assert dict(QueryDict(view.query).lists()) == {"app": ["shop"], "q": ["slow"]}
    assert view.display["density"] == "comfortable"


def test_a_view_brings_its_columns_and_its_density(acme: Organisation, alice: User, send: Send) -> None:
    send(acme, environment="staging")
    view = service.save_view(
        alice, "Dense", "", {"columns": ["app", "environment"], "density": "compact", "zone": "utc"}
    )
    assert set(view.display) == {"columns", "density"}
    body = html(alice, view=view.pk)
    assert "is-compact" in body
    assert [set(row) for row in cells(body)] == [{"app", "field"}]
    assert "is-compact" not in html(alice)


def test_display_changes_the_open_view_for_who_may(
    acme: Organisation, alice: User, dave: User, client_of: ClientOf
) -> None:
    view = service.save_view(alice, "Dense", "", {"columns": ["app"], "density": "compact"}, is_shared=True)
    given = {"from": f"view={view.pk}", "column": ["app", "date"], "density": "comfortable", "dates": "absolute"}
    page = client_of(dave).post("/sessions/display/", given, follow=True).content.decode()
    assert "Only admins arrange" in page
    view.refresh_from_db()
    assert view.display == {"columns": ["app"], "density": "compact"}
    client_of(alice).post("/sessions/display/", given)
    view.refresh_from_db()
    assert view.display == {"columns": ["app", "date"], "density": "comfortable"}
    alice.refresh_from_db()
    assert (alice.list_display["dates"], alice.list_display["density"]) == ("absolute", "comfortable")


def test_the_list_opens_with_the_default_view_and_all_sessions_stay_in_reach(
    acme: Organisation, alice: User, send: Send, client_of: ClientOf
) -> None:
    send(acme, app={"app_id": "bank"})
    view = keep(alice, "app=shop")
    client = client_of(alice)
    client.post(f"/sessions/views/{view.pk}/use/", {"do": "open"})
    assert client.get("/sessions/")["Location"] == f"/sessions/?view={view.pk}"
    everything = client.get("/sessions/?view=").content.decode()
    assert len(cells(everything)) == 1
    assert 'href="/sessions/?view="' in client.get(f"/sessions/?view={view.pk}").content.decode()
    client.post(f"/sessions/views/{view.pk}/delete/")
    assert client.get("/sessions/").status_code == 200


def test_pinned_views_stand_in_the_sidebar_of_every_page(
    acme: Organisation, alice: User, dave: User, client_of: ClientOf
) -> None:
    view = keep(alice, "app=shop", "Shop <b>", is_shared=True)
    client = client_of(dave)
    assert "Pinned views" not in client.get("/usage/").content.decode()
    client.post(f"/sessions/views/{view.pk}/use/", {"do": "pin"})
    assert 'title="Shop &lt;b&gt;"' in client.get("/usage/").content.decode()
    service.rename(alice, view, "Shop", is_shared=False)
    assert "Pinned views" not in client.get("/usage/").content.decode()
    service.rename(alice, view, "Shop", is_shared=True)
    client.post(f"/sessions/views/{view.pk}/use/", {"do": "unpin"})
    assert "Pinned views" not in client.get("/usage/").content.decode()


def test_the_sidebar_takes_a_dozen(acme: Organisation, alice: User) -> None:
    views = [keep(alice, name=f"View {number}") for number in range(service.MOST_PINNED + 1)]
    for view in views[:-1]:
        service.pin(alice, view)
    with pytest.raises(ValidationError, match="The sidebar takes 12 views"):
        service.pin(alice, views[-1])


def test_deleting_asks_by_name_first(acme: Organisation, alice: User, client_of: ClientOf) -> None:
    view = keep(alice)
    page = client_of(alice).get(f"/sessions/views/{view.pk}/delete/").content.decode()
    assert "Delete “Failed”?" in page
    client_of(alice).post(f"/sessions/views/{view.pk}/delete/")
    assert not SavedView.objects.exists()


def test_who_has_none_is_told_how_to_get_one(acme: Organisation, alice: User, client_of: ClientOf) -> None:
    assert "No views yet" in client_of(alice).get("/sessions/views/").content.decode()


def test_the_way_back_from_a_session_has_the_views_name(
    acme: Organisation, alice: User, send: Send, client_of: ClientOf
) -> None:
    ident = send(acme, app={"app_id": "shop"})
    view = keep(alice, "app=shop", "Broken shop")
    page = client_of(alice).get(f"/sessions/{ident}/?from=view%3D{view.pk}").content.decode()
    assert "Broken shop" in page
    assert f'href="/sessions/?view={view.pk}"' in page


def test_what_has_no_field_in_the_form_is_sent_along_as_it_is_now(acme: Organisation, alice: User, send: Send) -> None:
    kept = send(acme, attributes={"branch": "main"}, app={"app_id": "shop"})
    other = send(acme, attributes={"branch": "dev"}, app={"app_id": "shop"})
    view = keep(alice, "attr.branch=main&app=shop")
    assert PAGE.ask(alice, view=view.pk) == [kept]
    assert '<input type="hidden" name="attr.branch" value="main">' in html(alice, view=view.pk)
    lifted = {"view": view.pk, "attr.branch": ""}
    assert set(PAGE.ask(alice, **lifted)) == {kept, other}
    assert '<input type="hidden" name="attr.branch" value="">' in html(alice, **lifted)
