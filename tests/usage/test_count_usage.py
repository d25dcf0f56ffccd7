"""The command an operator runs every night."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from sessions.models import CountedDay, Organisation
from tests.conftest import Send


def printed(*arguments: str) -> str:
    output = StringIO()
    call_command("count_usage", *arguments, stdout=output)
    return output.getvalue()


def test_it_says_how_many_days_it_counted_of_which_organisation(
    acme: Organisation, globex: Organisation, send: Send
) -> None:
    for day in (3, 4):
        send(acme, started_at=datetime(2026, 6, day, 12, tzinfo=UTC))
    send(globex, started_at=datetime(2026, 6, 3, 12, tzinfo=UTC))
    assert printed() == "acme: 2 of 2 days counted\nglobex: 1 of 1 days counted\n"
    assert printed() == "acme: 0 of 0 days counted\nglobex: 0 of 0 days counted\n"


def test_one_organisation_can_be_counted_alone(acme: Organisation, globex: Organisation, send: Send) -> None:
    for organisation in (acme, globex):
        send(organisation, started_at=datetime(2026, 6, 3, 12, tzinfo=UTC))
    assert printed("--organisation", "globex") == "globex: 1 of 1 days counted\n"
    assert CountedDay.objects.get().organisation == globex


def test_an_organisation_that_is_not_there_is_named(acme: Organisation) -> None:
    with pytest.raises(CommandError, match="There is no organisation “initech”"):
        printed("--organisation", "acme", "initech")
