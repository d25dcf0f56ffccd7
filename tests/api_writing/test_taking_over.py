"""A colleague's session is never taken over, also by a request that began before the colleague's was committed."""

import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count, product
from typing import Any

import pytest
from django.db import connection, transaction

from sessions.contract.choices import Role, Scope
from sessions.contract.line_errors import LineError
from sessions.contract.schema import Event as SentEvent
from sessions.models import ApiToken, Attachment, Event, Organisation, Session, User
from sessions.receiving.changing import change
from sessions.receiving.events import add_events
from sessions.receiving.posting import receive, receive_lines
from sessions.receiving.sender import Sender
from sessions.receiving.uploads import Upload, upload
from tests.api_writing.program import Program
from tests.conftest import member
from tests.ingest.lines import a_line, an_event

INTERLEAVINGS = 200
Line = dict[str, Any]
Way = Callable[[Sender, Line], str]


def alone(sender: Sender, line: Line) -> str:
    """What became of the line: as one session."""
    try:
        return "created" if receive(sender, json.dumps(line).encode()).is_new else "updated"
    except LineError as error:
        return error.code


def among_few(sender: Sender, line: Line) -> str:
    return batch(sender, line, 3)


def among_many(sender: Sender, line: Line) -> str:
    """So many new ones that they are copied straight into the table."""
    return batch(sender, line, 12)


def batch(sender: Sender, line: Line, others: int) -> str:
    lines = [line | {"external_id": f"{line['external_id']} {line['environment']} {n}"} for n in range(others)]
    raw = "\n".join(json.dumps(one) for one in [*lines, line]).encode()
    [outcomes] = receive_lines(sender, io.BytesIO(raw))
    assert all(outcome.status == "created" for outcome in outcomes[:-1])
    return outcomes[-1].code or outcomes[-1].status


WAYS = (alone, among_few, among_many)


@pytest.mark.django_db(transaction=True)
def test_of_two_requests_at_once_the_second_does_not_take_over_the_session(acme: Organisation) -> None:
    alice, dave, dora = senders(acme)
    firsts = (alice, dave, dora)
    seconds = (dave, dora)
    orders = [order for order in product(firsts, seconds, WAYS, WAYS) if order[0] != order[1]]

    for number, (first, second, one_way, other_way) in zip(range(INTERLEAVINGS), forever(orders), strict=False):
        name = f"session {number}"
        became = interleaved(
            lambda: one_way(first, a_session(name, "first")),  # noqa: B023  called in this round
            lambda: other_way(second, a_session(name, "second", events=[an_event()])),  # noqa: B023
        )
        assert became == ("created", "conflict"), (first.member, second.member, one_way, other_way)
        row = Session.objects.get(id=acme.session_id(name))
        assert (row.token_id, row.environment) == (first.token_id, "first")
        assert not Event.objects.filter(session_id=row.id).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("other_way", WAYS)
@pytest.mark.parametrize("one_way", WAYS)
def test_whoever_may_replace_it_does_once_it_is_committed(acme: Organisation, one_way: Way, other_way: Way) -> None:
    alice, dave, _ = senders(acme)
    for first, second in ((dave, alice), (dave, dave)):
        name = f"session of {first.token_id} and {second.token_id}"
        became = interleaved(
            lambda: one_way(first, a_session(name, "first")),  # noqa: B023
            lambda: other_way(second, a_session(name, "second", events=[an_event()])),  # noqa: B023
        )
        assert became == ("created", "updated")
        row = Session.objects.get(id=acme.session_id(name))
        assert (row.token_id, row.environment) == (second.token_id, "second")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", WAYS)
def test_a_session_that_ends_meanwhile_stays_ended_and_is_no_conflict(acme: Organisation, way: Way) -> None:
    _, dave, _ = senders(acme)
    opening = a_session("one", "second", status="active", ended_at=None, events=[an_event()])

    assert interleaved(lambda: alone(dave, a_session("one", "first")), lambda: way(dave, opening)) == (
        "created",
        "updated",
    )
    row = Session.objects.get(id=acme.session_id("one"))
    assert (row.status, row.environment) == ("ended", "first")
    assert Event.objects.filter(session_id=row.id).count() == 1


def to_patch(sender: Sender, session_id: Any) -> None:
    change(sender, session_id, b'{"environment": "second"}')


def to_send_events(sender: Sender, session_id: Any) -> None:
    add_events(sender, session_id, [SentEvent("click", Session.objects.get(id=session_id).started_at)])  # type: ignore[arg-type]


def to_send_a_file(sender: Sender, session_id: Any) -> None:
    upload(sender, session_id, Upload("a.log", "log", "text/plain"), [b"text"])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("work", [to_patch, to_send_events, to_send_a_file])
def test_nothing_is_added_to_a_session_that_has_been_replaced_meanwhile(
    acme: Organisation, work: Callable[[Sender, Any], None]
) -> None:
    alice, dave, _ = senders(acme)
    ident = acme.session_id("one")
    alone(dave, a_session("one", "old", status="active", ended_at=None))

    def added() -> str:
        try:
            work(dave, ident)
        except LineError as error:
            return error.code
        return "added"

    assert interleaved(lambda: alone(alice, a_session("one", "first")), added) == ("updated", "not_found")
    row = Session.objects.get(id=ident)
    assert (row.token_id, row.environment) == (alice.token_id, "first")
    assert not Event.objects.exists()
    assert not Attachment.objects.exists()


def test_a_batch_with_many_sessions_of_a_colleague_is_written_in_two_attempts(
    acme: Organisation, daves: Program, django_assert_max_num_queries: Any
) -> None:
    dora = Program(member(acme, "dora", Role.DEVELOPER), "doras")
    lines = [a_session(f"{n}", "dave's") for n in range(60)]
    daves.batch(*lines[::2])

    with django_assert_max_num_queries(45):
        answer = dora.batch(*lines)

    assert [line["status"] for line in answer] == ["refused", "created"] * 30
    assert {line["field"] for line in answer[::2]} == {"external_id"}
    assert Session.objects.filter(token_id=daves.token.pk).count() == 30


def test_the_same_line_of_two_developers_without_an_external_id_stays_the_firsts(
    acme: Organisation, daves: Program
) -> None:
    dora = Program(member(acme, "dora", Role.DEVELOPER), "doras")
    line = a_line(external_id=None, initiator={"type": "token"})

    assert daves.batch(line)[0]["status"] == "created"
    assert dora.batch(line)[0]["code"] == "conflict"
    assert Session.objects.get().token_id == daves.token.pk


def a_session(name: str, environment: str, **fields: Any) -> Line:
    return a_line(external_id=name, environment=environment, initiator={"type": "token"}, **fields)


def senders(acme: Organisation) -> tuple[Sender, Sender, Sender]:
    """An admin and two developers, each with a token whose name is known."""
    roles = {"alice": Role.ADMIN, "dave": Role.DEVELOPER, "dora": Role.DEVELOPER}
    return tuple(sender(member(acme, name, role)) for name, role in roles.items())  # type: ignore[return-value]


def sender(user: User) -> Sender:
    token = ApiToken.objects.create(
        organisation=user.organisation, creator=user, label=user.username, scopes=[Scope.WRITE], digest=user.username
    )
    return Sender(User.objects.get(pk=user.pk), token)


def forever(orders: list[Any]) -> Iterator[Any]:
    return (orders[number % len(orders)] for number in count())


def interleaved(first: Callable[[], str], second: Callable[[], str]) -> tuple[str, str]:
    """What both return. The second begins when the first has written, and waits for it to be committed."""
    pids: list[int] = []
    became: list[str] = []

    def work() -> None:
        try:
            connection.ensure_connection()
            pids.append(connection.connection.info.backend_pid)
            became.append(second())
        finally:
            connection.close()

    other = threading.Thread(target=work)
    with transaction.atomic():
        outcome = first()
        other.start()
        wait_until_blocked(pids, other)
    other.join(30)
    return outcome, became[0]


def wait_until_blocked(pids: list[int], thread: threading.Thread) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and thread.is_alive():
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM unnest(%s::int[]) AS pid WHERE cardinality(pg_blocking_pids(pid)) > 0", [pids])
            if cursor.fetchone() is not None:
                return
        time.sleep(0.001)
    raise AssertionError("it has not waited")
