"""Saved views: the list of them, and the forms that make, rename, change and delete one."""

from typing import NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sessions.accounts import saved_views as service
from sessions.forms.saved_views import SavedViewForm
from sessions.http.roles import MemberRequest
from sessions.models import SavedView, User
from sessions.presenters.display import display_in
from sessions.presenters.filter_bar import Chip, chips
from sessions.query import Parameters, read_parameters
from sessions.query.saved_views import kept_parameters

TOO_LONG = "These filters are too long for a view."


class ViewRow(NamedTuple):
    view: SavedView
    may_change: bool
    is_pinned: bool
    is_default: bool


@require_safe
@never_cache
def saved_views(request: MemberRequest) -> HttpResponse:
    user = request.user
    rows = [
        ViewRow(view, service.may_change(user, view), view.pk in user.pinned_views, view.pk == user.default_view)
        for view in service.visible_views(user).select_related("owner")
    ]
    return render(request, "views/list.html", {"rows": rows, "most": service.MOST_VIEWS})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new(request: MemberRequest) -> HttpResponse:
    """A view of the list that `from` describes."""
    given = request.POST if request.method == "POST" else request.GET
    text = given.get("from", "")
    asked = asked_in(request.user, text)
    form = SavedViewForm(request.user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            query, display = kept(request.user, asked)
            shared = form.cleaned_data.get("is_shared", False)
            view = service.save_view(request.user, form.cleaned_data["name"], query, display, is_shared=shared)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"The view “{view}” is saved.")
            return redirect(address(view))
    return render(request, "views/new.html", {"form": form, "from": text, "chips": chips_of(asked), "asked": asked})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def edit(request: MemberRequest, view_id: int) -> HttpResponse:
    view = changeable(request.user, view_id)
    name = view.name
    initial = {"name": view.name, "is_shared": view.is_shared}
    form = SavedViewForm(request.user, request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            shared = form.cleaned_data.get("is_shared", False)
            service.rename(request.user, view, form.cleaned_data["name"], is_shared=shared)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"The view “{view}” is saved.")
            return redirect("saved_views")
    context = {"form": form, "view": view, "name": name, "chips": chips_of(asked_in(request.user, view.query))}
    return render(request, "views/edit.html", context)


@require_POST
def update(request: MemberRequest, view_id: int) -> HttpResponse:
    """Keeps the filters, order, columns and density of the list that `from` describes."""
    view = changeable(request.user, view_id)
    asked = asked_in(request.user, request.POST.get("from", ""))
    try:
        service.change_filters(request.user, view, *kept(request.user, asked))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, f"The view “{view}” is saved with these filters.")
    return redirect(address(view))


@require_POST
def use(request: MemberRequest, view_id: int) -> HttpResponse:
    """`do` pins a view for the person, unpins it, lets the list open with it, or no longer (`pin`, `unpin`, `open`,
    `close`)."""
    view = get_object_or_404(service.visible_views(request.user), pk=view_id)
    try:
        match request.POST.get("do"):
            case "pin":
                service.pin(request.user, view)
            case "unpin":
                service.unpin(request.user, view)
            case "open":
                service.open_first(request.user, view)
            case "close":
                service.open_first(request.user, None)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("saved_views")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def delete(request: MemberRequest, view_id: int) -> HttpResponse:
    """GET asks, POST does."""
    view = changeable(request.user, view_id)
    if request.method == "POST":
        service.delete(request.user, view)
        messages.success(request, f"The view “{view}” is deleted. No session is.")
        return redirect("saved_views")
    return render(request, "views/delete.html", {"view": view})


def address(view: SavedView) -> str:
    return f"{reverse('session_list')}?{urlencode({'view': view.pk})}"


def changeable(viewer: User, view_id: int) -> SavedView:
    """404 for a view that the viewer may not see, 403 for one that is not theirs to change."""
    view: SavedView = get_object_or_404(service.visible_views(viewer).select_related("owner"), pk=view_id)
    if not service.may_change(viewer, view):
        raise PermissionDenied("Only admins change a view that is shared.")
    return view


def asked_in(viewer: User, text: str) -> Parameters | None:
    """What a list's query string asks; None for one that is too long for a view."""
    if len(text) > 2 * service.LONGEST_QUERY:
        return None
    try:
        return read_parameters(viewer, QueryDict(text.replace("\0", "")))
    except ValueError:  # more parameters than a form may have
        return None


def kept(viewer: User, asked: Parameters | None) -> tuple[str, dict[str, object]]:
    """The query and the display of a view. Raises ValidationError: what is not understood is not kept."""
    if asked is None:
        raise ValidationError(TOO_LONG)
    if asked.errors:
        raise ValidationError([f"{error.field}: {error.message}" for error in asked.errors])
    of_view = asked.view.display if asked.view else {}
    return urlencode(kept_parameters(asked.data), doseq=True), display_in(viewer.list_display, of_view).stored()


def chips_of(asked: Parameters | None) -> list[Chip]:
    return chips(asked) if asked else []
