"""Who may see what. The only place that decides it."""

from django.utils import timezone

from sessions.models import User
from sessions.models.dimensions import Kind
from sessions.models.keys import key
from sessions.query.criteria.clauses import Clauses
from sessions.query.criteria.criteria import Criteria, Visibility
from sessions.query.criteria.groups import Group


def visible_to(viewer: User) -> Criteria:
    """The sessions `viewer` may see: an admin sees the whole organisation, anybody else their own sessions.

    A person's own sessions are those that the person ran, or that one of the person's tokens sent.
    """
    organisation = viewer.organisation
    lost_before = timezone.now() - organisation.lost_after
    return Criteria(Visibility(organisation.pk, lost_before, visible_owners(viewer)))


def visible_owners(viewer: User) -> Group | None:
    """The keys of the people and tokens whose sessions `viewer` may see and write; None is all of the organisation."""
    return None if viewer.is_admin else own_keys(viewer)


def own_keys(viewer: User) -> Group:
    return frozenset({key(Kind.USER, viewer.pk), *(key(Kind.TOKEN, token) for token in viewer.token_ids)})


def facet_owners(viewer: User) -> list[int]:
    """The keys of the owners whose facets supply a viewer's filter options."""
    if viewer.is_admin:
        return [key(Kind.ORGANISATION, viewer.organisation_id)]
    return sorted(own_keys(viewer))


def readable_by(group: Group | None, criteria: Criteria) -> Criteria:
    """The rows that have to be read to answer from one group's index, or from the range if `group` is None.

    Use this to estimate a cost and never to show a row: it may include sessions that the viewer may not see.
    """
    visibility = Visibility(criteria.organisation_id, criteria.lost_before)
    return Criteria(visibility, Clauses((group,) if group else (), start=criteria.start, end=criteria.end))
