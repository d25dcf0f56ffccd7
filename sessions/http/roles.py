"""Who is asking: a member of an organisation, and what they may open."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from sessions.models import User


class MemberRequest(HttpRequest):
    """A request behind the sign-in."""

    user: User


def admin_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def for_admins(request: MemberRequest, **kwargs: Any) -> HttpResponse:
        if not request.user.is_admin:
            raise PermissionDenied("Only admins can open this page.")
        return view(request, **kwargs)

    return for_admins
