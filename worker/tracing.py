"""Telling traces of the steps that were measured."""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from infra.telemetry.correlation import Origin
from infra.telemetry.spans import Step as Span
from infra.telemetry.spans import Traces
from worker.timings import Step

_BILLION = 1_000_000_000


def send_spans(traces: Traces, steps: Sequence[Step], origins: Mapping[UUID, Origin]) -> None:
    """Give every picture's trace its own steps, and those of the message it came with."""
    since_epoch = time.time() - time.perf_counter()
    own: dict[UUID, list[Span]] = defaultdict(list)
    common: list[Span] = []
    for step in steps:
        began, ended = (int((since_epoch + at) * _BILLION) for at in (step.began, step.ended))
        place = common if step.picture is None else own[step.picture]
        place.append(Span(step.stage, began, ended))
    for picture, spans in own.items():
        origin = origins.get(picture, {})
        if "traceparent" in origin:
            traces.picture(origin, str(picture), common + spans)
