"""How long an organisation keeps its sessions, as a moment: what took place before it is due."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from sessions.models import Organisation, User
from sessions.query import Clauses, Count
from sessions.query.criteria.visibility import visible_to
from sessions.query.parameters import midnight
from sessions.query.plans.count import count
from sessions.query.tuning import COUNT_CAP


@dataclass(frozen=True)
class Due:
    """How many sessions, counted up to 10,000, took place before a day of the organisation's zone: so many days ago."""

    days: int
    before: date
    count: Count


def due_before(organisation: Organisation) -> datetime | None:
    """The midnight of its zone that so many whole days lie behind; None when it keeps its sessions for ever."""
    if organisation.retention_days is None:
        return None
    return start_of_day(organisation, today(organisation) - timedelta(days=organisation.retention_days))


def today(organisation: Organisation) -> date:
    return timezone.now().astimezone(organisation.zone).date()


def start_of_day(organisation: Organisation, day: date) -> datetime:
    return midnight(day, organisation.zone)


def due(viewer: User, organisation: Organisation) -> Due | None:
    """What the next purge of the viewer's organisation deletes, as it is set here; None when it keeps all."""
    before, days = due_before(organisation), organisation.retention_days
    if before is None or days is None:
        return None
    day = before.astimezone(organisation.zone).date()
    return Due(days, day, count(visible_to(viewer).asking(Clauses(end=before)), COUNT_CAP))
