"""What Prometheus asks. Without `METRICS_TOKEN` there is nothing: numbers of use are not for everybody."""

from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from sessions.contract.errors import Problem
from sessions.http.metrics import sample
from sessions.models import CommandRun


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    if not settings.METRICS_TOKEN:
        return _refusal(Problem("not_found"))
    if not _is_allowed(request):
        return _refusal(Problem("unauthorized", "Send METRICS_TOKEN as Authorization: Bearer."))
    sample()
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(_registry()), content_type=content_type)


def _is_allowed(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and constant_time_compare(token.strip(), settings.METRICS_TOKEN)


def _refusal(problem: Problem) -> HttpResponse:
    text = f"{problem.message}\n"
    return HttpResponse(text, "text/plain; charset=utf-8", problem.status, headers=problem.headers)


def _registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    try:
        # Of the folder that gunicorn's processes share.
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    except ValueError:  # there is none: any other server is one process
        registry.register(REGISTRY)
    registry.register(LastRuns())
    return registry


class LastRuns(Collector):
    """When the nightly commands last ended well; and that nothing is known of it while the database is away."""

    def collect(self) -> Iterator[Metric]:
        runs = GaugeMetricFamily(
            "session_history_command_last_success_timestamp_seconds",
            "When a command that runs every night last ended well.",
            labels=["command"],
        )
        try:
            for run in CommandRun.objects.all():
                runs.add_metric([run.command], run.ended_at.timestamp())
            is_up = 1
        except Error:
            is_up = 0
        yield GaugeMetricFamily("session_history_database_up", "Whether the database answers.", is_up)
        yield runs
