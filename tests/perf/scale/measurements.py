"""Rows of the table: calls and goals."""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import urlencode

from tests.perf.scale.calls import get
from tests.perf.scale.csv_rows import measure_csv
from tests.perf.scale.growth import measure_insertion, measure_polling
from tests.perf.scale.service import Environment, Row
from tests.perf.scale.similar import measure_recall, measure_similar, measure_sketching

IMAGES = "/api/v1/images"


def measure_rows(environment: Environment, *, only: str = "") -> list[Row]:
    """Measure the rows whose name contains `only`, and print each result."""
    rows = []
    for call, measure in _rows(environment):
        if only in call:
            rows.append(measure(call))
            sys.stderr.write(f"{rows[-1]}\n")
    return rows


def _rows(environment: Environment) -> Iterator[tuple[str, Callable[[str], Row]]]:
    yield (
        "gallery page, first",
        lambda call: environment.timed(call, 25, lambda _: images(limit=50)),
    )
    yield "gallery page, 10,000th", partial(_late_page, environment)
    for name, query in (
        ("a common class", lambda: f'"{_class(environment, 0)}"'),
        ("a rare class", lambda: f'"{_class(environment, -1)}"'),
        ("a category of 118 classes", lambda: "dog"),
        ("two words and an exclusion", lambda: "dog ball -cat"),
        ("a category with a score", lambda: "dog score:>=0.6"),
    ):
        yield f"search, {name}", partial(_search, environment, query)
    yield (
        "search, sorted by match",
        partial(_search, environment, lambda: "dog", sort="match"),
    )
    yield "search, the oldest 15,000", partial(_search, environment, lambda: "before:2020-02-01")
    yield "autocomplete", partial(_autocomplete, environment)
    yield "similar images, 100,000 embeddings", partial(measure_similar, environment)
    yield "similar images, recall@10 against brute force", partial(measure_recall, environment)
    yield "similar, insert into the HNSW index", partial(measure_sketching, environment)
    yield "CSV export of all images", partial(measure_csv, environment)
    yield "insertion of new images", partial(measure_insertion, environment)
    yield "polling a job", partial(measure_polling, environment)


def images(**parameters: object) -> str:
    """Return the path of a list of images."""
    return f"{IMAGES}?{urlencode(parameters)}"


def _late_page(environment: Environment, call: str) -> Row:
    """Measure the 10,000th page (or the middle of a small gallery) by its cursor."""
    total = get(environment.port, images(limit=1))["total"]
    cursor = get(environment.port, images(limit=1, skip=min(10_000 * 50, total // 2)))["next"]
    return environment.timed(call, 25, lambda _: images(limit=50, cursor=cursor))


def _search(
    environment: Environment, query_of: Callable[[], str], call: str, sort: str = "newest"
) -> Row:
    query = query_of()
    found = get(environment.port, images(q=query, limit=1))
    remark = f"{query}: {'' if found['total_is_exact'] else 'about '}{found['total']:,} found"
    path = images(q=query, sort=sort, limit=50, facets=20)
    return environment.timed(call, 60, lambda _: path, remark)


def _class(environment: Environment, place: int) -> str:
    """Return a class by its place among the most frequent tags."""
    found = get(environment.port, images(limit=1, facets=100))["facets"]["items"]
    return str([tag["label"] for tag in found if tag["kind"] == "class"][place])


def _autocomplete(environment: Environment, call: str) -> Row:
    words = ("dog", "golden", "car", "tab", "mush")
    typed = [word[:length] for word in words for length in (1, 2, 3)]
    return environment.timed(call, 20, lambda n: f"/api/v1/tags?q={typed[n % len(typed)]}&limit=10")
