"""The parameter `view`: a saved view's parameters, under those that are given beside it."""

from collections.abc import Mapping

from django.http import QueryDict

from sessions.accounts.saved_views import visible_views
from sessions.models import SavedView, User

# An id has no more digits than this.
LONGEST_ID = 19
# They say where a page stands and how it is answered, not what a view is.
NOT_KEPT = {"view", "cursor", "mode", "limit", "fields", "count"}
ORDER = {"sort", "sort_by"}


def named_view(viewer: User, data: QueryDict) -> SavedView | None:
    """The view that `view` names, if the viewer may see it. No other reads its id differently from `parameters`."""
    ident = data.get("view", "").strip()
    if len(data.getlist("view")) != 1 or not (ident.isascii() and ident.isdigit() and len(ident) <= LONGEST_ID):
        return None
    return visible_views(viewer).filter(pk=int(ident)).first()


def with_view(view: SavedView, data: QueryDict) -> QueryDict:
    """What is given wins. The order is one thing, whichever of its two parameters says it."""
    given = ORDER if ORDER & set(data) else set()
    merged = data.copy()
    for name, values in QueryDict(view.query).lists():
        if name not in data and name not in given:
            merged.setlist(name, values)
    return merged


def kept_parameters(data: QueryDict) -> Mapping[str, list[str]]:
    """What a view keeps of a list's parameters, as they were typed."""
    kept = {name: [value for value in values if value] for name, values in data.lists() if name not in NOT_KEPT}
    return {name: values for name, values in kept.items() if values}


def differs(view: SavedView, data: QueryDict) -> bool:
    """Whether a list that was opened from a view shows something else by now. Values have no order, those of a sort
    have."""
    return _comparable(data) != _comparable(QueryDict(view.query))


def _comparable(data: QueryDict) -> dict[str, list[str]]:
    kept = kept_parameters(data)
    return {name: values if name in ORDER else sorted(set(values)) for name, values in kept.items()}
