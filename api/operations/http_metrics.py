"""Prometheus metrics of one API process."""

from typing import Annotated

from prometheus_client import CollectorRegistry, Histogram, ProcessCollector
from starlette.types import Scope

from api.dependencies import resource

# Seconds. Long polls take up to 25 s, large uploads longer.
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_METHODS = {"GET", "HEAD", "POST", "DELETE", "PUT", "PATCH", "OPTIONS"}


class HttpMetrics:
    """Request durations by route template.

    The path is not a label, since clients could create any number of label values.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Histogram(
            "gallery_http_request_duration_seconds",
            "Time from the head of a request to the end of its response.",
            ["method", "route", "code"],
            buckets=_BUCKETS,
            registry=self.registry,
        )

    def observe_request(self, scope: Scope, code: int, seconds: float) -> None:
        """Record the duration and the status code of a request."""
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._requests.labels(method, route_of(scope), str(code)).observe(seconds)


def route_of(scope: Scope) -> str:
    """Return the matched route template; `page` for static files, `none` for unknown paths."""
    route = scope.get("route")
    path = getattr(route, "path_format", None) or getattr(route, "path", None)
    if path:
        return str(path)
    return "page" if scope.get("endpoint") else "none"


HttpMetricsDep = Annotated[HttpMetrics, resource("http_metrics")]
