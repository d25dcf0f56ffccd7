"""One address, several methods: each has a view of its own."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed

View = Callable[..., HttpResponseBase]


def by_method(views: Mapping[str, View]) -> View:
    """HEAD is answered by the view for GET."""
    allowed = [*views, *(["HEAD"] if "GET" in views else [])]

    def dispatch(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        view = views.get("GET" if request.method == "HEAD" else request.method or "")
        return view(request, **kwargs) if view else HttpResponseNotAllowed(allowed)

    # Tests ask every route of the API for the scope that each method needs.
    setattr(dispatch, "scope", {method: getattr(view, "scope") for method, view in views.items()})  # noqa: B009, B010
    return dispatch
