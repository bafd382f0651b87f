"""The rows of the table, each a function from the bench to what it measured."""

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
from tests.perf.support.images import Pictures


@dataclass(frozen=True, slots=True)
class Bench:
    """What rows measure with, and how much of it."""

    stack: Stack
    pictures: Pictures
    model: Path
    weights: Path
    quick: bool

    def small(self, full: int) -> list[bytes]:
        return self.pictures.small[: full // 8 if self.quick else full]

    def limit(self, processes: int = 2) -> Limit:
        return measure_limit(
            self.model,
            self.pictures.small[:400],
            seconds=2 if self.quick else 5,
            processes=processes,
        )

    def against_limit(
        self, load: Callable[[], Load], name: str, goal: str, *, rounds: int = 1
    ) -> Row:
        """Measure the limit before and after, for the machine may be busy with other things.

        Of several rounds the one with the median ratio is told.
        """
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
            f"{_by_part(ours)}; limit {limit.cpu:.1f}, {share:.2f} of ours",
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
        "the yardstick",
        f"{found.cpu:.1f}",
    )


def demo(bench: Bench) -> Row:
    rate, found = _demo(bench, bench.small(160)), bench.limit()
    return Row(
        "demo loop: Pillow, `model.predict` per picture",
        f"{rate:.1f}/s",
        f"{rate / found.rate:.2f}",
        "for comparison",
    )


def tutorial(bench: Bench) -> Row:
    rate = measure_tutorial(bench.stack, bench.weights, bench.small(240))
    found = bench.limit()
    return Row(
        "the usual tutorial: FastAPI + Celery, one Keras `predict` per task",
        f"{rate:.1f}/s",
        f"{rate / found.rate:.2f}",
        "for comparison",
    )


def drain(bench: Bench) -> Row:
    pictures = bench.small(2000)
    return bench.against_limit(
        lambda: loads.drain(bench.stack, pictures),
        f"drain: {len(pictures)} waiting",
        "≥ 0.80",
        rounds=3,
    )


def end_to_end_eight(bench: Bench) -> Row:
    return bench.against_limit(
        lambda: loads.end_to_end(bench.stack, bench.small(2000), files_each=8),
        "end to end: 16 clients, 8 files a request",
        "≥ 0.55, then 0.70",
        rounds=3,
    )


def end_to_end_one(bench: Bench) -> Row:
    return bench.against_limit(
        lambda: loads.end_to_end(bench.stack, bench.small(1200), files_each=1),
        "end to end: 16 clients, one file a request",
        "≥ 0.40",
        rounds=3,
    )


def one_picture(bench: Bench) -> Row:
    times = loads.one_at_a_time(bench.stack, bench.small(200))
    cuts = statistics.quantiles(times, n=20)
    return Row(
        "one picture: POST → done, idle service, p50 / p95",
        f"{statistics.median(times):.0f} / {cuts[18]:.0f} ms",
        "",
        "≤ 60 / 120 ms",
    )


def large(bench: Bench) -> Row:
    pictures = bench.pictures.large[: 12 if bench.quick else None]
    reference = _demo(bench, pictures[:12])
    rate = loads.drain(bench.stack, pictures).rate
    reference = (reference + _demo(bench, pictures[:12])) / 2
    return Row(
        "12-megapixel photos: drain against full decode + `model.predict`",
        f"{rate:.1f}/s against {reference:.1f}/s",
        f"{rate / reference:.1f}×",
        "≥ 5×",
    )


def worker_start(bench: Bench) -> Row:
    seconds = loads.worker_start(bench.stack, bench.pictures.small[: 2 if bench.quick else 5])
    return Row(
        "worker: start to first picture done (compiled model cached)",
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
    """Beside it, what a second process of the limit gains: no more is to be had of the machine."""
    pictures = bench.small(800)
    first, first_limit = loads.drain(bench.stack, pictures, processes=1).rate, bench.limit(1).rate
    two, two_limit = loads.drain(bench.stack, pictures).rate, bench.limit().rate
    one = (first + loads.drain(bench.stack, pictures, processes=1).rate) / 2
    one_limit = (first_limit + bench.limit(1).rate) / 2
    return Row(
        "worker processes: 1 → 2",
        f"{one:.0f}/s → {two:.0f}/s (limit {one_limit:.0f} → {two_limit:.0f})",
        f"{two / one:.2f}× (limit {two_limit / one_limit:.2f}×)",
        "≥ 1.8×",
    )


def chunk_sizes(bench: Bench) -> Row:
    pictures = bench.small(1000)
    sizes = (4, 16, 64)
    drains = [loads.drain(bench.stack, pictures, chunk_size=size) for size in sizes]
    return Row(
        f"drain: at most {' / '.join(map(str, sizes))} pictures a message",
        " / ".join(f"{load.rate:.0f}/s" for load in drains),
        cpu=" / ".join(f"{sum(load.cpu.values()):.1f}" for load in drains),
    )


def long_queue(bench: Bench) -> Row:
    pictures = bench.small(1000)
    behind = 10_000 if bench.quick else 99_000
    first = loads.drain(bench.stack, pictures).rate
    among = loads.drain(bench.stack, pictures, behind=behind)
    second = loads.drain(bench.stack, pictures)
    alone = (first + second.rate) / 2
    return Row(
        f"{len(pictures) + behind:,} waiting, against {len(pictures):,}",
        f"{among.rate:.0f}/s against {alone:.0f}/s",
        f"{among.rate / alone:.2f}",
        "≥ 0.95",
        f"{_by_part(among)}; against {_by_part(second)}",
    )


ROWS: dict[str, Callable[[Bench], Row]] = {
    "limit": limit,
    "demo": demo,
    "tutorial": tutorial,
    "drain": drain,
    "eight": end_to_end_eight,
    "one": end_to_end_one,
    "idle": one_picture,
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


def _demo(bench: Bench, pictures: list[bytes]) -> float:
    """In a process of its own, whose 500 MB of TensorFlow end with it."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measure_demo, bench.weights, pictures).result()
