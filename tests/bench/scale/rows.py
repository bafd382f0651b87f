"""The rows of the table: which calls, and what was aimed at."""

import csv
import http.client
import io
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from urllib.parse import urlencode

import numpy as np
import psutil
import psycopg

from tests.bench.scale.calls import get, measure
from tests.bench.scale.vectors import make_vectors

IMAGES = "/api/v1/images"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the report."""

    call: str
    goal: str
    measured: str
    processor: str = ""
    remark: str = ""


def images(**parameters: object) -> str:
    return f"{IMAGES}?{urlencode(parameters)}"


def measure_rows(
    port: int, processes: tuple[int, int], database_url: str, *, seconds: float
) -> list[Row]:
    """Measure everything, telling each result as it comes."""
    rows = []
    for row in _rows(port, processes, database_url, seconds):
        sys.stderr.write(
            f"{row.call}: {row.measured}, {row.processor} (goal {row.goal}) {row.remark}\n"
        )
        rows.append(row)
    return rows


def _rows(
    port: int, processes: tuple[int, int], database_url: str, seconds: float
) -> Iterator[Row]:
    def timed(call: str, goal: str, path_of: Callable[[int], str], remark: str = "") -> Row:
        get(port, path_of(0))
        before = _processor_time(processes)
        times = measure(port, path_of, seconds=seconds)
        spent = (_processor_time(processes) - before) / len(times) * 1000
        p50, p95 = times.quantile([0.5, 0.95])
        return Row(
            call,
            f"p95 ≤ {goal} ms",
            f"p50 {p50:.0f}, p95 {p95:.0f} ms",
            f"{spent:.1f} ms",
            remark or f"{len(times)} calls",
        )

    yield timed("gallery page, first", "25", lambda _: images(limit=50))
    cursor = _cursor_of_page(port, 10_000)
    yield timed("gallery page, 10,000th", "25", lambda _: images(limit=50, cursor=cursor))
    for name, query in (
        ("a common class", '"' + _tag(port, "class", 0) + '"'),
        ("a rare class", '"' + _tag(port, "class", -1) + '"'),
        ("a category of 118 classes", "dog"),
        ("two words and a not", "dog ball -cat"),
        ("a category with a score", "dog score:>=0.6"),
    ):
        found = get(port, images(q=query, limit=1))
        told = f"{query}: {'' if found['total_is_exact'] else 'about '}{found['total']:,} found"
        path = images(q=query, limit=50, facets=20)
        yield timed(f"search, {name}", "60", lambda _, path=path: path, told)
    typed = [
        word[:length] for word in ("dog", "golden", "car", "tab", "mush") for length in (1, 2, 3)
    ]
    yield timed("autocomplete", "20", lambda n: f"/api/v1/tags?q={typed[n % len(typed)]}&limit=10")
    yield from _similar(port, database_url, timed)
    yield _csv(port, processes[0])


def _processor_time(processes: tuple[int, int]) -> float:
    """Seconds that the API and all of Postgres have used so far."""
    api, postgres = map(psutil.Process, processes)
    times = [each.cpu_times() for each in (api, postgres, *postgres.children())]
    # Of a connection that has ended, the time is its parent's.
    ended = postgres.cpu_times()
    return sum(t.user + t.system for t in times) + ended.children_user + ended.children_system


def _cursor_of_page(port: int, number: int) -> str:
    """The cursor before a page, by jumping there once."""
    return str(get(port, images(limit=1, skip=number * 50))["next"])


def _tag(port: int, kind: str, place: int) -> str:
    found = get(port, images(limit=1, facets=100))["facets"]["items"]
    return str([tag["label"] for tag in found if tag["kind"] == kind][place])


def _similar(port: int, database_url: str, timed: Callable[..., Row]) -> Iterator[Row]:
    with psycopg.connect(database_url) as conn:
        ids = [row[0] for row in conn.execute(
            "SELECT image_id FROM embeddings JOIN images ON id = image_id"
            " ORDER BY created_at DESC, id DESC")]  # fmt: skip
    chosen = Random(9).sample(range(len(ids)), 200)
    yield timed("similar, 100,000 embeddings", "50",
                lambda n: f"{IMAGES}/{ids[chosen[n % 200]]}/similar?limit=10")  # fmt: skip
    asked = chosen[:100]
    vectors = np.concatenate(
        [make_vectors(1000, seed=seed).astype(np.float32) for seed in range(0, len(ids), 1000)]
    )
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    nearest = np.argsort(-(vectors[asked] @ vectors.T), axis=1)[:, :11]
    hits = 0
    for number, near in zip(asked, nearest, strict=True):
        best = {str(ids[each]) for each in near if each != number}
        found = get(port, f"{IMAGES}/{ids[number]}/similar?limit=10")["items"]
        hits += len(best & {each["image"]["id"] for each in found})
    yield Row(
        "similar, recall@10 against brute force", "≥ 0.95", f"{hits / 1000:.3f}", remark="100 asked"
    )


def _csv(port: int, process: int) -> Row:
    api = psutil.Process(process)
    before = peak = api.memory_info().rss
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    begin = time.perf_counter()
    connection.request("GET", "/api/v1/export")
    answer = connection.getresponse()
    first = answer.read(1)
    started = time.perf_counter() - begin
    rows, rest = 0, first
    while block := answer.read(1 << 20):
        rows += block.count(b"\n")
        rest = block
        peak = max(peak, api.memory_info().rss)
    took = time.perf_counter() - begin
    assert len(next(csv.reader(io.StringIO(rest.decode(errors="replace").splitlines()[-1])))) == 13
    return Row(
        "CSV export of all",
        "≥ 60,000 rows/s, memory ≤ +100 MB",
        f"{(rows - 1) / took:,.0f} rows/s, +{(peak - before) / 2**20:.0f} MB",
        remark=f"{rows - 1:,} rows; starts after {started:.2f} s",
    )
