"""Selected rows are compared or exported, for whoever may see them."""

import csv
import io
from typing import Any
from uuid import UUID, uuid4

from sessions.models import Organisation, User
from tests.conftest import NOON, ClientOf, Send

SELECTED = "/sessions/selected/"


def exported(response: Any) -> list[str]:
    text = response.getvalue().decode("utf-8-sig")
    return [row["Session ID"] for row in csv.DictReader(io.StringIO(text, newline=""))]


def select(client_of: ClientOf, viewer: User, do: str, *ids: UUID, came_from: str = "") -> Any:
    given = {"do": do, "session": [str(ident) for ident in ids], "from": came_from}
    return client_of(viewer).post(SELECTED, given)


def test_two_are_compared(acme: Organisation, alice: User, send: Send, client_of: ClientOf) -> None:
    a, b = send(acme), send(acme)
    assert select(client_of, alice, "compare", a, b)["Location"] == f"/sessions/compare/?a={a}&b={b}"


def test_one_three_or_none_lead_back_to_the_list_with_a_word(
    acme: Organisation, alice: User, send: Send, client_of: ClientOf
) -> None:
    ids = [send(acme) for _ in range(3)]
    for do, chosen, said in (
        ("compare", ids, "Select two sessions to compare them."),
        ("compare", ids[:1], "Select two sessions to compare them."),
        ("export", [], "No session is selected."),
        ("", [], "No session is selected."),
    ):
        client = client_of(alice)
        given = {"do": do, "session": [str(ident) for ident in chosen], "from": "status=ended&banana=1"}
        response = client.post(SELECTED, given)
        assert response["Location"] == "/sessions/?status=ended"
        assert said in client.get(response["Location"]).content.decode()


def test_the_selected_alone_are_exported_in_the_order_of_the_list(
    acme: Organisation, alice: User, send: Send, client_of: ClientOf
) -> None:
    early, late, other = (send(acme, started_at=NOON.replace(hour=hour)) for hour in (1, 2, 3))
    assert exported(select(client_of, alice, "export", early, late)) == [str(late), str(early)]
    assert exported(select(client_of, alice, "export", late, early, came_from="sort=date")) == [str(early), str(late)]
    assert str(other) not in exported(select(client_of, alice, "export", early, uuid4()))


def test_what_one_may_not_see_is_left_out(
    acme: Organisation, globex: Organisation, uma: User, send: Send, client_of: ClientOf
) -> None:
    own = send(acme, user="uma@acme.example")
    hidden = [send(acme), send(globex)]
    assert exported(select(client_of, uma, "export", own, *hidden)) == [str(own)]


def test_hostile_ids_are_left_out(acme: Organisation, alice: User, send: Send, client_of: ClientOf) -> None:
    given = {"do": "export", "session": ["banana", "\0", "x" * 5000, str(send(acme))]}
    assert len(exported(client_of(alice).post(SELECTED, given))) == 1
