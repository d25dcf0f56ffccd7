"""Which format words the errors of which address."""

from collections.abc import Callable, Mapping

import msgspec
from django.http import HttpResponseBase

from sessions.contract.errors import Problem, ProblemResponse
from sessions.foreign import devrev, formal, fullstory

# What is documented nowhere (/v2/realtime/) stays in the words of our own API.
DIALECTS: Mapping[str, Callable[[Problem], tuple[int, dict[str, object]]]] = {
    "/observability.": devrev.error,
    "/v2/sessions/": fullstory.error,
    "/core.v1.": formal.error,
}


def in_dialect(path: str, response: HttpResponseBase) -> HttpResponseBase:
    """The same answer, worded as the format of this path words it. Whoever raised the problem, headers are kept."""
    speak = next((speak for prefix, speak in DIALECTS.items() if path.startswith(prefix)), None)
    if speak is None or not isinstance(response, ProblemResponse):
        return response
    response.status_code, body = speak(response.problem)
    response.content = msgspec.json.encode(body)
    response.headers.pop("Content-Encoding", None)  # a long one was compressed on its way here
    response["Content-Length"] = str(len(response.content))
    return response
