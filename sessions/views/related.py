"""The sessions around one: of the same person, device and app, as far as the viewer may see them."""

from dataclasses import dataclass

from django.urls import reverse

from sessions.contract.schema import Session
from sessions.models import User
from sessions.query import listed_records
from sessions.query.criteria.values import values_of
from sessions.query.related import Relation, related_ids


@dataclass(frozen=True)
class Related:
    """`records` newest first, the session itself among them; `parameter` and `value` find them all in the list."""

    title: str
    parameter: Relation
    value: str
    records: list[Session]

    @property
    def list_url(self) -> str:
        return reverse("session_list", query={self.parameter: self.value})


def related_to(viewer: User, record: Session) -> list[Related]:
    """One group per thing that is known of the session; a group nobody else is in still links to the list."""
    values = values_of(viewer.organisation, record)
    named: tuple[tuple[str, Relation, str | None], ...] = (
        ("Same person", "user", values.get("user")),
        ("Same device model", "device", values.get("device")),
        ("Same app", "app", record.app.app_id),
    )
    around = related_ids(viewer, record.id)
    ids = {ident for _, parameter, value in named if value for ident in around[parameter]}
    by_id = {other.id: other for other in listed_records(viewer, list(ids))}
    return [
        Related(title, parameter, value, [by_id[ident] for ident in around[parameter] if ident in by_id])
        for title, parameter, value in named
        if value
    ]
