"""A query, understood: clauses of which every one must hold, and the range of scores that count."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.types import ImageStatus


@dataclass(frozen=True, slots=True)
class Words:
    """Tags whose name has these words in a row; of a prefix, the last may go on."""

    words: tuple[str, ...]
    prefix: bool

    def __str__(self) -> str:
        # Words of which the last may go on are typed with the underscores of class names.
        return "_".join(self.words) if self.prefix else f'"{" ".join(self.words)}"'


@dataclass(frozen=True, slots=True)
class Status:
    """Pictures in a state."""

    status: ImageStatus

    def __str__(self) -> str:
        return f"status:{self.status}"


@dataclass(frozen=True, slots=True)
class Untagged:
    """Pictures of which no class counts, or that do have one."""

    untagged: bool

    def __str__(self) -> str:
        return f"untagged:{'yes' if self.untagged else 'no'}"


@dataclass(frozen=True, slots=True)
class Name:
    """Pictures whose file name is like a pattern, in any case; `*` is any text, also none."""

    pattern: str

    def __str__(self) -> str:
        return f'name:"{self.pattern}"'


@dataclass(frozen=True, slots=True)
class Uploaded:
    """Pictures taken in from a moment on, or before it."""

    side: Literal["after", "before"]
    time: datetime

    def __str__(self) -> str:
        return f"{self.side}:{self.time.isoformat()}"


Atom = Words | Status | Untagged | Name | Uploaded


@dataclass(frozen=True, slots=True)
class Clause:
    """One of these must hold; negated, none may."""

    any_of: tuple[Atom, ...]
    negated: bool = False

    def __str__(self) -> str:
        return "-" * self.negated + "|".join(map(str, self.any_of))


def to_real(score: float) -> float:
    """The number that Postgres's `real` makes of a score."""
    return float(struct.unpack("f", struct.pack("f", score))[0])


@dataclass(frozen=True, slots=True)
class Scores:
    """A range of scores as stored; tags outside it do not count. Both ends belong to it."""

    low: float = 0.0
    high: float = 1.0

    @property
    def all(self) -> bool:
        return self.low <= 0 and self.high >= 1

    def __contains__(self, score: float) -> bool:
        return self.all or self.low <= to_real(score) <= self.high

    def __and__(self, other: Scores) -> Scores:
        return Scores(max(self.low, other.low), min(self.high, other.high))


@dataclass(frozen=True, slots=True)
class Query:
    """Everything that a search asks for. `top`: only so many of the best classes count."""

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
    def wanted(self) -> tuple[Words, ...]:
        """The words that pictures are to show."""
        return tuple(
            atom
            for clause in self.clauses
            if not clause.negated
            for atom in clause.any_of
            if isinstance(atom, Words)
        )

    @property
    def needs_confidence(self) -> bool:
        """Whether the scores are meant for the best class, there being nothing else to score."""
        return not self.scores.all and not any(
            _has_own_scores(atom, negated=clause.negated)
            for clause in self.clauses
            for atom in clause.any_of
        )


def _has_own_scores(atom: Atom, *, negated: bool) -> bool:
    """Whether a search for this has scores of its own to look at, or looks for what has none."""
    match atom:
        case Untagged():
            return True
        case Words():
            return not negated
        case Status(status):
            return not negated and status != "done"
        case _:
            return False


EVERYTHING = Query()
