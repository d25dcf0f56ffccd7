"""Who may see what. The only place that decides it."""

from sessions.models import User
from sessions.models.keys import Kind, key
from sessions.query.criteria.clauses import Criteria


def visible_to(viewer: User) -> Criteria:
    """The sessions `viewer` may see: an admin's organisation, anybody else's own.

    Own means run by the person or sent with one of the person's tokens.
    """
    organisation = viewer.organisation
    if viewer.is_admin:
        return Criteria.of(organisation)
    return Criteria.of(organisation).having(own_keys(viewer))


def own_keys(viewer: User) -> frozenset[int]:
    return frozenset({key(Kind.USER, viewer.pk), *(key(Kind.TOKEN, token) for token in viewer.token_ids)})


def facet_owners(viewer: User) -> list[int]:
    """Whose facets a viewer's filter options come from."""
    if viewer.is_admin:
        return [key(Kind.ORGANISATION, viewer.organisation_id)]
    return sorted(own_keys(viewer))
