"""Select the WordNet ancestors of the classes that become categories."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeAlias

from core.vocabulary.build.exclusions import ALWAYS_INCLUDED, MERGED, MIN_DEPTH, TOO_GENERAL
from core.vocabulary.build.technical import TECHNICAL
from core.vocabulary.models import Category

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from core.vocabulary.build.wordnet import Nouns

# Class indexes under each WordNet id.
Extents: TypeAlias = dict[str, frozenset[int]]


def find_categories(nouns: Nouns, classes: Mapping[int, tuple[str, str]]) -> list[Category]:
    """Return the categories of the classes (index to wnid and label), ordered by id.

    Ids number all ancestors including excluded ones, so that they remain stable when the exclusion
    rules change.
    """
    ancestors = find_extents(nouns, classes)
    ids = {wnid: number for number, wnid in enumerate(sorted(ancestors), start=1)}
    extents = {
        wnid: extent
        for wnid, extent in merge_extents(ancestors).items()
        if not is_general(nouns, wnid)
    }
    words = {wnid: words_of(nouns, group) for wnid, group in same_extents(nouns, extents).items()}
    labels = {index: label for index, (_, label) in classes.items()}
    kept = {
        wnid: extents[wnid]
        for wnid in words
        if adds_information(words[wnid][0], extents[wnid], labels)
    }
    names = unique_names(nouns, kept, words)
    technical = {wnid_of(entry) for entries in TECHNICAL.values() for entry in entries}
    return [
        Category(
            id=ids[wnid],
            wnid=wnid,
            name=names[wnid],
            synonyms=without(names[wnid], words[wnid]),
            classes=tuple(sorted(kept[wnid])),
            usage=nouns.usage(wnid),
            technical=wnid in technical,
        )
        for wnid in sorted(kept)
    ]


def find_extents(nouns: Nouns, classes: Mapping[int, tuple[str, str]]) -> Extents:
    """Return all ancestors of the classes, each with the classes under it."""
    found: dict[str, set[int]] = defaultdict(set)
    for index, (wnid, _) in classes.items():
        for ancestor in nouns.ancestors(wnid):
            found[ancestor].add(index)
    return {wnid: frozenset(extent) for wnid, extent in found.items()}


def merge_extents(extents: Extents) -> Extents:
    """Move the classes of each source in `MERGED` to its target."""
    result = dict(extents)
    for source, target in MERGED.items():
        result[wnid_of(target)] |= result.pop(wnid_of(source))
    return result


def is_general(nouns: Nouns, wnid: str) -> bool:
    """Return whether `exclusions` excludes the category."""
    excluded = {wnid_of(entry) for entries in TOO_GENERAL.values() for entry in entries}
    included = {wnid_of(entry) for entry in ALWAYS_INCLUDED}
    return wnid in excluded or (nouns.depth(wnid) < MIN_DEPTH and wnid not in included)


def same_extents(nouns: Nouns, extents: Extents) -> dict[str, list[str]]:
    """Group categories that cover the same classes; key and first member are the most specific."""
    groups: dict[frozenset[int], list[str]] = defaultdict(list)
    for wnid in sorted(extents, key=lambda wnid: (-len(nouns.ancestors(wnid)), wnid)):
        groups[extents[wnid]].append(wnid)
    return {group[0]: group for group in groups.values()}


def adds_information(name: str, extent: frozenset[int], labels: Mapping[int, str]) -> bool:
    """Return whether a category has several classes, or a name that its only class lacks.

    "owl" adds nothing to its only class "great grey owl".
    """
    return len(extent) > 1 or not any(
        f" {name} ".lower() in f" {labels[index]} ".lower() for index in extent
    )


def unique_names(nouns: Nouns, extents: Extents, words: Mapping[str, list[str]]) -> dict[str, str]:
    """Assign a unique name to each category.

    The first word is the name. If several categories share it, the one with the most classes keeps
    it. The others use their next unused word, or the first word with the parent in parentheses.
    """
    names: dict[str, str] = {}
    firsts = {words[wnid][0] for wnid in extents}
    for wnid in sorted(extents, key=lambda wnid: (-len(extents[wnid]), wnid)):
        first, *others = words[wnid]
        parent = nouns.synsets[nouns.synsets[wnid].parents[0]].words[0]
        free = [word for word in others if word not in firsts]
        candidates = [first, *free, f"{first} ({parent})"]
        names[wnid] = next(name for name in candidates if name not in names.values())
    return names


def words_of(nouns: Nouns, group: Iterable[str]) -> list[str]:
    """Return the distinct words of a group, in the order of its members."""
    joins = {wnid_of(target): wnid_of(source) for source, target in MERGED.items()}
    wnids = [wnid for member in group for wnid in (member, joins.get(member)) if wnid]
    return list(dict.fromkeys(word for wnid in wnids for word in nouns.synsets[wnid].words))


def without(name: str, words: Iterable[str]) -> tuple[str, ...]:
    """Return the words that differ from the name, ignoring case."""
    return tuple(word for word in words if word.lower() != name.lower())


def wnid_of(entry: str) -> str:
    """Return the WordNet id of an entry in `exclusions` ("wnid name")."""
    return entry.split(maxsplit=1)[0]
