"""Searches to offer besides the given one: other spellings, parts of words, file names."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from core.search.ast import Clause, Inside, Name, Query, Words
from core.search.tag_index import broader_tags, find_tags, known_words, tags_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from core.search.ast import Atom

# Comparing one word with all known words takes about 10 ms.
MAX_RESPELLED = 3
MAX_WORD = 20
# Longer words may have two wrong letters.
LONG_WORD = 5
SPELLINGS = 2


def inside_words(query: Query) -> Query | None:
    """Return the search that also finds its words inside other words; None if that adds no tag."""

    def widen(atom: Atom) -> tuple[Atom, ...]:
        if not isinstance(atom, Words) or not atom.prefix:
            return (atom,)
        inside = Inside(" ".join(atom.words))
        more = (tags_of(inside) or frozenset()) - find_tags(atom)
        return (atom, inside) if more else (atom,)

    return _changed(query, widen)


def as_file_names(query: Query) -> Query | None:
    """Return the search for files with its words in their names; None without such words."""

    def rename(atom: Atom) -> tuple[Atom, ...]:
        if not isinstance(atom, Words):
            return (atom,)
        pattern = atom.words[0] if len(atom.words) == 1 else f"*{'*'.join(atom.words)}*"
        return (Name(pattern),)

    return _changed(query, rename)


def looks_like_file_name(query: Query) -> bool:
    """Return whether a word has digits, or parts that are not words: `IMG_2041.jpg`."""
    return any(
        word.prefix and (len(word.words) > 1 or any(map(str.isdigit, word.words[0])))
        for word in _words(query)
    )


def respelled(query: Query) -> list[Query]:
    """Return the search with its unknown words replaced by known ones of similar spelling."""
    unknown = [each for each in _words(query) if not find_tags(each)][:MAX_RESPELLED]
    closest = {each: tuple(map(_closest, each.words)) for each in unknown}
    found = (_changed(query, partial(_respell, closest, at)) for at in range(SPELLINGS))
    return list(dict.fromkeys(each for each in found if each))


def _respell(
    closest: dict[Words, tuple[tuple[str, ...], ...]], at: int, atom: Atom
) -> tuple[Atom, ...]:
    """Return the atom with the spelling at a position, or the last one, for each of its words."""
    words = closest.get(atom, ()) if isinstance(atom, Words) else ()
    if not isinstance(atom, Words) or not words or not all(words):
        return (atom,)
    return (replace(atom, words=tuple(each[min(at, len(each) - 1)] for each in words)),)


def broader_words(query: Query) -> dict[str, frozenset[int]]:
    """Return the words of the search that name a kind of a tag, each with the tag."""
    return {
        word.words[0]: tags
        for word in _words(query)
        if word.prefix and (tags := broader_tags(word))
    }


def _words(query: Query) -> Iterator[Words]:
    return (atom for atom in query.wanted if isinstance(atom, Words))


def _changed(query: Query, change: Callable[[Atom], tuple[Atom, ...]]) -> Query | None:
    """Return the query with the atoms of its positive clauses replaced; None if none changes."""
    clauses = tuple(
        clause
        if clause.negated
        else Clause(tuple(dict.fromkeys(each for atom in clause.any_of for each in change(atom))))
        for clause in query.clauses
    )
    return replace(query, clauses=clauses) if clauses != query.clauses else None


@lru_cache(maxsize=256)
def _closest(word: str) -> tuple[str, ...]:
    """Return the known words with the smallest edit distance, at most 2 (1 for short words)."""
    if word in known_words():
        return (word,)
    most = 1 if len(word) < LONG_WORD else 2
    if len(word) > MAX_WORD:
        return ()
    near = (each for each in known_words() if abs(len(each) - len(word)) <= most)
    distances = sorted(
        (distance, each[0] != word[0], each)
        for each in near
        if (distance := edit_distance(word, each)) <= most
    )
    return tuple(each for _, _, each in distances[:SPELLINGS])


def edit_distance(one: str, other: str) -> int:
    """Return the number of letters to insert, delete, replace or swap with their neighbour."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        before, last, row = row, before, [i]
        for j, each in enumerate(other, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != each))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == each:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]
