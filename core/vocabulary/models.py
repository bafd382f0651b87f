"""Data classes of the vocabulary."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True, slots=True)
class ImageClass:
    """ImageNet class. The index and the WordNet id are unique; the name is not."""

    index: int
    wnid: str
    name: str
    synonyms: tuple[str, ...]
    categories: tuple[int, ...]
    usage: int = 0

    @property
    def label(self) -> str:
        """The display name: "golden retriever" for `golden_retriever`."""
        return self.name.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Category:
    """WordNet ancestor of classes, such as "dog", with the indexes of those classes.

    Attributes:
        usage: Occurrences of this meaning in the texts that WordNet's authors counted.
        technical: Whether the name is a technical term, such as "placental".
    """

    id: int
    wnid: str
    name: str
    synonyms: tuple[str, ...]
    classes: tuple[int, ...]
    usage: int = 0
    technical: bool = False


@dataclass(frozen=True)
class Vocabulary:
    """All classes ordered by index, all categories ordered by id, and words that lead to them.

    Attributes:
        irregular: Irregular plurals of words in names: "mice" to "mouse".
        narrower: Words for a kind of a tag, to its WordNet id: "puppy" to
            "dog".
    """

    classes: tuple[ImageClass, ...]
    categories: tuple[Category, ...]
    irregular: dict[str, str] = field(default_factory=dict)
    narrower: dict[str, str] = field(default_factory=dict)

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
