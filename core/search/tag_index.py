"""Find tags by the words of their names."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import replace
from functools import cache, lru_cache, reduce
from typing import TYPE_CHECKING

from core.search.ast import Words
from core.vocabulary import load_vocabulary
from core.vocabulary.tags import FIRST_CATEGORY, load_tags, split_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.search.ast import Atom, Query
    from core.vocabulary.tags import Tag


@lru_cache(maxsize=4096)
def find_tags(wanted: Words) -> frozenset[int]:
    """Return the tags that a search for these words matches.

    A tag matches when its name or a synonym contains the words in sequence. Two rules refine
    prefix matches:

    - A complete word does not match categories by prefix: "car" does not match "carnivore".
    - A single word from a class name also matches classes whose name contains it as a substring
      ("dog" matches "hotdog" and "bulldog"), for compatibility with the first version.
    """
    found = complete_tags(wanted)
    if wanted.prefix and wanted.words[-1] in _tags_by_word()[0]:
        whole = complete_tags(Words(wanted.words, prefix=False))
        found = frozenset(tag for tag in found if tag < FIRST_CATEGORY or tag in whole)
    if wanted.prefix and len(wanted.words) == 1 and wanted.words[0] in _class_words():
        found |= load_vocabulary().classes_matching(wanted.words[0])
    return found | wanted.custom


def with_custom_tags(query: Query, tags: Mapping[int, Tag]) -> Query:
    """Return the query with the custom tags that its words match."""

    def find(atom: Atom) -> Atom:
        if not isinstance(atom, Words):
            return atom
        return replace(atom, custom=custom_tags_named(atom, tags))

    clauses = (replace(clause, any_of=tuple(map(find, clause.any_of))) for clause in query.clauses)
    return replace(query, clauses=tuple(clauses)) if tags else query


def custom_tags_named(wanted: Words, tags: Mapping[int, Tag]) -> frozenset[int]:
    """Return the custom tags whose names contain the words in sequence."""
    return frozenset(
        number
        for number, tag in tags.items()
        if tag.kind == "custom" and _contains(split_words(tag.name), wanted)
    )


@lru_cache(maxsize=4096)
def complete_tags(typed: Words) -> frozenset[int]:
    """Return the tags to suggest for this input: name or synonym contains the words in sequence."""
    return frozenset(
        number
        for number in _candidates(typed)
        if any(_contains(name, typed) for name, _ in _names()[number])
    )


@lru_cache(maxsize=4096)
def matching_name(number: int, wanted: Words) -> str:
    """Return the name or synonym of a tag that the words match; the tag's own name if none does."""
    names = _names()[number]
    return next((text for name, text in names if _contains(name, wanted)), names[0][1])


def _candidates(wanted: Words) -> frozenset[int]:
    """Return the tags whose names contain all of the words, in any position."""
    tags, ordered = _tags_by_word()
    *whole, last = wanted.words
    known = [tags.get(word, frozenset()) for word in whole]
    if wanted.prefix:
        first = bisect_left(ordered, last)
        after = bisect_left(ordered, f"{last}\U0010ffff")
        known.append(frozenset().union(*(tags[word] for word in ordered[first:after])))
    else:
        known.append(tags.get(last, frozenset()))
    return reduce(frozenset.intersection, known)


def _contains(name: tuple[str, ...], wanted: Words) -> bool:
    words = wanted.words
    *whole, last = words
    for start in range(len(name) - len(words) + 1):
        end = start + len(whole)
        if list(name[start:end]) == whole and (
            name[end].startswith(last) if wanted.prefix else name[end] == last
        ):
            return True
    return False


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
def _class_words() -> frozenset[str]:
    return frozenset(word for each in load_vocabulary().classes for word in split_words(each.label))
