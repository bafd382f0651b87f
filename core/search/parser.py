"""Parser of the search language.

    query  = clause { [ "AND" ] clause }          all clauses must match
    clause = [ "-" ] atom { or atom }             one atom must match; with "-", none may match
    or     = "|" | "OR"
    atom   = word | '"' phrase '"' | "*" part "*" | field ":" value

`core.search.fields` defines the fields. Every syntax error carries its position.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.errors import QuerySyntaxError
from core.search.ast import Clause, Inside, Query, Scores, Words, to_real
from core.search.fields import ATOM_FIELDS, read_scores, read_top
from core.vocabulary.words import split_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.search.ast import Atom

_SPACE = re.compile(r"\s*")
_FIELD = re.compile(r'([A-Za-z]+):(?:"([^"]*)"|([^\s|"]*))')
_PHRASE = re.compile(r'"([^"]*)"')
_INSIDE = re.compile(r'\*([^\s|"*]+)\*(?=[\s|]|$)')
_WORD = re.compile(r'[^\s|"]+')
_AND = re.compile(r"AND(?=\s|$)")
_OR = re.compile(r"\||OR(?=\s|$)")
_OPERATOR = re.compile(rf"{_AND.pattern}|{_OR.pattern}")
# Fields that restrict the whole query instead of one clause.
_GLOBAL_FIELDS = frozenset({"score", "top"})


def parse_search(text: str, min_score: float = 0.0) -> Query:
    """Parse a search and apply a minimum score, as if the text contained `score:>=min_score`.

    Raises:
        QuerySyntaxError: The text is not a valid query.
    """
    query = parse_query(text)
    least = Scores(low=to_real(min_score)) if min_score > 0 else Scores()
    return Query(query.clauses, query.scores & least, query.top)


def parse_query(text: str) -> Query:
    """Parse a search.

    Raises:
        QuerySyntaxError: The text is not a valid query; the error carries the position.
    """
    return _Parser(text).parse()


class _Parser:
    """Recursive descent parser over one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._clauses: list[Clause] = []
        self._scores = Scores()
        self._top: int | None = None

    def parse(self) -> Query:
        self._skip_space()
        while self._position < len(self._text):
            if not self._parse_global_field():
                self._clauses.append(self._parse_clause())
            self._skip_space()
            if operator := self._take(_AND):
                self._expect_clause(after=operator)
        return Query(tuple(self._clauses), self._scores, self._top)

    def _parse_global_field(self) -> bool:
        """Parse `score:` or `top:`; return False if the next token is neither."""
        found = _FIELD.match(self._text, self._position)
        if not found or found[1].lower() not in _GLOBAL_FIELDS:
            return False
        value = found[2] or found[3] or ""
        with _error_position(found.start(), found.end()):
            if found[1].lower() == "score":
                self._scores &= read_scores(value)
            else:
                self._top = min(self._top or 5, read_top(value))
        self._position = found.end()
        self._skip_space()
        if operator := _OR.match(self._text, self._position):
            raise QuerySyntaxError(
                f"`{found[0]}` applies to the whole search and cannot be an alternative; remove "
                f"the `{operator[0]}`.",
                self._position,
                operator.end(),
            )
        return True

    def _parse_clause(self) -> Clause:
        negated = self._next_is("-")
        self._position += negated
        atoms = [self._parse_atom(after="-" if negated else "")]
        self._skip_space()
        while operator := self._take(_OR):
            atoms.append(self._parse_atom(after=operator))
            self._skip_space()
        return Clause(tuple(atoms), negated)

    def _parse_atom(self, *, after: str) -> Atom:
        start = self._position
        if after and self._next_is("-"):
            raise QuerySyntaxError(
                "`-` is only valid before a whole clause: write `-a|b` to exclude both, `b -a` to "
                "find one without the other.",
                start,
                start + 1,
            )
        if _OPERATOR.match(self._text, start):
            raise QuerySyntaxError(self._describe_missing_atom(after), start)
        for pattern, make in _ATOMS:
            found = pattern.match(self._text, start)
            if found:
                self._position = found.end()
                with _error_position(start, found.end()):
                    return make(found)
        raise QuerySyntaxError(self._describe_missing_atom(after), start)

    def _describe_missing_atom(self, after: str) -> str:
        if self._next_is('"'):
            return "Missing closing quotation mark."
        if after:
            return f"Expected a word after `{after}`."
        operator = _OPERATOR.match(self._text, self._position)
        return f"Expected a word before `{operator[0] if operator else '|'}`."

    def _take(self, operator: re.Pattern[str]) -> str:
        """Skip an operator and the space after it; return it, or an empty text."""
        found = operator.match(self._text, self._position)
        if not found:
            return ""
        self._position = found.end()
        self._skip_space()
        return found[0]

    def _expect_clause(self, *, after: str) -> None:
        if self._position == len(self._text):
            raise QuerySyntaxError(self._describe_missing_atom(after), self._position)

    def _next_is(self, char: str) -> bool:
        return self._text.startswith(char, self._position)

    def _skip_space(self) -> None:
        found = _SPACE.match(self._text, self._position)
        self._position = found.end() if found else self._position


@contextmanager
def _error_position(start: int, end: int) -> Iterator[None]:
    """Convert a ValueError in the body to a QuerySyntaxError at this position."""
    try:
        yield
    except ValueError as error:
        raise QuerySyntaxError(str(error), start, end) from None


def _field(found: re.Match[str]) -> Atom:
    name = found[1].lower()
    value = found[2] or found[3] or ""
    if name in _GLOBAL_FIELDS:
        raise ValueError(
            f"`{name}:` applies to the whole search: it cannot be negated or an alternative."
        )
    if name not in ATOM_FIELDS:
        known = ", ".join(f"`{each}:`" for each in sorted([*ATOM_FIELDS, *_GLOBAL_FIELDS]))
        raise ValueError(f"Unknown field `{name}:`; use one of {known}.")
    return ATOM_FIELDS[name](value)


def _phrase(found: re.Match[str]) -> Words:
    return Words(_words(found[1]), prefix=False)


def _word(found: re.Match[str]) -> Words:
    return Words(_words(found[0]), prefix=True)


def _inside(found: re.Match[str]) -> Atom:
    return Inside(" ".join(_words(found[1])))


def _words(text: str) -> tuple[str, ...]:
    words = split_words(text)
    if not words:
        raise ValueError("Expected a letter or a digit.")
    return words


_ATOMS = ((_FIELD, _field), (_PHRASE, _phrase), (_INSIDE, _inside), (_WORD, _word))
