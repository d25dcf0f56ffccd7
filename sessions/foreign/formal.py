"""`POST /core.v1.SessionsService/ListSessionsV2`: Formal's List Sessions V2 (its API reference of that name)."""

from sessions.errors import Problem

CODES = {"unauthorized": "unauthorized", "forbidden": "forbidden", "not_found": "not_found"}


def error(problem: Problem) -> tuple[int, dict[str, object]]:
    return problem.status, {"code": CODES.get(problem.code, "invalid_request"), "message": problem.message}
