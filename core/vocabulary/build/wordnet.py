"""Read the nouns of WordNet from the database files of Debian's `wordnet-base` (wndb(5WN))."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Pointer symbols: hypernym and instance hypernym.
HYPERNYMS = frozenset({"@", "@i"})


@dataclass(frozen=True, slots=True)
class Synset:
    """One meaning: its WordNet id, its words, and the ids of its direct hypernyms."""

    wnid: str
    words: tuple[str, ...]
    parents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Nouns:
    """All noun synsets by WordNet id, with the hypernym hierarchy."""

    synsets: dict[str, Synset]
    _ancestors: dict[str, frozenset[str]] = field(default_factory=dict)

    def ancestors(self, wnid: str) -> frozenset[str]:
        """Return all direct and indirect hypernyms of a synset, without the synset itself."""
        if wnid not in self._ancestors:
            parents = self.synsets[wnid].parents
            self._ancestors[wnid] = frozenset(parents).union(*map(self.ancestors, parents))
        return self._ancestors[wnid]

    def depth(self, wnid: str) -> int:
        """Return the length of the shortest path from the root to a synset."""
        return min((1 + self.depth(parent) for parent in self.synsets[wnid].parents), default=0)


def read_nouns(directory: Path) -> Nouns:
    """Read the file `data.noun` in a WordNet directory."""
    lines = (directory / "data.noun").read_text(encoding="latin-1").splitlines()
    # The licence text at the beginning is indented.
    synsets = (parse_synset(line) for line in lines if not line.startswith(" "))
    return Nouns({synset.wnid: synset for synset in synsets})


def parse_synset(line: str) -> Synset:
    """Parse one line: offset, file number, type, words with lexical ids, pointers, gloss."""
    offset, _, _, word_count, *rest = line.partition(" | ")[0].split()
    # The number of words is hexadecimal; the number of pointers is decimal.
    end_of_words = 2 * int(word_count, base=16)
    pointers = rest[end_of_words + 1 :]
    return Synset(
        wnid=f"n{offset}",
        words=tuple(word.replace("_", " ") for word in rest[:end_of_words:2]),
        parents=tuple(
            f"n{target}"
            for symbol, target in zip(pointers[0::4], pointers[1::4], strict=True)
            if symbol in HYPERNYMS
        ),
    )
