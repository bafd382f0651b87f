"""What WordNet knows of the classes, reduced to the categories that tell a reader something."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeAlias

from core.vocabulary.build.exclusions import ASKED_FOR, JOINED, LEAST_DEPTH, TOO_GENERAL
from core.vocabulary.models import Category

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from core.vocabulary.build.wordnet import Nouns

Extents: TypeAlias = dict[str, frozenset[int]]


def find_categories(nouns: Nouns, classes: Mapping[int, tuple[str, str]]) -> list[Category]:
    """Return the informative ancestors of the classes (index to wnid and label), by id.

    Ids number all ancestors, also those left out, so that changing a rule renumbers nothing.
    """
    ancestors = find_extents(nouns, classes)
    ids = {wnid: number for number, wnid in enumerate(sorted(ancestors), start=1)}
    extents = {
        wnid: extent for wnid, extent in joined(ancestors).items() if not is_general(nouns, wnid)
    }
    words = {wnid: words_of(nouns, group) for wnid, group in same_extents(nouns, extents).items()}
    labels = {index: label for index, (_, label) in classes.items()}
    kept = {wnid: extents[wnid] for wnid in words if is_news(words[wnid][0], extents[wnid], labels)}
    names = unique_names(nouns, kept, words)
    return [
        Category(
            id=ids[wnid],
            wnid=wnid,
            name=names[wnid],
            synonyms=without(names[wnid], words[wnid]),
            classes=tuple(sorted(kept[wnid])),
        )
        for wnid in sorted(kept)
    ]


def find_extents(nouns: Nouns, classes: Mapping[int, tuple[str, str]]) -> Extents:
    """Return every ancestor with the classes under it."""
    found: dict[str, set[int]] = defaultdict(set)
    for index, (wnid, _) in classes.items():
        for ancestor in nouns.ancestors(wnid):
            found[ancestor].add(index)
    return {wnid: frozenset(extent) for wnid, extent in found.items()}


def joined(extents: Extents) -> Extents:
    """Give the classes of categories that mean one thing to people to one of them."""
    result = dict(extents)
    for source, target in JOINED.items():
        result[wnid_of(target)] |= result.pop(wnid_of(source))
    return result


def is_general(nouns: Nouns, wnid: str) -> bool:
    """Tell whether the category says too little; `general` states the rule."""
    written = {wnid_of(entry) for entries in TOO_GENERAL.values() for entry in entries}
    asked_for = {wnid_of(entry) for entry in ASKED_FOR}
    return wnid in written or (nouns.depth(wnid) < LEAST_DEPTH and wnid not in asked_for)


def same_extents(nouns: Nouns, extents: Extents) -> dict[str, list[str]]:
    """Group categories that cover the same classes, lowest first, under the lowest."""
    groups: dict[frozenset[int], list[str]] = defaultdict(list)
    for wnid in sorted(extents, key=lambda wnid: (-len(nouns.ancestors(wnid)), wnid)):
        groups[extents[wnid]].append(wnid)
    return {group[0]: group for group in groups.values()}


def is_news(name: str, extent: frozenset[int], labels: Mapping[int, str]) -> bool:
    """Tell whether the category says more than its class, as "owl" of "great grey owl" does not."""
    return len(extent) > 1 or not any(
        f" {name} ".lower() in f" {labels[index]} ".lower() for index in extent
    )


def unique_names(nouns: Nouns, extents: Extents, words: Mapping[str, list[str]]) -> dict[str, str]:
    """Name each category by its first word; of namesakes only the largest keeps it.

    The others take their first word that no category has, or say what they are a kind of.
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
    """Return the words of all of them, the first one's first, each once."""
    joins = {wnid_of(target): wnid_of(source) for source, target in JOINED.items()}
    wnids = [wnid for member in group for wnid in (member, joins.get(member)) if wnid]
    return list(dict.fromkeys(word for wnid in wnids for word in nouns.synsets[wnid].words))


def without(name: str, words: Iterable[str]) -> tuple[str, ...]:
    """Return the words that are not the name, whatever their case."""
    return tuple(word for word in words if word.lower() != name.lower())


def wnid_of(entry: str) -> str:
    """Return the id of an entry of `general`, written "id name"."""
    return entry.split(maxsplit=1)[0]
