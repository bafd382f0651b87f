"""Tags: classes, categories and custom tags in one number space.

A number below 1,000 is a class index; a category has its id plus 1,000; the numbers of custom tags
start at 10,000. Numbers are stored with every image, so that the meaning of a number must never
change.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from core.vocabulary.loader import load_vocabulary
from core.vocabulary.models import Category, ImageClass

TagKind = Literal["class", "category", "custom"]

# Tag numbers below this are class indexes.
FIRST_CATEGORY = 1000
# Tag numbers from this one are custom tags, in the table `custom_tags`.
FIRST_CUSTOM = 10_000
# Prefix of the key of a custom tag: `custom:<slug>`.
CUSTOM_PREFIX = "custom:"


@dataclass(frozen=True, slots=True)
class Tag:
    """Class, category or custom tag, as users find it.

    Attributes:
        number: Stable tag number.
        kind: `class`, `category` or `custom`.
        wnid: The tag key: a WordNet id, or `custom:<slug>`.
        name: Name in the model or in WordNet, such as `golden_retriever`.
        synonyms: Other names from WordNet.
        label: Display name, such as "golden retriever".
        usage: How common the meaning is in texts; most are 0.
        technical: Whether the name is a technical term, such as "placental".
    """

    number: int
    kind: TagKind
    wnid: str
    name: str
    synonyms: tuple[str, ...]
    label: str
    usage: int
    technical: bool


@cache
def load_tags() -> dict[int, Tag]:
    """Return all tags by number, classes first."""
    vocabulary = load_vocabulary()
    classes = (_tag(each.index, "class", each) for each in vocabulary.classes)
    categories = (
        _tag(FIRST_CATEGORY + each.id, "category", each) for each in vocabulary.categories
    )
    return {tag.number: tag for tag in (*classes, *categories)}


def _tag(number: int, kind: TagKind, entry: ImageClass | Category) -> Tag:
    label = entry.name.replace("_", " ")
    technical = isinstance(entry, Category) and entry.technical
    return Tag(number, kind, entry.wnid, entry.name, entry.synonyms, label, entry.usage, technical)


@cache
def tags_by_wnid() -> dict[str, int]:
    """Return the tag numbers by WordNet id."""
    return {tag.wnid: number for number, tag in load_tags().items()}


def custom_tag(number: int, slug: str, name: str) -> Tag:
    """Return a custom tag."""
    return Tag(number, "custom", CUSTOM_PREFIX + slug, name, (), name, 0, technical=False)


@cache
def categories_of(class_index: int) -> frozenset[int]:
    """Return the tag numbers of the categories of a class."""
    return frozenset(
        FIRST_CATEGORY + each for each in load_vocabulary().classes[class_index].categories
    )


@cache
def classes_under(number: int) -> frozenset[int]:
    """Return the class indexes that a tag covers: all of a category, or the class itself."""
    if number < FIRST_CATEGORY:
        return frozenset({number})
    return frozenset(load_vocabulary().category(number - FIRST_CATEGORY).classes)
