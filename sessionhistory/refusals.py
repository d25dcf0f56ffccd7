"""What the server refuses before the application is asked: requests that cannot be parsed, or are too large to be."""

from http import HTTPStatus

from gunicorn.http import errors

from sessions.contract.errors import Problem
from sessions.http.errors import unparsed

STATUSES: dict[type[errors.ParseException], HTTPStatus] = {
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
    errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
    errors.ForbiddenProxyRequest: HTTPStatus.FORBIDDEN,
}
# What the application is to blame for, or the configuration.
OURS = (errors.ConfigurationProblem, errors.InvalidResponseHeader, errors.InvalidResponseHeaderName)
MESSAGES = {
    HTTPStatus.REQUEST_URI_TOO_LONG: "The address is too long.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "The headers are too large.",
    HTTPStatus.EXPECTATION_FAILED: "Expect may hold nothing but 100-continue.",
    HTTPStatus.NOT_IMPLEMENTED: "The only Transfer-Encoding that is understood is chunked.",
}


def refusal(head: bytes, error: errors.ParseException) -> bytes | None:
    """The whole answer to a request that begins with `head`; None for what is not the client's fault."""
    if isinstance(error, OURS):
        return None
    status = STATUSES.get(type(error), HTTPStatus.BAD_REQUEST)
    is_too_large = status in (HTTPStatus.REQUEST_URI_TOO_LONG, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    problem = Problem("too_large" if is_too_large else "parse_error", MESSAGES.get(status, ""))
    response = unparsed(path_in(head), problem, status)
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in response.items()]
    lines.append(f"Content-Length: {len(response.content)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + response.content


def path_in(head: bytes) -> str:
    """The beginning of the address in a request's first bytes; empty where there is none."""
    words = head.split(b"\r\n", 1)[0].split(b" ")
    return words[1].decode("latin-1") if len(words) > 1 else ""
