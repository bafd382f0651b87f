"""Send the measured stages of a batch as spans of its requests' traces."""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from infra.telemetry.correlation import Origin
from infra.telemetry.spans import Step as Span
from infra.telemetry.spans import Traces
from worker.timings import Step

_NANOSECONDS = 1_000_000_000


def send_spans(traces: Traces, steps: Sequence[Step], origins: Mapping[UUID, Origin]) -> None:
    """Send the spans of each image that belongs to a trace.

    Args:
        traces: Trace exporter.
        steps: Measured stages; those without an image are added to every image's trace.
        origins: Origin of each image; images without a `traceparent` are skipped.
    """
    since_epoch = time.time() - time.perf_counter()
    by_image: dict[UUID, list[Span]] = defaultdict(list)
    of_batch: list[Span] = []
    for step in steps:
        start, end = (int((since_epoch + at) * _NANOSECONDS) for at in (step.start, step.end))
        spans = of_batch if step.image_id is None else by_image[step.image_id]
        spans.append(Span(step.stage, start, end))
    for image_id, spans in by_image.items():
        origin = origins.get(image_id, {})
        if "traceparent" in origin:
            traces.image(origin, str(image_id), of_batch + spans)
