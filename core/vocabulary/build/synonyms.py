"""Collect words that lead to tags but are not part of their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.vocabulary.models import Category
from core.vocabulary.words import regular_singulars, split_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.vocabulary.build.wordnet import Nouns
    from core.vocabulary.models import ImageClass

# A word for any kind of person says nothing about the three classes of persons.
PERSON = "n00007846"

# Young animals, which WordNet does not place below the adult ones; "mud puppy" is no puppy.
YOUNG = {
    "kitten": "n02121808",
    "kitty": "n02121808",
    "pup": "n02084071",
    "puppy": "n02084071",
}


def words_in_names(tags: Iterable[ImageClass | Category]) -> frozenset[str]:
    """Return the lower-case words of all names and synonyms."""
    return frozenset(
        word
        for tag in tags
        for name in (tag.name.replace("_", " "), *tag.synonyms)
        for word in split_words(name)
    )


def find_irregular(nouns: Nouns, words: frozenset[str]) -> dict[str, str]:
    """Return the irregular plurals of words in names, each with its singular."""
    found = {
        plural: min(known)
        for plural, singulars in nouns.irregular.items()
        if "_" not in plural
        if (known := words & set(singulars) - {plural} - regular_singulars(plural))
    }
    return dict(sorted(found.items()))


def find_narrower(
    nouns: Nouns, tags: Iterable[ImageClass | Category], words: frozenset[str]
) -> dict[str, str]:
    """Return common words for a kind of a tag, each with the WordNet id of the tag.

    A word is included if its most common meaning occurs in the tagged texts and is a direct hyponym
    of a tag whose name is not technical.
    """
    targets = {
        tag.wnid: len(tag.classes) if isinstance(tag, Category) else 1
        for tag in tags
        if not (isinstance(tag, Category) and tag.technical) and tag.wnid != PERSON
    }
    found = {}
    for lemma, wnid in sorted(nouns.first_senses.items()):
        parents = [parent for parent in nouns.synsets[wnid].parents if parent in targets]
        is_known = wnid in targets or lemma in words
        # "bones" are castanets in WordNet, but rarely in a search.
        is_plural = any(each in nouns.first_senses for each in regular_singulars(lemma))
        if lemma.isalpha() and not is_known and not is_plural and parents and nouns.usage(wnid):
            found[lemma] = min(parents, key=lambda parent: (targets[parent], parent))
    return dict(sorted((found | YOUNG).items()))
