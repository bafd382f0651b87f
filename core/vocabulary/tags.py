"""Tags: what a person sees and types. A class or a category, under one number each.

Numbers below 1,000 are class indexes; a category's is its id with 1,000 added. They are stored
with every picture, so a number never changes its meaning.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from core.vocabulary.loader import load_vocabulary
from core.vocabulary.models import Category, ImageClass

TagKind = Literal["class", "category"]

# Above all class indexes.
FIRST_CATEGORY = 1000

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Tag:
    """A class or a category: its number, the model's or WordNet's name, and other words for it."""

    number: int
    kind: TagKind
    wnid: str
    name: str
    synonyms: tuple[str, ...]
    label: str
    """The name as people write it."""


@cache
def load_tags() -> dict[int, Tag]:
    """Every tag by its number, classes first."""
    vocabulary = load_vocabulary()
    classes = (_tag(each.index, "class", each) for each in vocabulary.classes)
    categories = (
        _tag(FIRST_CATEGORY + each.id, "category", each) for each in vocabulary.categories
    )
    return {tag.number: tag for tag in (*classes, *categories)}


def _tag(number: int, kind: TagKind, entry: ImageClass | Category) -> Tag:
    return Tag(number, kind, entry.wnid, entry.name, entry.synonyms, entry.name.replace("_", " "))


@cache
def categories_of(class_index: int) -> frozenset[int]:
    """The numbers of the categories that a class belongs to."""
    return frozenset(
        FIRST_CATEGORY + each for each in load_vocabulary().classes[class_index].categories
    )


@cache
def classes_under(number: int) -> frozenset[int]:
    """The classes that a tag covers: those of a category, or a class itself."""
    if number < FIRST_CATEGORY:
        return frozenset({number})
    return frozenset(load_vocabulary().category(number - FIRST_CATEGORY).classes)


def split_words(text: str) -> tuple[str, ...]:
    """The words of a text in lower case; whatever is no letter or digit separates them."""
    return tuple(_WORD.findall(text.lower()))
