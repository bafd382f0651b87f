"""Measure every row and update docs/explanation/benchmarks.md: `make bench`."""

import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from infra.settings import Settings
from infra.telemetry.logging import configure_logging
from tests.perf.service.bench_stack import run_stack
from tests.perf.service.measurements import ROWS, Bench
from tests.perf.service.report import Row, write_report
from tests.perf.support.images import make_images
from tests.support.paths import ROOT
from worker.model.cache import find_compiled
from worker.model.weights import find_weights

_SMALL, _LARGE = 2016, 48


def main(  # noqa: PLR0913 (the command's options)
    *,
    quick: Annotated[bool, typer.Option(help="Use an eighth of the images.")] = (False),
    only: Annotated[str, typer.Option(help=f"Comma-separated rows: {', '.join(ROWS)}.")] = ",".join(
        ROWS
    ),
    photos: Annotated[Path, typer.Option(help="Folder of photographs (*.jpg).")] = (
        ROOT.parent / "shared" / "photos"
    ),
    data_dir: Annotated[Path, typer.Option(help="Data directory of the servers.")] = (
        ROOT / "data" / "bench"
    ),
    port: Annotated[int, typer.Option(help="Port of the API.")] = 8310,
    output: Annotated[Path, typer.Option(help="Page to update.")] = (
        ROOT / "docs" / "explanation" / "benchmarks.md"
    ),
) -> None:
    """Measure the service against the limit benchmark."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    configure_logging("console")
    names = [name for name in only.split(",") if name in ROWS]
    settings = Settings(data_dir=data_dir)
    weights, model = find_weights(settings), find_compiled(settings)
    _say("generating images from photographs")
    images = make_images(photos, small=_SMALL // 8 if quick else _SMALL, large=_LARGE)
    rows = []
    with run_stack(data_dir, port, weights) as stack:
        bench = Bench(stack, images, model, weights, quick)
        for number, name in enumerate(names, start=1):
            _say(f"{number}/{len(names)} {name}")
            rows.append(_measure(name, bench))
    write_report(output, rows, "make bench QUICK=--quick" if quick else "make bench", _notes(bench))
    _say(f"updated {output}")


def _measure(name: str, bench: Bench) -> Row:
    start = time.monotonic()
    row = ROWS[name](bench)
    _say(f"    {row.name}: {row.measured} {row.ratio} (goal {row.goal}) {row.cpu}")
    _say(f"    took {time.monotonic() - start:.0f} s")
    return row


def _notes(bench: Bench) -> list[str]:
    small, large = bench.images.small, bench.images.large
    small_kilobytes = sum(map(len, small)) // len(small) // 1000
    large_kilobytes = sum(map(len, large)) // len(large) // 1000
    note = (
        f"{len(small)} distinct JPEGs of 500×375 ({small_kilobytes} kB each) and {len(large)} of "
        f"4000×3000 ({large_kilobytes} kB), cut from photographs. The limit is measured again "
        "before and after each row that is compared with it."
    )
    return [note]


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    typer.run(main)
