"""Reference implementation of the search in plain Python, to compare with the compiled SQL."""

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from uuid import UUID

from core.ids import new_id
from core.search import Query
from core.search.ast import (
    Atom,
    Decided,
    Inside,
    Name,
    Reason,
    Status,
    TagAtom,
    Tagged,
    Untagged,
    Uploaded,
    Words,
    to_real,
)
from core.vocabulary import Category, ImageClass, load_vocabulary
from core.vocabulary.tags import load_tags

LABELS = ["golden retriever", "tabby", "Egyptian cat", "tennis ball", "hotdog", "cab", "goldfinch",
          "minivan", "ping-pong ball", "pug"]  # fmt: skip
STATUSES = ["done"] * 6 + ["queued", "failed", "cancelled"]
REASONS = ["decode_failed", "crashed_worker"]
IMAGES = 80


@dataclass(frozen=True)
class Row:
    """An image with its class indexes and category ids, each with its score."""

    id: UUID
    name: str
    status: str
    reason: str
    created_at: datetime
    trash: bool
    classes: list[tuple[int, float]]
    categories: list[tuple[int, float]]

    @property
    def tags(self) -> list[tuple[int, float]]:
        """Tag numbers of classes and categories with their scores."""
        return self.classes + [(1000 + kind, score) for kind, score in self.categories]


def make_rows() -> list[Row]:
    """Return the same pseudo-random images in each run."""
    random = Random(6)
    vocabulary = load_vocabulary()
    indexes = {each.label: each.index for each in vocabulary.classes}
    rows = []
    for number in range(IMAGES):
        chosen = random.sample(LABELS, 5)
        scores = sorted((random.randint(0, 20) / 20 for _ in chosen), reverse=True)
        classes = [(indexes[label], score) for label, score in zip(chosen, scores, strict=True)]
        kinds = random.sample([k for i, _ in classes for k in vocabulary.classes[i].categories], 3)
        rows.append(
            Row(
                id=new_id(),
                name=random.choice(["holiday-{}.jpg", "a_b{}.png", "Day%{}.JPG"]).format(number),
                status=random.choice(STATUSES),
                reason=REASONS[number % 2],
                created_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=random.randint(0, 9)),
                trash=random.random() < 0.2,
                classes=classes,
                categories=[(kind, random.randint(2, 20) / 20) for kind in dict.fromkeys(kinds)],
            )
        )
    return rows


def matches(row: Row, query: Query) -> bool:
    """Return whether an image matches a query, regardless of the trash."""
    if needs_confidence(query) and not has_score(row, query, row.classes[:1]):
        return False
    return all(
        clause.negated != any(atom_matches(row, query, atom) for atom in clause.any_of)
        for clause in query.clauses
    )


def needs_confidence(query: Query) -> bool:
    """Return whether `score:` restricts the best class.

    It does so unless the query contains tags, or selects images that need not have a class.
    """
    if query.scores.low <= 0 and query.scores.high >= 1:
        return False
    for clause in query.clauses:
        for atom in clause.any_of:
            has_tags = isinstance(atom, TagAtom) and not clause.negated
            has_other_status = not clause.negated and (
                isinstance(atom, Reason) or (isinstance(atom, Status) and atom.status != "done")
            )
            if has_tags or has_other_status or isinstance(atom, Untagged):
                return False
    return True


def atom_matches(row: Row, query: Query, atom: Atom) -> bool:  # noqa: PLR0911 (kinds of atoms)
    match atom:
        case Words() | Inside() | Tagged():
            return bool(tag_scores(row, query, atom))
        case Status(status):
            return row.status == status
        case Reason(code):
            return row.status == "failed" and row.reason == code
        case Untagged(untagged):
            return untagged != has_score(row, query, row.classes[:1])
        case Name(pattern):
            wildcard = pattern if "*" in pattern else f"*{pattern}*"
            regex = ".*".join(map(re.escape, wildcard.lower().split("*")))
            return re.fullmatch(regex, row.name.lower()) is not None
        case Uploaded(side, time):
            return (row.created_at >= time) == (side == "after")
        case Decided(verdict):  # no image of the reference has verdicts
            return verdict == "none"


def has_score(row: Row, query: Query, scored: list[tuple[int, float]]) -> bool:
    return row.status == "done" and any(score in query.scores for _, score in scored)


def tag_scores(row: Row, query: Query, atom: TagAtom) -> list[tuple[int, float]]:
    """Return the classes and categories (as negative numbers) of an image that the words match."""
    vocabulary = load_vocabulary()
    if row.status != "done":
        return []
    found = []
    best = row.classes[: query.top]
    for index, score in best:
        entry = vocabulary.classes[index]
        if entry.wnid in matching_ids(atom):
            found.append((index, score))
    for kind, score in row.categories:
        contains_best = any(kind in vocabulary.classes[index].categories for index, _ in best)
        category = vocabulary.category(kind)
        if (query.top is None or contains_best) and category.wnid in matching_ids(atom):
            found.append((-kind, score))
    return [(tag, score) for tag, score in found if score in query.scores]


ENTRIES: tuple[ImageClass | Category, ...] = (
    *load_vocabulary().classes,
    *load_vocabulary().categories,
)


@cache
def matching_ids(atom: TagAtom) -> frozenset[str]:
    """Return the WordNet ids of the tags that an atom matches."""
    match atom:
        case Tagged(number):
            return frozenset({load_tags()[number].wnid})
        case Inside(text):
            return classes_with(text)
        case Words(words, prefix):
            wanted = [re.escape(word) for word in words]
            plurals = [rf"(?:{each}|{'|'.join(singulars(each))})(?:s|es)?" for each in words]
            found = named(rf"\b{' '.join(plurals)}\b")
            known = {load_vocabulary().narrower.get(each) for each in singulars(words[0])} - {None}
            if known and prefix and len(words) == 1:
                return frozenset(str(each) for each in known)
            if found or not prefix:
                return found
            return named(rf"\b{' '.join(wanted)}") or classes_with(" ".join(words))


def singulars(word: str) -> list[str]:
    """Return the word and its singular, as far as the words of the tests need it."""
    return [word, word.removesuffix("s"), re.sub("ies$", "y", word)]


def named(pattern: str) -> frozenset[str]:
    return frozenset(
        each.wnid
        for each in ENTRIES
        if any(
            re.search(pattern, re.sub(r"[\W_]+", " ", name.lower()))
            for name in (each.name, *each.synonyms)
        )
    )


def classes_with(text: str) -> frozenset[str]:
    return frozenset(each.wnid for each in load_vocabulary().classes if text in each.label.lower())


def count_tags(rows: list[Row], query: Query) -> Counter[int]:
    """Return the number of classified images by tag, for scores in the range of the query."""
    return Counter(
        tag
        for row in rows
        if row.status == "done"
        for tag, score in row.tags
        if score in query.scores
    )


def match_score(row: Row, query: Query) -> float:
    """Return the minimum, over the clauses with known tags, of the best score of their tags."""
    anywhere = Query(query.clauses, query.scores)  # `top:` selects images but does not rank them
    tag_clauses = [
        [atom for atom in clause.any_of if isinstance(atom, TagAtom)]
        for clause in query.clauses
        if not clause.negated
    ]
    ranked = [atoms for atoms in tag_clauses if any(matching_ids(atom) for atom in atoms)]
    if not ranked:
        return to_real(row.classes[0][1])
    classified = replace(row, status="done")
    bests = [
        max(score for _, score in scores)
        for atoms in ranked
        if (scores := [each for atom in atoms for each in tag_scores(classified, anywhere, atom)])
    ]
    return to_real(min(bests, default=0))
