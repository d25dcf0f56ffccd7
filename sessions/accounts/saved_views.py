"""Saved views: who sees one, who may change it, and the writing of them.

A view is its owner's alone until an admin shares it. A shared one is seen by the whole organisation and changed by
admins. What it finds is decided for each viewer anew: a view gives nobody a session.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Lower

from sessions.models import SavedView, User

MOST_VIEWS = 200
MOST_PINNED = 12
LONGEST_QUERY = 4_000


def visible_views(viewer: User) -> "QuerySet[SavedView]":
    """The viewer's own, and the organisation's shared ones, by name."""
    own = Q(owner_id=viewer.pk) if viewer.pk else Q(pk=None)
    found = SavedView.objects.filter(own | Q(is_shared=True), organisation_id=viewer.organisation_id)
    return found.order_by(Lower("name"), "id")


def pinned_views(viewer: User) -> list[SavedView]:
    """In the order in which they were pinned."""
    if not viewer.pinned_views:
        return []
    found = visible_views(viewer).in_bulk(viewer.pinned_views)
    return [found[ident] for ident in viewer.pinned_views if ident in found]


def may_change(viewer: User, view: SavedView) -> bool:
    return viewer.is_admin if view.is_shared else view.owner_id == viewer.pk


def save_view(owner: User, name: str, query: str, display: Mapping[str, Any], *, is_shared: bool = False) -> SavedView:
    """A new view. Raises ValidationError when the name is taken, or the owner has all that one may have."""
    if is_shared and not owner.is_admin:
        raise PermissionDenied("Only admins share views.")
    with _alone(owner):
        if owner.saved_views.count() >= MOST_VIEWS:
            raise ValidationError(f"You have {MOST_VIEWS} views, and nobody may have more. Delete one first.")
        view = SavedView(organisation_id=owner.organisation_id, owner=owner, name=name, is_shared=is_shared)
        _check_name(view)
        _keep(view, query, display)
        view.save(force_insert=True)
    return view


def rename(viewer: User, view: SavedView, name: str, *, is_shared: bool) -> None:
    """Also shares it, or takes it back. Raises ValidationError when its owner has another of this name."""
    _check_change(viewer, view)
    if is_shared and not viewer.is_admin:
        raise PermissionDenied("Only admins share views.")
    with _alone(view.owner):
        view.name, view.is_shared = name, is_shared
        _check_name(view)
        view.save(update_fields=["name", "is_shared"])


def change_filters(viewer: User, view: SavedView, query: str, display: Mapping[str, Any]) -> None:
    _check_change(viewer, view)
    _keep(view, query, display)
    view.save(update_fields=["query", "display"])


def change_display(viewer: User, view: SavedView, display: Mapping[str, Any]) -> None:
    change_filters(viewer, view, view.query, display)


def delete(viewer: User, view: SavedView) -> None:
    _check_change(viewer, view)
    view.delete()


def pin(viewer: User, view: SavedView) -> None:
    """Raises ValidationError when as many are pinned as the sidebar takes."""
    with _alone(viewer):
        pinned = [one.pk for one in pinned_views(_now(viewer))]
        if view.pk not in pinned:
            if len(pinned) >= MOST_PINNED:
                raise ValidationError(f"The sidebar takes {MOST_PINNED} views. Unpin one first.")
            _store_pins(viewer, [*pinned, view.pk])


def unpin(viewer: User, view: SavedView) -> None:
    with _alone(viewer):
        _store_pins(viewer, [ident for ident in _now(viewer).pinned_views if ident != view.pk])


def open_first(viewer: User, view: SavedView | None) -> None:
    """Makes a view the one that the list opens with, or none."""
    User.objects.filter(pk=viewer.pk).update(default_view=view.pk if view else None)


def default_view(viewer: User) -> SavedView | None:
    return visible_views(viewer).filter(pk=viewer.default_view).first() if viewer.default_view else None


def _keep(view: SavedView, query: str, display: Mapping[str, Any]) -> None:
    if len(query) > LONGEST_QUERY:
        raise ValidationError(f"These filters are too long for a view: at most {LONGEST_QUERY:,} characters.")
    view.query = query
    view.display = {name: display[name] for name in ("columns", "density") if name in display}


def _check_change(viewer: User, view: SavedView) -> None:
    if not may_change(viewer, view):
        raise PermissionDenied("Only admins change a view that is shared.")


def _check_name(view: SavedView) -> None:
    # As the unique index compares.
    others = view.owner.saved_views.exclude(pk=view.pk).alias(lower=Lower("name"))
    if others.filter(lower=Lower(Value(view.name))).exists():
        raise ValidationError({"name": f"There is a view “{view.name}” already."})


@contextmanager
def _alone(owner: User) -> Iterator[None]:
    """Nobody else changes this person's views meanwhile, so that a count and a name that were checked hold."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=owner.pk)
        yield


def _store_pins(viewer: User, pinned: Iterable[int]) -> None:
    User.objects.filter(pk=viewer.pk).update(pinned_views=list(pinned))


def _now(viewer: User) -> User:
    return User.objects.get(pk=viewer.pk)
