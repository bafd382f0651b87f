"""WordNet's nouns, read from the database files of Debian's `wordnet-base` (format: wndb(5WN))."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# "is a kind of" and "is an instance of".
HYPERNYMS = frozenset({"@", "@i"})


@dataclass(frozen=True, slots=True)
class Synset:
    """One meaning: the words for it, and what it is a kind of."""

    wnid: str
    words: tuple[str, ...]
    parents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Nouns:
    """Every noun meaning of WordNet by its id, and the tree they make."""

    synsets: dict[str, Synset]
    _ancestors: dict[str, frozenset[str]] = field(default_factory=dict)

    def ancestors(self, wnid: str) -> frozenset[str]:
        """Return everything the noun is a kind of, along all paths, without itself."""
        if wnid not in self._ancestors:
            parents = self.synsets[wnid].parents
            self._ancestors[wnid] = frozenset(parents).union(*map(self.ancestors, parents))
        return self._ancestors[wnid]

    def depth(self, wnid: str) -> int:
        """Return the number of steps from the top of the tree, along the shortest path."""
        return min((1 + self.depth(parent) for parent in self.synsets[wnid].parents), default=0)


def read_nouns(directory: Path) -> Nouns:
    """Read `data.noun` from a WordNet directory."""
    lines = (directory / "data.noun").read_text(encoding="latin-1").splitlines()
    # The licence comes first, each of its lines indented.
    synsets = (parse_synset(line) for line in lines if not line.startswith(" "))
    return Nouns({synset.wnid: synset for synset in synsets})


def parse_synset(line: str) -> Synset:
    """Read one line: offset, file, type, words with their lex ids, pointers, gloss."""
    offset, _, _, word_count, *rest = line.partition(" | ")[0].split()
    # The counts are written in two bases: words in hexadecimal, pointers in decimal.
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
