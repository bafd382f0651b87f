"""What a person types, understood, and why a picture was found."""

from api.pictures import Json
from infra.database.images import Image
from infra.search import Query, parse_query
from infra.search.query import Scores, Words, as_stored
from infra.search.tags import find_tags, matching_name
from infra.vocabulary.tags import FIRST_CATEGORY, categories_of, load_tags


def read_search(text: str, min_score: float = 0.0) -> Query:
    """Understand a search; tags below `min_score` do not count, as if it said `score:>=`.

    Raises:
        QuerySyntaxError: it cannot be understood.
    """
    query = parse_query(text)
    least = Scores(low=as_stored(min_score)) if min_score > 0 else Scores()
    return Query(query.clauses, query.scores & least, query.top)


class Reasons:
    """Why a search found its pictures."""

    def __init__(self, query: Query) -> None:
        self._query = query
        # Of words that mean the same tag, the first.
        self._meant = {tag: words for words in reversed(query.wanted) for tag in find_tags(words)}

    def of(self, image: Image) -> list[Json]:
        """Which of a picture's tags were found, best first, as `MatchRead` describes them."""
        if self._meant.keys().isdisjoint(image.tags):
            return []
        classes = [tag for tag in reversed(image.tags) if tag < FIRST_CATEGORY][: self._query.top]
        matches: list[Json] = []
        for tag, score in zip(reversed(image.tags), reversed(image.scores), strict=True):
            wanted = self._meant.get(tag)
            if wanted is None or score not in self._query.scores:
                continue
            if tag < FIRST_CATEGORY and tag in classes:
                matches.append(_match_class(tag, score, classes.index(tag) + 1, wanted))
            elif tag >= FIRST_CATEGORY:
                below = next((each for each in classes if tag in categories_of(each)), None)
                if below is not None or self._query.top is None:
                    matches.append(_match_category(tag, score, below, wanted))
        return matches


def _match_class(tag: int, score: float, rank: int, wanted: Words) -> Json:
    path = _path(load_tags()[tag].label, matching_name(tag, wanted))
    name = load_tags()[tag].name
    return {"rank": rank, "label": name, "kind": "class", "score": score, "path": path}


def _match_category(tag: int, score: float, best_class: int | None, wanted: Words) -> Json:
    label = load_tags()[tag].label
    steps = [label, matching_name(tag, wanted)]
    if best_class is not None:
        steps.insert(0, load_tags()[best_class].label)
    path = _path(*steps)
    return {"rank": None, "label": label, "kind": "category", "score": score, "path": path}


def _path(*steps: str) -> str:
    """From what the picture shows to what was typed: "golden retriever ← dog"."""
    return " ← ".join(dict.fromkeys(steps))
