"""Reading a query.

    query  = { clause }                           all must hold
    clause = [ "-" ] atom { "|" atom }            one must hold; with "-", none may
    atom   = word | '"' phrase '"' | field ":" value

Fields are in `fields`. Every error says where it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from core.errors import QuerySyntaxError
from core.search.ast import Clause, Query, Scores, Words, to_real
from core.search.fields import ATOM_FIELDS, read_scores, read_top
from core.vocabulary.tags import split_words

if TYPE_CHECKING:
    from core.search.ast import Atom

_SPACE = re.compile(r"\s*")
_FIELD = re.compile(r'([A-Za-z]+):(?:"([^"]*)"|([^\s|"]*))')
_PHRASE = re.compile(r'"([^"]*)"')
_WORD = re.compile(r'[^\s|"]+')


def parse_query(text: str) -> Query:
    """Understand what a person typed.

    Raises:
        QuerySyntaxError: it cannot be understood; the error names the place.
    """
    return _Reader(text).read()


class _Reader:
    """A place in a text, and what has been read before it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0
        self._clauses: list[Clause] = []
        self._scores = Scores()
        self._top: int | None = None

    def read(self) -> Query:
        self._skip_space()
        while self._place < len(self._text):
            if not self._read_limit():
                self._clauses.append(self._read_clause())
            self._skip_space()
        return Query(tuple(self._clauses), self._scores, self._top)

    def _read_limit(self) -> bool:
        """Read `score:` or `top:`, which hold for the whole query."""
        found = _FIELD.match(self._text, self._place)
        if not found or found[1].lower() not in {"score", "top"}:
            return False
        value = found[2] or found[3] or ""
        with self._at(found.start(), found.end()):
            if found[1].lower() == "score":
                self._scores &= read_scores(value)
            else:
                self._top = min(self._top or 5, read_top(value))
        self._place = found.end()
        self._skip_space()
        if self._next_is("|"):
            raise QuerySyntaxError(
                f"`{found[0]}` holds for the whole search and cannot be one of several.",
                self._place,
            )
        return True

    def _read_clause(self) -> Clause:
        negated = self._next_is("-")
        self._place += negated
        atoms = [self._read_atom(after="-" if negated else "")]
        self._skip_space()
        while self._next_is("|"):
            self._place += 1
            self._skip_space()
            atoms.append(self._read_atom(after="|"))
            self._skip_space()
        return Clause(tuple(atoms), negated)

    def _read_atom(self, *, after: str) -> Atom:
        start = self._place
        if after and self._next_is("-"):
            raise QuerySyntaxError(
                "`-` can only stand before a whole clause: write `-a|b` for neither, `b -a` for "
                "one without the other.",
                start,
                start + 1,
            )
        for pattern, make in ((_FIELD, _field), (_PHRASE, _phrase), (_WORD, _word)):
            found = pattern.match(self._text, start)
            if found:
                self._place = found.end()
                with self._at(start, found.end()):
                    return make(found)
        raise QuerySyntaxError(self._expected(after), start)

    def _expected(self, after: str) -> str:
        if self._next_is('"'):
            return "A quotation mark opens here and is never closed."
        return f"A word must follow `{after}`." if after else "A word must come before `|`."

    def _next_is(self, char: str) -> bool:
        return self._text.startswith(char, self._place)

    def _skip_space(self) -> None:
        found = _SPACE.match(self._text, self._place)
        self._place = found.end() if found else self._place

    def _at(self, start: int, end: int) -> _Placing:
        return _Placing(start, end)


class _Placing:
    """Gives errors in a value the place of the value."""

    def __init__(self, start: int, end: int) -> None:
        self._start, self._end = start, end

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, ValueError):
            raise QuerySyntaxError(str(error), self._start, self._end) from None


def _field(found: re.Match[str]) -> Atom:
    name = found[1].lower()
    value = found[2] or found[3] or ""
    if name in {"score", "top"}:
        raise ValueError(
            f"`{name}:` holds for the whole search: it cannot be negated or one of several."
        )
    if name not in ATOM_FIELDS:
        known = ", ".join(f"`{each}:`" for each in sorted([*ATOM_FIELDS, "score", "top"]))
        raise ValueError(f"There is no field `{name}:`; there are {known}.")
    return ATOM_FIELDS[name](value)


def _phrase(found: re.Match[str]) -> Words:
    return Words(_words(found[1]), prefix=False)


def _word(found: re.Match[str]) -> Words:
    return Words(_words(found[0]), prefix=True)


def _words(text: str) -> tuple[str, ...]:
    words = split_words(text)
    if not words:
        raise ValueError("There is no letter or digit to look for.")
    return words


def parse_search(text: str, min_score: float = 0.0) -> Query:
    """Understand a search; tags below `min_score` do not count, as if it said `score:>=`.

    Raises:
        QuerySyntaxError: it cannot be understood.
    """
    query = parse_query(text)
    least = Scores(low=to_real(min_score)) if min_score > 0 else Scores()
    return Query(query.clauses, query.scores & least, query.top)
