"""Measure custom tags: `make bench-teach`.

    python -m tests.perf.teach [--photos DIR]

The folder has one subfolder of JPEG files per kind. It is also read from GALLERY_TEACH_PHOTOS.
"""

import argparse
import os
import sys
from pathlib import Path

from infra.settings import Settings
from tests.perf.teach.photos import load_photos
from tests.perf.teach.quality import Order, at_random, doubtful, likely, measure
from tests.support.paths import ROOT


def main() -> None:
    """Parse the options, measure and print the tables."""
    parser = argparse.ArgumentParser(description="Measure custom tags on labelled photographs.")
    parser.add_argument(
        "--photos",
        type=Path,
        default=os.environ.get("GALLERY_TEACH_PHOTOS", ROOT.parent / "shared" / "teach"),
        help="folder with one subfolder of JPEG files per kind",
    )
    _measure_quality(parser.parse_args().photos)


def _measure_quality(folder: Path) -> None:
    photos = load_photos(folder, Settings())
    sys.stdout.write(
        "| positives | verdicts | best 30 % | average precision "
        "| stated precision | true precision | recall |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
    )
    rows: list[tuple[int, int, str, Order]] = [(count, 0, "", likely) for count in (3, 5, 10, 20)]
    rows += [(5, 30, " likely", likely), (5, 30, " doubtful", doubtful)]
    rows += [(5, 30, " random", at_random), (5, 60, " random", at_random)]
    for positives, verdicts, name, order in rows:
        row = measure(photos, positives, verdicts=verdicts, order=order)
        sys.stdout.write(
            f"| {positives} | {verdicts}{name} | {row.best:.2f} | {row.average:.2f} "
            f"| {row.stated:.2f} | {row.true:.2f} | {row.recall:.2f} |\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
