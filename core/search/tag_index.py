"""Find tags by the words of their names."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import replace
from functools import cache, lru_cache, partial, reduce
from typing import TYPE_CHECKING

from core.search.ast import Atom, Inside, Tagged, Words
from core.vocabulary import load_vocabulary
from core.vocabulary.tags import load_tags, tags_by_wnid
from core.vocabulary.words import regular_singulars, split_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.search.ast import Query
    from core.vocabulary.tags import Tag


def tags_of(atom: Atom) -> frozenset[int] | None:
    """Return the tags that satisfy an atom; None if it does not concern tags."""
    match atom:
        case Words():
            return find_tags(atom)
        case Inside(text):
            return load_vocabulary().classes_matching(text)
        case Tagged(number):
            return frozenset({number})
        case _:
            return None


@lru_cache(maxsize=4096)
def find_tags(wanted: Words) -> frozenset[int]:
    """Return the tags that a search for these words matches.

    A tag matches when its name or a synonym contains the words in sequence, in the singular or the
    plural. A word without quotes may also name a kind of a tag ("puppy": dog). If no tag matches
    words without quotes, the last one is read as the beginning of a word ("retriev"), then as any
    part of a class name, for compatibility with the first version. Custom tags match whole words.
    """
    named = broader_tags(wanted) if wanted.prefix else frozenset()
    named = (named or _containing(wanted.words, prefix=False)) | wanted.custom
    if named or not wanted.prefix:
        return named
    return _containing(wanted.words, prefix=True) or load_vocabulary().classes_matching(
        " ".join(wanted.words)
    )


def with_custom_tags(query: Query, tags: Mapping[int, Tag]) -> Query:
    """Return the query with the custom tags that its words match."""

    def find(atom: Atom) -> Atom:
        if not isinstance(atom, Words):
            return atom
        return replace(atom, custom=custom_tags_named(replace(atom, prefix=False), tags))

    clauses = (replace(clause, any_of=tuple(map(find, clause.any_of))) for clause in query.clauses)
    return replace(query, clauses=tuple(clauses)) if tags else query


def custom_tags_named(wanted: Words, tags: Mapping[int, Tag]) -> frozenset[int]:
    """Return the custom tags whose names contain the words in sequence.

    The words are in the singular or the plural; with `prefix`, the last one may be incomplete.
    """

    def forms(name: tuple[str, ...]) -> list[frozenset[str]]:
        same = [frozenset(filter(partial(_are_same, word), name)) for word in wanted.words]
        if wanted.prefix:
            same[-1] |= frozenset(word for word in name if word.startswith(wanted.words[-1]))
        return same

    names = {number: split_words(tag.name) for number, tag in tags.items() if tag.kind == "custom"}
    return frozenset(number for number, name in names.items() if _contains(name, forms(name)))


@lru_cache(maxsize=4096)
def complete_tags(typed: Words) -> frozenset[int]:
    """Return the tags to suggest for this input, whose last word may be incomplete."""
    whole = _containing(typed.words, prefix=False)
    return whole | broader_tags(typed) | _containing(typed.words, prefix=True)


@lru_cache(maxsize=4096)
def broader_tags(wanted: Words) -> frozenset[int]:
    """Return the tag of which the word names a kind, if any: "puppies" are a kind of dog."""
    narrower = load_vocabulary().narrower
    known = {narrower[word] for word in _singulars(wanted.words[0]) if word in narrower}
    return frozenset(tags_by_wnid()[wnid] for wnid in known if len(wanted.words) == 1)


@lru_cache(maxsize=4096)
def matching_name(number: int, wanted: Words) -> str:
    """Return the name or synonym of a tag that the words match; the tag's own name if none does."""
    names = _names()[number]
    for prefix in (False, True) if wanted.prefix else (False,):
        forms = _forms(wanted.words, prefix=prefix)
        for name, text in names:
            if _contains(name, forms):
                return text
    return names[0][1]


@cache
def known_words() -> frozenset[str]:
    """Return all words that a search can find: those of names and synonyms, and narrower words."""
    return frozenset(_tags_by_word()[0]) | load_vocabulary().narrower.keys()


def _containing(words: tuple[str, ...], *, prefix: bool) -> frozenset[int]:
    """Return the tags with a name that contains the words in sequence."""
    forms = _forms(words, prefix=prefix)
    tags = _tags_by_word()[0]
    known = [frozenset().union(*(tags[word] for word in each)) for each in forms]
    return frozenset(
        number
        for number in reduce(frozenset.intersection, known)
        if any(_contains(name, forms) for name, _ in _names()[number])
    )


def _forms(words: tuple[str, ...], *, prefix: bool) -> list[frozenset[str]]:
    """Return for each word the words of names that are the same in the singular or the plural.

    With `prefix`, these are for the last word all words that begin with it.
    """
    forms = [_same_word(word) for word in words]
    if prefix:
        ordered = _tags_by_word()[1]
        first = bisect_left(ordered, words[-1])
        after = bisect_left(ordered, f"{words[-1]}\U0010ffff")
        forms[-1] = frozenset(ordered[first:after])
    return forms


@lru_cache(maxsize=4096)
def _same_word(word: str) -> frozenset[str]:
    by_singular = _words_by_singular()
    return frozenset().union(*(by_singular.get(each, ()) for each in _singulars(word)))


def _singulars(word: str) -> frozenset[str]:
    """Return the word and what its singular may be."""
    irregular = load_vocabulary().irregular.get(word, word)
    return regular_singulars(word) | {word, irregular}


def _are_same(word: str, other: str) -> bool:
    """Return whether two words may be the same in the singular or the plural."""
    return not _singulars(word).isdisjoint(_singulars(other))


def _contains(name: tuple[str, ...], forms: list[frozenset[str]]) -> bool:
    return any(
        all(name[start + at] in each for at, each in enumerate(forms))
        for start in range(len(name) - len(forms) + 1)
    )


@cache
def _names() -> dict[int, tuple[tuple[tuple[str, ...], str], ...]]:
    """Return the names of each tag as (words, original text), the tag's own name first."""
    return {
        number: tuple((split_words(text), text) for text in (tag.label, *tag.synonyms))
        for number, tag in load_tags().items()
    }


@cache
def _tags_by_word() -> tuple[dict[str, frozenset[int]], list[str]]:
    """Return an index from each word to the tags whose names contain it, and the sorted words."""
    found: dict[str, set[int]] = defaultdict(set)
    for number, names in _names().items():
        for name, _ in names:
            for word in name:
                found[word].add(number)
    return {word: frozenset(tags) for word, tags in found.items()}, sorted(found)


@cache
def _words_by_singular() -> dict[str, frozenset[str]]:
    """Return an index from each word and possible singular to the words of names."""
    found: dict[str, set[str]] = defaultdict(set)
    for word in _tags_by_word()[0]:
        for each in _singulars(word):
            found[each].add(word)
    return {word: frozenset(words) for word, words in found.items()}
