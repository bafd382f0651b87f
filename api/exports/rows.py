"""Rows of the flat table in CSV and Excel exports: one image per row, with its five classes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from core.predictions import ranked_tags
from core.vocabulary.tags import FIRST_CATEGORY, load_tags
from infra.database.queries.images import Image
from infra.database.search.export import CSV_COLUMNS, defuse_formula

COLUMNS: Final = CSV_COLUMNS


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
    tags, scores = image.model_tags
    for tag, score in ranked_tags(tags, scores):
        if tag < FIRST_CATEGORY:
            cells += [load_tags()[tag].name, Percentage(score)]
    return cells + [None] * (len(COLUMNS) - len(cells))
