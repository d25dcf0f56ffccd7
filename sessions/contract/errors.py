"""Every error that the API can answer, declared once: its code, its status and what it says by default.

    raise Problem("invalid_value", "“banana” is not a date.", field="start")

The body is `{code, message, field?, request_id, ...}`; what is passed by name beyond that (max_bytes,
reference_id) stands in it too.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Literal

from django.http import JsonResponse

from sessions.contract.request_id import current_request_id

ErrorCode = Literal[
    "required_field",
    "invalid_value",
    "unknown_parameter",
    "parse_error",
    "unauthorized",
    "forbidden",
    "not_found",
    "method_not_allowed",
    "request_timeout",
    "conflict",
    "precondition_failed",
    "too_large",
    "unsupported_media_type",
    "too_many_requests",
    "server_error",
    "unavailable",
]

ERRORS: Mapping[ErrorCode, tuple[int, str]] = {
    "required_field": (400, "A field that is required is missing."),
    "invalid_value": (400, "A value is not valid."),
    "unknown_parameter": (400, "There is no such parameter."),
    "parse_error": (400, "The request could not be understood."),
    "unauthorized": (401, "Sign in, or send a valid token."),
    "forbidden": (403, "You may not do this."),
    "not_found": (404, "There is nothing here, or nothing you may see."),
    "method_not_allowed": (405, "This address does not answer this method."),
    "request_timeout": (408, "The request did not arrive in time. Send it again."),
    "conflict": (409, "This contradicts what is stored."),
    "precondition_failed": (412, "What is stored has changed since the version that If-Match names."),
    "too_large": (413, "The request is too large."),
    "unsupported_media_type": (415, "The request's Content-Type is not supported."),
    "too_many_requests": (429, "Too many requests. Try again later."),
    "server_error": (500, "Something went wrong here. It has been logged."),
    "unavailable": (503, "The service cannot answer just now. Try again in a few seconds."),
}

UNAVAILABLE_RETRY_SECONDS = 5


class Problem(Exception):
    """An error to answer with. Raised in a view, it becomes its JSON answer under /api/ and a page elsewhere.

    `headers` are sent with it; `extra` stands in the body.
    """

    def __init__(
        self,
        code: ErrorCode,
        message: str = "",
        field: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        **extra: object,
    ) -> None:
        self.code = code
        self.status, default = ERRORS[code]
        self.message = message or default
        self.field = field
        self.headers = dict(headers or {})
        self.extra = extra
        if code == "unavailable":
            self.headers.setdefault("Retry-After", str(UNAVAILABLE_RETRY_SECONDS))
        if code == "unauthorized":
            self.headers.setdefault("WWW-Authenticate", 'Bearer realm="Session History"')
        super().__init__(self.message)

    @property
    def request_id(self) -> str:
        return current_request_id()

    def as_dict(self) -> dict[str, object]:
        body: dict[str, object] = {"code": self.code, "message": self.message}
        if self.field is not None:
            body["field"] = self.field
        if self.request_id:
            body["request_id"] = self.request_id
        return body | self.extra


class ProblemResponse(JsonResponse):
    """Keeps the problem that it answers, for formats that say it in words of their own."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.as_dict(), status=problem.status, headers=problem.headers)


def json_error(problem: Problem) -> JsonResponse:
    return ProblemResponse(problem)


def refuse_unknown(given: Iterable[str], known: Collection[str]) -> None:
    """One that is misspelt must not be passed over in silence."""
    for name in given:
        if name not in known:
            raise Problem("unknown_parameter", f"There is no parameter “{name[:60]}”.", field=name[:60])
