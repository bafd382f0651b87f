"""Rows of the table: one function per row."""

import statistics
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from tests.perf.service import loads
from tests.perf.service.bench_stack import Stack
from tests.perf.service.demo import measure_demo
from tests.perf.service.limit import Limit, measure_limit
from tests.perf.service.loads import Load
from tests.perf.service.report import Row
from tests.perf.service.tutorial_run import measure_tutorial
from tests.perf.support.cpu import resident_megabytes
from tests.perf.support.images import Images


@dataclass(frozen=True, slots=True)
class Bench:
    """Inputs of the rows.

    Attributes:
        stack: Running servers.
        images: Generated images.
        model: Compiled model of the limit benchmark.
        weights: Keras weights of the demo loop.
        quick: Whether to use an eighth of the images.
    """

    stack: Stack
    images: Images
    model: Path
    weights: Path
    quick: bool

    def small(self, full: int) -> list[bytes]:
        """Return `full` small images, or an eighth of them in a quick run."""
        return self.images.small[: full // 8 if self.quick else full]

    def limit(self, processes: int = 2) -> Limit:
        """Run the limit benchmark."""
        return measure_limit(
            self.model,
            self.images.small[:400],
            seconds=2 if self.quick else 5,
            processes=processes,
        )

    def against_limit(
        self, load: Callable[[], Load], name: str, goal: str, *, rounds: int = 1
    ) -> Row:
        """Measure a load, and the limit before and after it; report the median of the rounds."""
        measured = [self._round(load) for _ in range(1 if self.quick else rounds)]
        measured.sort(key=lambda each: each[0].rate / each[1].rate)
        ours, limit = measured[len(measured) // 2]
        share = limit.cpu / sum(ours.cpu.values())
        ratios = [f"{each.rate / beside.rate:.2f}" for each, beside in measured]
        spread = f" ({ratios[0]} to {ratios[-1]})" if len(ratios) > 1 else ""
        return Row(
            name,
            f"{ours.rate:.0f}/s (limit {limit.rate:.0f})",
            ratios[len(ratios) // 2] + spread,
            goal,
            f"{_by_part(ours)}; limit {limit.cpu:.1f}, {share:.2f} of the total",
        )

    def _round(self, load: Callable[[], Load]) -> tuple[Load, Limit]:
        before, measured, after = self.limit(), load(), self.limit()
        return measured, Limit((before.rate + after.rate) / 2, (before.cpu + after.cpu) / 2)


def limit(bench: Bench) -> Row:
    found = bench.limit()
    return Row(
        "limit: decode + resize + LiteRT, two processes, in memory",
        f"{found.rate:.0f}/s",
        "1",
        "reference",
        f"{found.cpu:.1f}",
    )


def demo(bench: Bench) -> Row:
    rate, found = _demo(bench, bench.small(160)), bench.limit()
    return Row(
        "demo loop: Pillow, `model.predict` per image",
        f"{rate:.1f}/s",
        f"{rate / found.rate:.2f}",
        "for comparison",
    )


def tutorial(bench: Bench) -> Row:
    rate = measure_tutorial(bench.stack, bench.weights, bench.small(240))
    found = bench.limit()
    return Row(
        "tutorial design: FastAPI + Celery, one Keras `predict` per task",
        f"{rate:.1f}/s",
        f"{rate / found.rate:.2f}",
        "for comparison",
    )


def drain(bench: Bench) -> Row:
    images = bench.small(2000)
    return bench.against_limit(
        lambda: loads.drain(bench.stack, images),
        f"drain: {len(images)} queued",
        "≥ 0.80",
        rounds=3,
    )


def end_to_end_eight(bench: Bench) -> Row:
    return bench.against_limit(
        lambda: loads.end_to_end(bench.stack, bench.small(2000), files_each=8),
        "end to end: 16 clients, 8 files per request",
        "≥ 0.55, then 0.70",
        rounds=3,
    )


def end_to_end_one(bench: Bench) -> Row:
    return bench.against_limit(
        lambda: loads.end_to_end(bench.stack, bench.small(1200), files_each=1),
        "end to end: 16 clients, one file per request",
        "≥ 0.40",
        rounds=3,
    )


def one_image(bench: Bench) -> Row:
    times = loads.one_at_a_time(bench.stack, bench.small(200))
    cuts = statistics.quantiles(times, n=20)
    return Row(
        "one image: POST → done, idle service, p50 / p95",
        f"{statistics.median(times):.0f} / {cuts[18]:.0f} ms",
        "",
        "≤ 60 / 120 ms",
    )


def large(bench: Bench) -> Row:
    images = bench.images.large[: 12 if bench.quick else None]
    reference = _demo(bench, images[:12])
    rate = loads.drain(bench.stack, images).rate
    reference = (reference + _demo(bench, images[:12])) / 2
    return Row(
        "12-megapixel photos: drain against full decode + `model.predict`",
        f"{rate:.1f}/s against {reference:.1f}/s",
        f"{rate / reference:.1f}×",
        "≥ 5×",
    )


def worker_start(bench: Bench) -> Row:
    seconds = loads.worker_start(bench.stack, bench.images.small[: 2 if bench.quick else 5])
    return Row(
        "worker: start to first image done (compiled model cached)",
        f"{seconds:.1f} s",
        "",
        "≤ 2 s",
    )


def worker_memory(bench: Bench) -> Row:
    used = 0.0

    def measure() -> None:
        nonlocal used
        used = resident_megabytes(bench.stack)

    loads.drain(bench.stack, bench.small(400), at_end=measure)
    return Row("worker: resident memory per process", f"{used:.0f} MB", "", "≤ 250 MB")


def two_processes(bench: Bench) -> Row:
    """Compare one and two worker processes, and one and two processes of the limit benchmark."""
    images = bench.small(800)
    first, first_limit = loads.drain(bench.stack, images, processes=1).rate, bench.limit(1).rate
    two, two_limit = loads.drain(bench.stack, images).rate, bench.limit().rate
    one = (first + loads.drain(bench.stack, images, processes=1).rate) / 2
    one_limit = (first_limit + bench.limit(1).rate) / 2
    return Row(
        "worker processes: 1 → 2",
        f"{one:.0f}/s → {two:.0f}/s (limit {one_limit:.0f} → {two_limit:.0f})",
        f"{two / one:.2f}× (limit {two_limit / one_limit:.2f}×)",
        "≥ 1.8×",
    )


def chunk_sizes(bench: Bench) -> Row:
    images = bench.small(1000)
    sizes = (4, 16, 64)
    drains = [loads.drain(bench.stack, images, chunk_size=size) for size in sizes]
    return Row(
        f"drain: at most {' / '.join(map(str, sizes))} images per message",
        " / ".join(f"{load.rate:.0f}/s" for load in drains),
        cpu=" / ".join(f"{sum(load.cpu.values()):.1f}" for load in drains),
    )


def long_queue(bench: Bench) -> Row:
    images = bench.small(1000)
    behind = 10_000 if bench.quick else 99_000
    first = loads.drain(bench.stack, images).rate
    long = loads.drain(bench.stack, images, behind=behind)
    second = loads.drain(bench.stack, images)
    short = (first + second.rate) / 2
    return Row(
        f"drain: {len(images) + behind:,} queued, against {len(images):,}",
        f"{long.rate:.0f}/s against {short:.0f}/s",
        f"{long.rate / short:.2f}",
        "≥ 0.95",
        f"{_by_part(long)}; against {_by_part(second)}",
    )


ROWS: dict[str, Callable[[Bench], Row]] = {
    "limit": limit,
    "demo": demo,
    "tutorial": tutorial,
    "drain": drain,
    "eight": end_to_end_eight,
    "one": end_to_end_one,
    "idle": one_image,
    "large": large,
    "start": worker_start,
    "memory": worker_memory,
    "processes": two_processes,
    "chunks": chunk_sizes,
    "queue": long_queue,
}


def _by_part(load: Load) -> str:
    parts = [f"{part} {each:.1f}" for part, each in load.cpu.items() if each >= 0.05]
    return f"{sum(load.cpu.values()):.1f}: {', '.join(parts)}"


def _demo(bench: Bench, images: list[bytes]) -> float:
    """Run the demo loop in a subprocess, which frees TensorFlow's 500 MB of memory when it ends."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measure_demo, bench.weights, images).result()
