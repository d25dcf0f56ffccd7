"""Who may see what. The only place that decides it."""

from sessions.models import User
from sessions.models.keys import Kind, key
from sessions.query.criteria.clauses import Criteria


def visible_to(viewer: User) -> Criteria:
    """The sessions `viewer` may see: an admin's organisation, anybody else's own.

    Own means run by the person or sent with one of the person's tokens.
    """
    owners = visible_owners(viewer)
    everything = Criteria.of(viewer.organisation)
    return everything if owners is None else everything.having(owners)


def visible_owners(viewer: User) -> frozenset[int] | None:
    """The keys of the people and tokens whose sessions `viewer` may see and write; None is all of the organisation."""
    return None if viewer.is_admin else own_keys(viewer)


def own_keys(viewer: User) -> frozenset[int]:
    return frozenset({key(Kind.USER, viewer.pk), *(key(Kind.TOKEN, token) for token in viewer.token_ids)})


def facet_owners(viewer: User) -> list[int]:
    """Whose facets a viewer's filter options come from."""
    if viewer.is_admin:
        return [key(Kind.ORGANISATION, viewer.organisation_id)]
    return sorted(own_keys(viewer))
