"""Explain by which tags a search matched an image."""

from api.serialization import Json
from core.predictions import ranked_tags
from core.search import Query
from core.search.ast import Words
from core.search.tag_index import matching_name, tags_of
from core.vocabulary.tags import FIRST_CATEGORY, Tag, categories_of, load_tags
from infra.database.queries.images import Image


class MatchExplainer:
    """Explains the matches of one search; caches the paths for the images of a page."""

    def __init__(self, query: Query) -> None:
        self._query = query
        # If several search terms match the same tag, the first term explains it.
        self._terms = {tag: atom for atom in reversed(query.wanted) for tag in tags_of(atom) or ()}
        self._paths: dict[tuple[int | None, int], str] = {}

    def of(self, image: Image) -> list[Json]:
        """Return the matching tags of an image, best first, in the shape of `MatchRead`."""
        if self._terms.keys().isdisjoint(image.tags):
            return []
        known = image.known_tags
        classes = [tag for tag in reversed(image.tags) if tag < FIRST_CATEGORY][: self._query.top]
        matches: list[Json] = []
        for tag, score in ranked_tags(image.tags, image.scores):
            if tag not in self._terms or score not in self._query.scores:
                continue
            if tag in classes:
                matches.append(self._match(known[tag], score, classes.index(tag) + 1))
            elif tag >= FIRST_CATEGORY:
                below = next((each for each in classes if tag in categories_of(each)), None)
                if below is not None or self._query.top is None:
                    matches.append(self._match(known[tag], score, None, below))
        return matches

    def _match(self, tag: Tag, score: float, rank: int | None, below: int | None = None) -> Json:
        name = tag.label if rank is None else tag.name
        path = self._path(below, tag)
        return {
            "rank": rank,
            "label": name,
            "kind": tag.kind,
            "wnid": tag.wnid,
            "score": score,
            "path": path,
        }

    def _path(self, best_class: int | None, tag: Tag) -> str:
        """Return the path from the predicted class to the search term: "golden retriever ← dog"."""
        key = (best_class, tag.number)
        if key not in self._paths:
            steps = [] if best_class is None else [load_tags()[best_class].label]
            steps.append(tag.label)
            term = self._terms[tag.number]
            if isinstance(term, Words) and tag.kind != "custom":
                steps.append(matching_name(tag.number, term))
            self._paths[key] = " ← ".join(dict.fromkeys(steps))
        return self._paths[key]
