"""How one sees the list, which is kept with the person."""

import re
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from sessions.accounts import saved_views
from sessions.http.roles import MemberRequest
from sessions.models import SavedView, User
from sessions.presenters.display import ATTRIBUTE, CHOICES, Display, columns_of, display_in, display_of, moved
from sessions.views.origin import origin_from

_MOVE = re.compile(r"(?P<name>[^\x00]{1,200}):(?P<step>-1|1)")


@require_POST
def session_display(request: MemberRequest) -> HttpResponse:
    """`do` is `save`, `reset` or `undo`. What makes no sense is the usual: nothing here can be refused."""
    origin = origin_from(request.user, request.POST.get("from", ""))
    if view := origin.asked.view:
        _arrange(request, view)
        return redirect(origin.url)
    current = display_of(request.user.list_display)
    wanted = asked_for(request.POST, current)
    if wanted.stored() != current.stored():
        stored = wanted.stored() | {"before": current.stored()}
        User.objects.filter(pk=request.user.pk).update(list_display=stored)
        messages.success(request, "The list is shown as you chose. Undo it under “Display”.")
    return redirect(origin.url)


def _arrange(request: MemberRequest, view: SavedView) -> None:
    """Columns and density are the view's, how dates are written is the person's."""
    person = display_of(request.user.list_display)
    shown = display_in(request.user.list_display, view.display)
    wanted = asked_for(request.POST, shown)
    kept = person.stored() | {"dates": wanted.dates, "zone": wanted.zone}
    User.objects.filter(pk=request.user.pk).update(list_display=kept | {"before": person.stored()})
    if saved_views.may_change(request.user, view):
        saved_views.change_display(request.user, view, wanted.stored())
        messages.success(request, f"The view “{view}” has these columns and this density.")
    elif (wanted.names, wanted.density) != (shown.names, shown.density):
        messages.error(request, f"Only admins arrange “{view}”, which is shared. Save a view of your own from it.")


def asked_for(given: QueryDict, current: Display) -> Display:
    do = given.get("do", "save")
    if do == "reset":
        return Display()
    if do == "undo":
        return display_of(current.before or {})
    names = columns_of(
        [*given.getlist("column"), *(f"{ATTRIBUTE}{name}" for name in given.getlist("attribute") if name)]
    )
    if move := _MOVE.fullmatch(given.get("move", "")):
        names = moved(names, move["name"], int(move["step"]))
    chosen: dict[str, Any] = {name: given.get(name) for name in CHOICES}
    return display_of({"columns": names} | chosen)
