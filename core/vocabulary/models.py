"""The nouns of the vocabulary: classes, their categories, and both together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, slots=True)
class ImageClass:
    """One of the 1,000 things the model can name. Only the index is unique; names are not."""

    index: int
    wnid: str
    name: str
    synonyms: tuple[str, ...]
    categories: tuple[int, ...]

    @property
    def label(self) -> str:
        """The name as people write it: `golden_retriever` is "golden retriever"."""
        return self.name.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of thing, such as "dog", with the indexes of the classes that are one."""

    id: int
    wnid: str
    name: str
    synonyms: tuple[str, ...]
    classes: tuple[int, ...]


@dataclass(frozen=True)
class Vocabulary:
    """All classes in the order of their index, and all categories in the order of their id."""

    classes: tuple[ImageClass, ...]
    categories: tuple[Category, ...]

    def category(self, category_id: int) -> Category:
        """Return a category by its id; ids have gaps. Raises `KeyError` when there is none."""
        return self._categories[category_id]

    def classes_matching(self, word: str) -> frozenset[int]:
        """Return the classes whose label contains the word, in any case, `_` being a space."""
        wanted = word.replace("_", " ").lower()
        return frozenset(index for index, label in enumerate(self._labels) if wanted in label)

    @cached_property
    def _labels(self) -> tuple[str, ...]:
        return tuple(image_class.label.lower() for image_class in self.classes)

    @cached_property
    def _categories(self) -> dict[int, Category]:
        return {category.id: category for category in self.categories}
