"""Syntax tree of a search: clauses that must all match, and the range of scores to consider.

`str()` of each node returns text that parses to an equal node.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.types import ImageStatus
from core.vocabulary.tags import load_tags


@dataclass(frozen=True, slots=True)
class Words:
    """Images with a tag whose name contains these words in sequence.

    Attributes:
        words: Lower-case words, at least one.
        prefix: Whether words that no name contains may be the beginning of a longer one, or a kind
            of a tag.
        custom: Numbers of the custom tags that the words match. The parser does not know them.
    """

    words: tuple[str, ...]
    prefix: bool
    custom: frozenset[int] = frozenset()

    def __str__(self) -> str:
        # A sequence with a prefix has no quotes; underscores join its words, as in class names.
        return "_".join(self.words) if self.prefix else f'"{" ".join(self.words)}"'


@dataclass(frozen=True, slots=True)
class Inside:
    """Images with a class whose name contains a text, also inside its words."""

    text: str

    def __str__(self) -> str:
        return f"*{self.text.replace(' ', '_')}*"


@dataclass(frozen=True, slots=True)
class Tagged:
    """Images with one tag, given by its number; the search language names its WordNet id."""

    number: int

    def __str__(self) -> str:
        return f"tag:{load_tags()[self.number].wnid}"


@dataclass(frozen=True, slots=True)
class Status:
    """Images with a given status."""

    status: ImageStatus

    def __str__(self) -> str:
        return f"status:{self.status}"


@dataclass(frozen=True, slots=True)
class Reason:
    """Failed images with a given failure code, such as `decode_failed`."""

    code: str

    def __str__(self) -> str:
        return f"reason:{self.code}"


@dataclass(frozen=True, slots=True)
class Untagged:
    """Images without any class in the score range, or (False) with at least one."""

    untagged: bool

    def __str__(self) -> str:
        return f"untagged:{'yes' if self.untagged else 'no'}"


@dataclass(frozen=True, slots=True)
class Name:
    """Images whose file name contains a pattern, ignoring case; `*` matches any text, also none."""

    pattern: str

    def __str__(self) -> str:
        return f'name:"{self.pattern}"'


@dataclass(frozen=True, slots=True)
class Uploaded:
    """Images uploaded at or after a time, or before it."""

    side: Literal["after", "before"]
    time: datetime

    def __str__(self) -> str:
        return f"{self.side}:{self.time.isoformat()}"


VerdictSought = Literal["confirmed", "rejected", "any", "none"]


@dataclass(frozen=True, slots=True)
class Decided:
    """Images with a verdict on any tag, or with none."""

    verdict: VerdictSought

    def __str__(self) -> str:
        return f"verdict:{self.verdict}"


TagAtom = Words | Inside | Tagged
OtherAtom = Status | Reason | Untagged | Name | Uploaded | Decided
Atom = TagAtom | OtherAtom


@dataclass(frozen=True, slots=True)
class Clause:
    """Alternatives: at least one atom must match; if negated, none may match."""

    any_of: tuple[Atom, ...]
    negated: bool = False

    def __str__(self) -> str:
        return "-" * self.negated + "|".join(map(str, self.any_of))


def to_real(score: float) -> float:
    """Round a score to single precision, as the Postgres type `real` stores it."""
    return float(struct.unpack("f", struct.pack("f", score))[0])


@dataclass(frozen=True, slots=True)
class Scores:
    """Closed range of stored scores; tags with a score outside the range are ignored."""

    low: float = 0.0
    high: float = 1.0

    @property
    def all(self) -> bool:
        """Whether the range contains every possible score."""
        return self.low <= 0 and self.high >= 1

    def __contains__(self, score: float) -> bool:
        return self.all or self.low <= to_real(score) <= self.high

    def __and__(self, other: Scores) -> Scores:
        return Scores(max(self.low, other.low), min(self.high, other.high))


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed search.

    Attributes:
        clauses: Conditions that must all match.
        scores: Scores of the tags to consider.
        top: Consider only this many of the best classes of an image (1 to 5); None for all.
    """

    clauses: tuple[Clause, ...] = ()
    scores: Scores = Scores()
    top: int | None = None

    def __str__(self) -> str:
        parts = [str(clause) for clause in self.clauses]
        if self.scores.low > 0:
            parts.append(f"score:>={self.scores.low!r}")
        if self.scores.high < 1:
            parts.append(f"score:<={self.scores.high!r}")
        if self.top is not None:
            parts.append(f"top:{self.top}")
        return " ".join(parts)

    @property
    def wanted(self) -> tuple[TagAtom, ...]:
        """The atoms that require tags, of all clauses that are not negated."""
        return tuple(
            atom
            for clause in self.clauses
            if not clause.negated
            for atom in clause.any_of
            if isinstance(atom, TagAtom)
        )

    @property
    def has_words(self) -> bool:
        """Whether any clause contains words."""
        return any(isinstance(atom, Words) for clause in self.clauses for atom in clause.any_of)

    @property
    def needs_confidence(self) -> bool:
        """Whether the score range applies to the best class, because no atom has scores itself."""
        return not self.scores.all and not any(
            _has_own_scores(atom, negated=clause.negated)
            for clause in self.clauses
            for atom in clause.any_of
        )


def _has_own_scores(atom: Atom, *, negated: bool) -> bool:
    """Return whether the atom compares scores itself, or selects images without scores."""
    match atom:
        case Untagged():
            return True
        case Words() | Inside() | Tagged():
            return not negated
        case Status(status):
            return not negated and status != "done"
        case Reason():
            return not negated
        case _:
            return False


EVERYTHING = Query()
"""Query that matches every image."""
