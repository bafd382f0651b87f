"""Compile a search into an SQL condition. All client input becomes statement parameters."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import LiteralString, assert_never
from uuid import UUID

from psycopg import sql
from psycopg.sql import SQL, Composable

from core.search.ast import (
    EVERYTHING,
    Clause,
    Decided,
    Name,
    OtherAtom,
    Query,
    Reason,
    Scores,
    Status,
    TagAtom,
    Untagged,
    Uploaded,
    VerdictSought,
)
from core.search.fields import previous_score
from core.search.tag_index import tags_of
from core.types import ImageStatus
from core.vocabulary.tags import classes_under


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Selection of images: those that match all of its fields.

    Attributes:
        query: The parsed search.
        status: Only images in this state; None for any.
        trash: Images in the trash instead of those outside it.
        ids: Only these images; None for all.
    """

    query: Query = EVERYTHING
    status: ImageStatus | None = None
    trash: bool = False
    ids: Sequence[UUID] | None = None

    @property
    def is_plain(self) -> bool:
        """Whether the filter depends only on state and trash, so that the tallies can count it."""
        return not self.query.clauses and self.query.scores.all and self.ids is None

    @property
    def is_everything(self) -> bool:
        """Whether the filter matches all images in the trash, or all outside it."""
        return self.is_plain and self.status is None


@dataclass(slots=True)
class Parameters:
    """Parameter values of a statement, named in the order in which they are added."""

    values: dict[str, object] = field(default_factory=dict)

    def add(self, value: object, type_name: LiteralString) -> Composable:
        """Add a value and return its placeholder with a cast to an SQL type."""
        name = f"p{len(self.values)}"
        self.values[name] = value
        return sql.Placeholder(name) + SQL("::") + SQL(type_name)


def condition(which: Filter, given: Parameters) -> Composable:
    """Return the SQL condition under which a row `i` of `images` matches the filter."""
    parts: list[Composable] = [SQL("i.deleted_at IS NOT NULL" if which.trash else _LIVE)]
    if which.status is not None:
        parts.append(SQL("i.status = ") + given.add(which.status, "text"))
    if which.ids is not None:
        parts.append(SQL("i.id = ANY(") + given.add(list(which.ids), "uuid[]") + SQL(")"))
    compiler = _ClauseCompiler(which.query, given)
    parts += map(compiler.clause, which.query.clauses)
    if which.query.needs_confidence and which.status in {None, "done"}:
        parts.append(compiler.is_confident())
    return SQL("(") + SQL(" AND ").join(parts) + SQL(")")


_LIVE: LiteralString = "i.deleted_at IS NULL"

# One image in 128 by its hash. The two conditions are equivalent; they are the predicates of the
# indexes images_sample_tags and images_sample (migration 0002).
_BY_TAGS: LiteralString = "get_byte(i.sha256, 0) < 2"
_BY_TIME: LiteralString = "get_byte(i.sha256, 0) IN (0, 1)"
SAMPLED = 128


def in_sample(which: Filter) -> LiteralString:
    """Return the condition under which a row `i` is in the sample.

    Uses the predicate of the index on tags if a clause of the search consists of tags only.
    """
    by_tags = any(
        not clause.negated and all(isinstance(atom, TagAtom) for atom in clause.any_of)
        for clause in which.query.clauses
    )
    return _BY_TAGS if by_tags else _BY_TIME


def tags_in(scores: Scores, given: Parameters) -> Composable:
    """Return the slice of the tags of a row `i` whose scores are in the range.

    Tags are stored in ascending order of their scores, so that binary search finds the slice.
    """
    if scores.all:
        return SQL("i.tags")
    below = given.add(previous_score(scores.low), "real")
    upto = given.add(scores.high, "real")
    return SQL("i.tags[width_bucket({}, i.scores) + 1 : width_bucket({}, i.scores)]").format(
        below, upto
    )


def has_matches(query: Query) -> bool:
    """Return whether the search contains tags. If not, matches are ranked by confidence."""
    return bool(_wanted_tags(query))


def match_score(query: Query, given: Parameters) -> Composable:
    """Return the match score of a row `i`: the minimum, over the clauses, of its best tag."""
    wanted = _wanted_tags(query)
    if not wanted:
        return SQL("i.confidence")
    low, high = given.add(query.scores.low, "real"), given.add(query.scores.high, "real")
    best = SQL(
        "(SELECT max(t.score) FROM unnest(i.tags, i.scores) AS t (tag, score)"
        " WHERE t.tag = ANY({}) AND t.score BETWEEN {} AND {})"
    )
    bests = [best.format(given.add(sorted(tags), "smallint[]"), low, high) for tags in wanted]
    return SQL("coalesce(least({}), 0)").format(SQL(", ").join(bests))


def time_bounds(query: Query, given: Parameters) -> Composable:
    """Return the clauses on the upload time of a row `i`, to limit the range of an index scan."""
    compiler = _ClauseCompiler(query, given)
    bounds = [
        compiler.clause(clause)
        for clause in query.clauses
        if not clause.negated and all(isinstance(atom, Uploaded) for atom in clause.any_of)
    ]
    return SQL(" AND ").join([SQL("true"), *bounds])


def _wanted_tags(query: Query) -> list[frozenset[int]]:
    """Return, for each clause that requires tags, the set of tags that satisfy it."""
    wanted = [_tags_of(clause) for clause in query.clauses if not clause.negated]
    return [tags for tags in wanted if tags]


def _tags_of(clause: Clause) -> frozenset[int]:
    return frozenset(chain.from_iterable(tags_of(atom) or () for atom in clause.any_of))


# The first condition is the predicate of the index images_decided (migration 0012).
_VERDICTS: dict[VerdictSought, LiteralString] = {
    "any": "i.model_tags IS NOT NULL",
    "none": "i.model_tags IS NULL",
    "confirmed": "(i.model_tags IS NOT NULL AND i.confirmed <> '{}')",
    "rejected": "(i.model_tags IS NOT NULL AND i.rejected <> '{}')",
}


class _ClauseCompiler:
    """Compile the clauses of one query."""

    def __init__(self, query: Query, given: Parameters) -> None:
        self._scores = query.scores
        self._top = query.top
        self._given = given

    def clause(self, clause: Clause) -> Composable:
        """Return the condition of one clause: any of its atoms, or none if it is negated."""
        others = [atom for atom in clause.any_of if not isinstance(atom, TagAtom)]
        parts = [self._atom(atom) for atom in others]
        if len(others) < len(clause.any_of):
            parts.append(self._has_tag(_tags_of(clause)))
        joined = SQL(" OR ").join(parts)
        return SQL("NOT ({})" if clause.negated else "({})").format(joined)

    def is_confident(self) -> Composable:
        """Return the condition that the score of the best class is in the range."""
        ends = (self._scores.low, self._scores.high)
        low, high = (self._given.add(end, "real") for end in ends)
        return SQL("(i.status = 'done' AND i.confidence BETWEEN {} AND {})").format(low, high)

    def _has_tag(self, tags: frozenset[int]) -> Composable:
        """Return the condition that the image has one of the tags, with a score in the range."""
        if self._top is not None:
            return self._has_top_tag(tags)
        listed = self._given.add(sorted(tags), "smallint[]")
        has_tag = SQL("i.status = 'done' AND i.tags && ") + listed
        if not self._scores.all:
            # The index finds all images with the tag; the slice then checks its score.
            has_tag += SQL(" AND ") + tags_in(self._scores, self._given) + SQL(" && ") + listed
        return SQL("(") + has_tag + SQL(")")

    def _has_top_tag(self, tags: frozenset[int]) -> Composable:
        """Return the condition that one of the tags is, or contains, one of the top classes."""
        pairs = [(tag, each) for tag in sorted(tags) for each in sorted(classes_under(tag))]
        return SQL(
            "(i.status = 'done' AND i.tags && {tags} AND EXISTS ("
            "SELECT FROM predictions AS p JOIN unnest({above}, {classes}) AS u (tag, class_index)"
            " USING (class_index)"
            " WHERE p.image_id = i.id AND p.rank <= {top} AND u.tag = ANY({counted})))"
        ).format(
            tags=self._given.add(sorted(tags), "smallint[]"),
            above=self._given.add([tag for tag, _ in pairs], "smallint[]"),
            classes=self._given.add([each for _, each in pairs], "smallint[]"),
            top=self._given.add(self._top, "smallint"),
            counted=tags_in(self._scores, self._given),
        )

    def _atom(self, atom: OtherAtom) -> Composable:
        match atom:
            case Status(status):
                return SQL("i.status = ") + self._given.add(status, "text")
            case Reason(code):
                failed = SQL("(i.status = 'failed' AND i.failure_code = {})")
                return failed.format(self._given.add(code, "text"))
            case Untagged(untagged):
                return (SQL("NOT ") if untagged else SQL("")) + self.is_confident()
            case Name(pattern):
                return SQL("lower(i.name) LIKE ") + self._given.add(_like(pattern), "text")
            case Uploaded(side, time):
                sign = SQL(">=" if side == "after" else "<")
                return SQL("i.created_at {} {}").format(sign, self._given.add(time, "timestamptz"))
            case Decided(verdict):
                return SQL(_VERDICTS[verdict])
            case _:
                assert_never(atom)


def _like(pattern: str) -> str:
    """Return a LIKE pattern. `*` matches any text; without it the pattern matches anywhere."""
    escaped = pattern.lower().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return escaped.replace("*", "%") if "*" in escaped else f"%{escaped}%"
