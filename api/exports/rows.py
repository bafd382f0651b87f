"""The flat table that CSV and workbooks share: a picture a row, its five classes side by side."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from core.vocabulary.tags import FIRST_CATEGORY, load_tags
from infra.database.queries.images import Image
from infra.database.search.export import CSV_COLUMNS

COLUMNS: Final = CSV_COLUMNS

# As in the CSV: what a spreadsheet would run as a formula.
_FORMULA = re.compile(r"\s*[=+\-@\t\r\n＝＋－＠]")


@dataclass(frozen=True, slots=True)
class Percentage:
    """A share from 0 to 1, shown as a percentage."""

    share: float


Cell: TypeAlias = str | datetime | Percentage | None


def table_row(image: Image) -> list[Cell]:
    """The cells of a picture."""
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
    """The text, with an apostrophe in front where a spreadsheet would take it for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text
