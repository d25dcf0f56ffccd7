"""What a load balancer asks: is the process alive, and can it serve. And where whatever asks by address is answered."""

import logging
import uuid
from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from sessions.contract.errors import UNAVAILABLE_RETRY_SECONDS
from sessions.postgresql.outages import is_outage
from sessions.views.metrics import metrics

logger = logging.getLogger(__name__)


class HealthMiddleware:
    """Answers probes before anything judges the host they name: they ask by address, not by a name of ALLOWED_HOSTS."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        view = PROBES.get(request.path_info)
        return view(request) if view else self.get_response(request)


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """`{ready, checks: {database, migrations, storage}}`; a check that fails says why, its details are in the log."""
    checks = {"database": _said_by("database", _database)}
    # Without a database the migrations would only wait for it a second time.
    checks["migrations"] = _said_by("migrations", _migrations) if checks["database"] == "ok" else "not checked"
    checks["storage"] = _said_by("storage", _storage)
    if all(said == "ok" for said in checks.values()):
        return JsonResponse({"ready": True, "checks": checks})
    body = {"ready": False, "code": "unavailable", "message": "Not ready to serve.", "checks": checks}
    return JsonResponse(body, status=503, headers={"Retry-After": str(UNAVAILABLE_RETRY_SECONDS)})


PROBES = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics}


def _said_by(name: str, check: Callable[[], str]) -> str:
    try:
        return check()
    except Exception as error:  # whatever keeps it from answering is the answer
        logger.warning("Not ready: the check of %s failed: %s", name, error, exc_info=not is_outage(error))
        return "failed"


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(plan)} not applied" if plan else "ok"


def _storage() -> str:
    name = default_storage.save(f".readyz/{uuid.uuid4()}", ContentFile(b"ok"))
    default_storage.delete(name)
    return "ok"
