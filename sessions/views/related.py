"""The sessions around one: of the same person, device and app, as far as the viewer may see them."""

from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict
from django.urls import reverse

from sessions.contract.schema import Session
from sessions.models import User
from sessions.presenters.facts import took_place
from sessions.query import SessionQuery
from sessions.query.criteria.values import values_of

EACH_SIDE = 2


@dataclass(frozen=True)
class Related:
    """`records` newest first, the session itself among them; `parameter` and `value` find them all in the list."""

    title: str
    parameter: str
    value: str
    records: list[Session]

    @property
    def list_url(self) -> str:
        return reverse("session_list", query={self.parameter: self.value})


def related_to(viewer: User, record: Session) -> list[Related]:
    """One group per thing that is known of the session; a group nobody else is in still links to the list."""
    moment = took_place(record)
    values = values_of(viewer.organisation, record)
    named = (
        ("Same person", "user", values.get("user")),
        ("Same device model", "device", values.get("device")),
        ("Same app", "app", record.app.app_id),
    )
    return [
        Related(title, parameter, value, _around(viewer, record, moment, parameter, value))
        for title, parameter, value in named
        if value and moment
    ]


def _around(viewer: User, record: Session, moment: datetime, parameter: str, value: str) -> list[Session]:
    """Both bounds are inclusive, so the session itself is found twice, and whatever began at the same moment."""
    after = _records(viewer, {parameter: value, "start": moment.isoformat(), "sort": "date"})
    before = _records(viewer, {parameter: value, "end": moment.isoformat(), "sort": "-date"})
    later = [other for other in after if other.id != record.id][:EACH_SIDE]
    known = {other.id for other in later} | {record.id}
    earlier = [other for other in before if other.id not in known][:EACH_SIDE]
    return [*reversed(later), record, *earlier]


def _records(viewer: User, parameters: dict[str, str]) -> list[Session]:
    query = QueryDict(mutable=True)
    query.update(parameters | {"limit": str(EACH_SIDE + 1)})
    return SessionQuery(viewer, query).page().records
