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
    """One meaning: its WordNet id, its words, and the ids of its direct hypernyms.

    Attributes:
        senses: Sense key of each word, which `cntlist.rev` counts.
    """

    wnid: str
    words: tuple[str, ...]
    parents: tuple[str, ...]
    senses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Nouns:
    """All noun synsets by WordNet id, with the hypernym hierarchy.

    Attributes:
        synsets: Synsets by WordNet id.
        counts: Occurrences of each sense in the texts that WordNet's authors tagged.
        first_senses: WordNet id of the most common meaning of each lower-case lemma.
        irregular: Singular forms of irregular plurals.
    """

    synsets: dict[str, Synset]
    counts: dict[str, int] = field(default_factory=dict)
    first_senses: dict[str, str] = field(default_factory=dict)
    irregular: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _ancestors: dict[str, frozenset[str]] = field(default_factory=dict)

    def ancestors(self, wnid: str) -> frozenset[str]:
        """Return all direct and indirect hypernyms of a synset, without the synset itself."""
        if wnid not in self._ancestors:
            parents = self.synsets[wnid].parents
            self._ancestors[wnid] = frozenset(parents).union(*map(self.ancestors, parents))
        return self._ancestors[wnid]

    def usage(self, wnid: str) -> int:
        """Return how often a meaning occurs in the tagged texts, by any of its words."""
        return sum(self.counts.get(sense, 0) for sense in self.synsets[wnid].senses)

    def depth(self, wnid: str) -> int:
        """Return the length of the shortest path from the root to a synset."""
        return min((1 + self.depth(parent) for parent in self.synsets[wnid].parents), default=0)


def read_nouns(directory: Path) -> Nouns:
    """Read `data.noun`, `index.noun`, `noun.exc` and `cntlist.rev` in a WordNet directory."""
    synsets = map(parse_synset, _read_lines(directory / "data.noun"))
    counts = (line.split() for line in _read_lines(directory / "cntlist.rev"))
    exceptions = (line.split() for line in _read_lines(directory / "noun.exc"))
    return Nouns(
        {synset.wnid: synset for synset in synsets},
        counts={sense: int(count) for sense, _, count in counts},
        first_senses=dict(map(_parse_index_entry, _read_lines(directory / "index.noun"))),
        irregular={plural: tuple(singulars) for plural, *singulars in exceptions},
    )


def _read_lines(path: Path) -> list[str]:
    """Return the lines of a WordNet file without the licence text, which is indented."""
    lines = path.read_text(encoding="latin-1").splitlines()
    return [line for line in lines if not line.startswith(" ")]


def _parse_index_entry(line: str) -> tuple[str, str]:
    """Return a lemma and its most common meaning; pointer symbols and two counts come between."""
    lemma, _, _, pointer_count, *rest = line.split()
    return lemma, f"n{rest[int(pointer_count) + 2]}"


def parse_synset(line: str) -> Synset:
    """Parse one line: offset, file number, type, words with lexical ids, pointers, gloss."""
    offset, lex_file, _, word_count, *rest = line.partition(" | ")[0].split()
    # The number of words is hexadecimal; the number of pointers is decimal.
    end_of_words = 2 * int(word_count, base=16)
    pointers = rest[end_of_words + 1 :]
    return Synset(
        wnid=f"n{offset}",
        words=tuple(word.replace("_", " ") for word in rest[:end_of_words:2]),
        senses=tuple(
            f"{word.lower()}%1:{lex_file}:{int(lex_id, base=16):02}::"
            for word, lex_id in zip(rest[:end_of_words:2], rest[1:end_of_words:2], strict=True)
        ),
        parents=tuple(
            f"n{target}"
            for symbol, target in zip(pointers[0::4], pointers[1::4], strict=True)
            if symbol in HYPERNYMS
        ),
    )
