"""What a viewer can filter by: short lists as they are now, cut ones as they were within the last minute."""

import time_machine

from sessions.models import Organisation, User
from sessions.query.options import KNOWN_SECONDS, MOST_OPTIONS, filter_options
from tests.conftest import NOON, Send


def apps(viewer: User) -> list[str]:
    return [value for value, _ in filter_options(viewer).values.get("app", [])]


def test_a_short_list_has_what_has_just_come(acme: Organisation, alice: User, send: Send) -> None:
    for number in range(3):
        send(acme, app={"app_id": f"app-{number}"})
        assert len(apps(alice)) == number + 1


def test_a_cut_list_may_be_a_minute_old_and_a_search_is_not(
    acme: Organisation, alice: User, dave: User, uma: User, send: Send
) -> None:
    with time_machine.travel(NOON, tick=False) as traveller:
        for number in range(MOST_OPTIONS + 1):
            send(acme, app={"app_id": f"app-{number:03}"}, user=dave.email)
        before = apps(alice)
        assert (len(before), before) == (MOST_OPTIONS, apps(dave))
        send(acme, app={"app_id": "a-new-one"}, user=uma.email)

        assert apps(alice) == before
        assert filter_options(alice, "a-new").values["app"] == [("a-new-one", "")]
        assert apps(uma) == ["a-new-one"], "what an admin or somebody else is offered is another list"
        traveller.shift(KNOWN_SECONDS + 1)
        assert apps(alice) == ["a-new-one", *before[:-1]]
        assert apps(dave) == before
