"""WordNet hierarchy of tags: which tags follow from a tag, and which are part of it.

A category is below another one if it covers fewer of the same classes. This relation is transitive,
also together with the classes, so that decisions on tags can be checked against each other.
"""

from functools import cache

from core.vocabulary.tags import FIRST_CATEGORY, categories_of, classes_under, load_tags


@cache
def tags_above(number: int) -> frozenset[int]:
    """Return the categories that contain a class or category; none for a custom tag."""
    if number < FIRST_CATEGORY:
        return categories_of(number)
    return _categories_above().get(number, frozenset())


@cache
def tags_below(number: int) -> frozenset[int]:
    """Return the classes and categories that a category contains; none for another tag."""
    if number not in _categories_above():
        return frozenset()
    narrower = {each for each, above in _categories_above().items() if number in above}
    return classes_under(number) | narrower


@cache
def _categories_above() -> dict[int, frozenset[int]]:
    covered = {number: classes_under(number) for number in load_tags() if number >= FIRST_CATEGORY}
    return {
        number: frozenset(other for other, more in covered.items() if classes < more)
        for number, classes in covered.items()
    }
