"""A request followed through API and worker: in the log, in the metrics, and in a trace."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
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
    """Two pictures, of which one is cut off, in one request with names of its own."""
    whole = jpeg(7, size=(640, 480))
    answer = httpx.post(
        f"{stack.url}/api/v1/jobs",
        files=[("files", ("a.jpg", jpeg(1))), ("files", ("b.jpg", whole[: len(whole) // 3]))],
        headers={"X-Request-ID": REQUEST_ID, "traceparent": f"00-{TRACE_ID}-b7ad6b7169203331-01"},
    )
    answer.raise_for_status()
    return stack.wait_for_job(answer.json()["id"])


def events(stack: Stack, process: str) -> list[Any]:
    return [json.loads(line) for line in stack.log(process).splitlines()]


def named(lines: list[Any], event: str) -> list[Any]:
    return [line for line in lines if line["event"] == event]


def counts(stack: Stack) -> dict[str, float]:
    """How often each step was measured."""
    text = httpx.get(f"{stack.url}/metrics").text
    return {
        sample.labels["stage"]: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "gallery_worker_stage_duration_seconds_count"
    }


def test_a_request_is_followed_through_api_and_worker(stack: Stack, collector: Collector) -> None:
    job = submit(stack)
    assert job["counts"]["done"] == job["counts"]["failed"] == 1

    [recorded] = named(events(stack, "api"), "files.recorded")
    [failed] = named(events(stack, "worker"), "picture failed")
    for line in (recorded, failed):
        assert (line["request_id"], line["job_id"]) == (REQUEST_ID, job["id"])
    [done] = until(
        lambda: named(events(stack, "worker"), "message done"), seconds=5, what="the last line"
    )
    assert (done["request_ids"], done["job_ids"]) == ([REQUEST_ID], [job["id"]])
    assert (done["pictures"], done["of"]) == (2, 2)

    measured = until(lambda: counts(stack)["write"] and counts(stack), seconds=10, what="a beat")
    assert measured.keys() == set(STAGES)
    assert measured["fetch"] == measured["decode"] == 2
    assert measured["infer"] == measured["thumbnail"] == measured["store"] == 1

    look_at_trace(until(lambda: whole_trace(collector), seconds=10, what="spans"), job)


def whole_trace(collector: Collector) -> list[Span] | None:
    spans = [span for span in collector.spans if span.trace == TRACE_ID]
    return spans if sum(span.name == "classify picture" for span in spans) == 2 else None


def look_at_trace(spans: list[Span], job: Any) -> None:
    [request] = [span for span in spans if span.service == "gallery-api"]
    assert request.name == "POST /jobs"
    assert request.parent == "b7ad6b7169203331"
    assert request.attributes["http.response.status_code"] == "202"
    pictures = [span for span in spans if span.name == "classify picture"]
    ids = {item["image_id"] for item in job["items"]}
    assert {span.attributes["gallery.image_id"] for span in pictures} == ids
    for picture in pictures:
        assert picture.service == "gallery-worker"
        assert picture.parent == request.id
        assert picture.attributes["gallery.request_id"] == REQUEST_ID
        steps = [span for span in spans if span.parent == picture.id]
        assert {"claim", "fetch", "decode", "write"} <= {step.name for step in steps}
        assert all(0 <= step.seconds <= picture.seconds for step in steps)


def test_nothing_of_it_is_loaded_where_nobody_collects(settings: Settings) -> None:
    look = (
        "import sys; from infra.settings import Settings; from api.app import create_app;"
        "import worker.process; create_app(Settings());"
        "exporters = {'infra.telemetry.otlp', 'opentelemetry.exporter'};"
        "sys.exit(bool(exporters & sys.modules.keys()))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", look], env=environment_of(settings), cwd=ROOT, check=False
    )

    assert ended.returncode == 0
