"""Data classes of the vocabulary."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, slots=True)
class ImageClass:
    """ImageNet class. The index and the WordNet id are unique; the name is not."""

    index: int
    wnid: str
    name: str
    synonyms: tuple[str, ...]
    categories: tuple[int, ...]

    @property
    def label(self) -> str:
        """The display name: "golden retriever" for `golden_retriever`."""
        return self.name.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Category:
    """WordNet ancestor of classes, such as "dog", with the indexes of those classes."""

    id: int
    wnid: str
    name: str
    synonyms: tuple[str, ...]
    classes: tuple[int, ...]


@dataclass(frozen=True)
class Vocabulary:
    """All classes ordered by index, and all categories ordered by id."""

    classes: tuple[ImageClass, ...]
    categories: tuple[Category, ...]

    def category(self, category_id: int) -> Category:
        """Return the category with this id. Ids are not contiguous.

        Raises:
            KeyError: No category has this id.
        """
        return self._categories[category_id]

    def classes_matching(self, word: str) -> frozenset[int]:
        """Return the indexes of classes whose label contains the word, ignoring case.

        An underscore in the word matches a space.
        """
        wanted = word.replace("_", " ").lower()
        return frozenset(index for index, label in enumerate(self._labels) if wanted in label)

    @cached_property
    def _labels(self) -> tuple[str, ...]:
        return tuple(image_class.label.lower() for image_class in self.classes)

    @cached_property
    def _categories(self) -> dict[int, Category]:
        return {category.id: category for category in self.categories}
