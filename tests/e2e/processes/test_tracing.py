"""Correlation of a request across API and worker in logs, metrics and traces."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from infra.database.queries.stage_timings import STAGES
from infra.settings import Settings
from tests.support.images import jpeg
from tests.support.otlp_collector import Collector, Span, running_collector
from tests.support.paths import ROOT
from tests.support.processes import Stack, environment_of, running_stack, until

REQUEST_ID = "from-the-tests-7"
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with running_collector() as collector:
        yield collector


@pytest.fixture
def stack(
    settings: Settings, weights: Path, compiled_model: Path, tmp_path: Path, collector: Collector
) -> Iterator[Stack]:
    assert compiled_model.is_file()
    traced = Settings.model_validate(
        settings.model_dump(exclude_unset=True)
        | {"weights": weights, "log_format": "json", "otlp_endpoint": collector.url}
    )
    with running_stack(traced, tmp_path, OTEL_BSP_SCHEDULE_DELAY="200") as stack:
        yield stack


def submit(stack: Stack) -> Any:
    """Submit an intact and a truncated image with a request id and a trace id."""
    intact = jpeg(7, size=(640, 480))
    response = httpx2.post(
        f"{stack.url}/api/v1/jobs",
        files=[("files", ("a.jpg", jpeg(1))), ("files", ("b.jpg", intact[: len(intact) // 3]))],
        headers={"X-Request-ID": REQUEST_ID, "traceparent": f"00-{TRACE_ID}-b7ad6b7169203331-01"},
    )
    response.raise_for_status()
    return stack.wait_for_job(response.json()["id"])


def log_lines(stack: Stack, process: str) -> list[Any]:
    return [json.loads(line) for line in stack.log(process).splitlines()]


def worker_events(stack: Stack, event: str) -> list[Any]:
    return [line for line in log_lines(stack, "worker") if line["event"] == event]


def counts(stack: Stack) -> dict[str, float]:
    """Return how often each stage was measured; empty before the first write."""
    text = httpx2.get(f"{stack.url}/metrics").text
    found = {
        sample.labels["stage"]: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "gallery_worker_stage_duration_seconds_count"
    }
    return found if found["write"] else {}


def test_request_is_correlated_across_api_and_worker(stack: Stack, collector: Collector) -> None:
    job = submit(stack)
    assert job["counts"]["done"] == job["counts"]["failed"] == 1

    of_job = [line for line in log_lines(stack, "api") if "job_id" in line]
    assert of_job
    [failed] = worker_events(stack, "image.failed")
    for line in (*of_job, failed):
        assert (line["request_id"], line["job_id"]) == (REQUEST_ID, job["id"])
    [done] = until(lambda: worker_events(stack, "batch.finished"), seconds=5, what="batch.finished")
    assert (done["request_ids"], done["job_ids"]) == ([REQUEST_ID], [job["id"]])
    assert (done["settled"], done["images"]) == (2, 2)

    measured = until(lambda: counts(stack), seconds=10, what="timings")
    assert measured.keys() == set(STAGES)
    assert measured["fetch"] == measured["decode"] == 2
    assert measured["infer"] == measured["thumbnail"] == measured["store"] == 1

    assert_trace(until(lambda: find_trace(collector), seconds=10, what="spans"), job)


def image_spans(spans: list[Span]) -> list[Span]:
    return [span for span in spans if "gallery.image_id" in span.attributes]


def find_trace(collector: Collector) -> list[Span]:
    """Return the spans of the trace; empty until those of both images were received."""
    spans = [span for span in collector.spans if span.trace == TRACE_ID]
    return spans if len(image_spans(spans)) == 2 else []


def assert_trace(spans: list[Span], job: Any) -> None:
    [request] = [span for span in spans if span.service == "gallery-api"]
    assert request.name == "POST /jobs"
    assert request.parent == "b7ad6b7169203331"
    assert request.attributes["http.response.status_code"] == "202"
    images = image_spans(spans)
    ids = {item["image_id"] for item in job["items"]}
    assert {span.attributes["gallery.image_id"] for span in images} == ids
    for image in images:
        assert image.service == "gallery-worker"
        assert image.parent == request.id
        assert image.attributes["gallery.request_id"] == REQUEST_ID
        steps = [span for span in spans if span.parent == image.id]
        assert {"claim", "fetch", "decode", "write"} <= {step.name for step in steps}
        assert all(0 <= step.seconds <= image.seconds for step in steps)


def test_exporter_is_not_imported_unless_an_endpoint_is_set(settings: Settings) -> None:
    code = (
        "import sys; from infra.settings import Settings; from api.app import create_app;"
        "import worker.process; create_app(Settings());"
        "exporters = {'infra.telemetry.otlp', 'opentelemetry.exporter'};"
        "sys.exit(bool(exporters & sys.modules.keys()))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], env=environment_of(settings), cwd=ROOT, check=False
    )

    assert ended.returncode == 0
