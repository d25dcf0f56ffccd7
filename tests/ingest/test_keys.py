"""The keys that Python asks for are the keys that PostgreSQL stores."""

from datetime import UTC, datetime, timedelta

import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sessions.contract.choices import Flag, Platform, Status
from sessions.ingest.reading.normalise import EARLIEST, LATEST
from sessions.models import Organisation, Session, keys
from sessions.models.dimensions import Kind
from sessions.models.keys import key, value_key
from tests.ingest.lines import a_line, send_lines, stored

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
moments = st.datetimes(EARLIEST.replace(tzinfo=None), LATEST.replace(tzinfo=None) - timedelta(days=2))


@time_machine.travel(LATEST, tick=False)  # so that none of the moments is still to come
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    started=moments.map(lambda moment: moment.replace(tzinfo=UTC)),
    status=st.sampled_from([Status.ENDED, Status.FAILED, Status.LOST]),
    platform=st.none() | st.sampled_from(Platform.values),
    flags=st.dictionaries(st.sampled_from(Flag.values), st.booleans()),
    token=st.booleans(),
    names=st.booleans(),
)
def test_the_generated_column_holds_what_python_computes(
    acme: Organisation,
    started: datetime,
    status: Status,
    platform: str | None,
    flags: dict[str, bool],
    token: bool,
    names: bool,
) -> None:
    Session.objects.all().delete()
    send_lines(
        acme,
        a_line(
            status=status,
            started_at=started.isoformat(),
            ended_at=started.isoformat(),
            initiator={"type": "token", "label": "ci"} if token else {"type": "user", "username": "dave"},
            app={"platform": platform, **({"app_id": "a"} if names else {})},
            device={"model": "M"} if names else {},
            os={"name": "iOS"} if names else {},
            flags=flags,
        ),
    )

    row = stored(acme)
    expected = [
        key(kind, ident)
        for kind, ident in (
            (Kind.USER, row.user_id),
            (Kind.TOKEN, row.token_id),
            (Kind.APP, row.app_id),
            (Kind.DEVICE, row.device_id),
            (Kind.OS, row.os_id),
        )
        if ident is not None
    ]
    expected.append(value_key(Kind.STATUS, acme.pk, status))
    if platform:
        expected.append(value_key(Kind.PLATFORM, acme.pk, platform))
    expected += [value_key(Kind.FLAG, acme.pk, flag) for flag, raised in flags.items() if raised]
    period = (started - EPOCH) // timedelta(days=7)
    assert keys.period_start(period) <= started < keys.period_start(period + 1)
    assert sorted(row.keys) == sorted(period << keys.PERIOD_BITS | one for one in expected)
    assert all(-(2**63) <= stored_key < 2**63 for stored_key in row.keys)
    assert {keys.kind_of(expected_key) for expected_key in expected} <= set(Kind)


def test_a_week_begins_on_a_thursday_since_1970_did() -> None:
    assert keys.period_start(0) == EPOCH
    assert f"{keys.period_start(2968):%A}" == "Thursday"
