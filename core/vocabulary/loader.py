"""Read and write the vocabulary file `imagenet.json`.

The file holds one class or category per line, so that diffs are readable.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from core.vocabulary.models import Category, ImageClass, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable

FILE = "imagenet.json"


@cache
def load_vocabulary() -> Vocabulary:
    """Return the vocabulary of this package; the file is read once per process."""
    return parse(resources.files(__package__).joinpath(FILE).read_text(encoding="utf-8"))


def parse(text: str) -> Vocabulary:
    """Parse the text of a vocabulary file."""
    data = json.loads(text, object_hook=with_tuples)
    return Vocabulary(
        classes=tuple(ImageClass(**entry) for entry in data["classes"]),
        categories=tuple(Category(**entry) for entry in data["categories"]),
        irregular=data["irregular"],
        narrower=data["narrower"],
    )


def render(vocabulary: Vocabulary) -> str:
    """Return the text of the vocabulary file."""
    classes, categories = lines(vocabulary.classes), lines(vocabulary.categories)
    words = ",\n".join(
        f'"{name}": {json.dumps(entries, ensure_ascii=False, indent=0)}'
        for name, entries in (
            ("irregular", vocabulary.irregular),
            ("narrower", vocabulary.narrower),
        )
    )
    return f'{{"classes": [\n{classes}\n],\n"categories": [\n{categories}\n],\n{words}}}\n'


def lines(entries: Iterable[ImageClass | Category]) -> str:
    """Return the entries as JSON, one per line."""
    return ",\n".join(json.dumps(asdict(entry), ensure_ascii=False) for entry in entries)


def with_tuples(entry: dict[str, Any]) -> dict[str, Any]:
    """Convert the lists of a JSON object to tuples, which the dataclasses require."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
