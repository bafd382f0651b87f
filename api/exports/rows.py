"""Rows of the flat table in CSV and Excel exports: one image per row, with its five classes."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from core.vocabulary.tags import FIRST_CATEGORY, load_tags
from infra.database.queries.images import Image
from infra.database.search.export import CSV_COLUMNS

COLUMNS: Final = CSV_COLUMNS

# Text that a spreadsheet would evaluate as a formula; the same rule as in the CSV export.
_FORMULA = re.compile(r"\s*[=+\-@\t\r\n＝＋－＠]")


@dataclass(frozen=True, slots=True)
class Percentage:
    """Number from 0 to 1 that is formatted as a percentage."""

    share: float


Cell: TypeAlias = str | datetime | Percentage | None


def table_row(image: Image) -> list[Cell]:
    """Return the cells of an image, one for each of `COLUMNS`."""
    cells: list[Cell] = [
        str(image.id),
        defuse_formula(image.name),
        image.created_at.replace(microsecond=0),
    ]
    for tag, score in zip(reversed(image.tags), reversed(image.scores), strict=True):
        if tag < FIRST_CATEGORY:
            cells += [load_tags()[tag].name, Percentage(score)]
    return cells + [None] * (len(COLUMNS) - len(cells))


def defuse_formula(text: str) -> str:
    """Prefix the text with an apostrophe if a spreadsheet would evaluate it as a formula."""
    return f"'{text}" if _FORMULA.match(text) else text
