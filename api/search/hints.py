"""Route of search hints: what else a search may have meant, with the number of images."""

from dataclasses import replace

from fastapi import APIRouter, Response

from api.auth.scopes import requires
from api.parameters import MinScore, SearchText
from api.problems import problems
from api.search.parsing import SearchParserDep
from api.search.planner import SearchPlannerDep
from api.search.schemas import HintKind, SearchHints
from api.serialization import Json, json_response
from core.search import Query as Search
from core.search.alternatives import (
    as_file_names,
    broader_words,
    inside_words,
    looks_like_file_name,
    respelled,
)
from core.search.ast import Scores, Tagged, to_real
from core.vocabulary.tags import load_tags
from infra.database.search.estimate import SearchEstimate

router = APIRouter(prefix="/search", tags=["tags"])

# Hints are offers: a search with many matching words still gets the first ones only.
_MAX_HINTS = 4


@router.get(
    "/hints",
    operation_id="getSearchHints",
    response_model=SearchHints,
    responses=problems(400, 422, 503),
)
@requires("read")
async def get_search_hints(
    planner: SearchPlannerDep,
    parser: SearchParserDep,
    q: SearchText = "",
    min_score: MinScore = 0.0,
) -> Response:
    """List what else a search may have meant, and the names of the tags in it.

    Each hint is a search that finds other images than `q`, with the number of images.
    """
    query = await parser.parse(q, min_score)
    offered: list[tuple[HintKind, Search]] = []
    found = await planner.count(query)
    if query.scores.low > 0:
        offered.append(("weak", replace(query, scores=replace(query.scores, low=0.0))))
    if wider := inside_words(query):
        offered.append(("inside", wider))
    if found.total == 0:
        offered += [("spelling", each) for each in respelled(query)]
    if (found.total == 0 or looks_like_file_name(query)) and (names := as_file_names(query)):
        offered.append(("name", replace(names, scores=Scores(), top=None)))
    hints: list[Json] = []
    for kind, search in offered[:_MAX_HINTS]:
        size = await planner.count(search)
        if size.total > (found.total if kind in _WIDER else 0):
            hints.append(_serialize_hint(kind, search, min_score, size))
    return json_response({"tags": _tags_in(query), "broader": _broader(query), "hints": hints})


# Searches of these kinds find the same images and more.
_WIDER: frozenset[HintKind] = frozenset({"weak", "inside"})


def _serialize_hint(kind: HintKind, search: Search, min_score: float, size: SearchEstimate) -> Json:
    # The minimum score is a parameter of its own and must not be repeated in the text.
    scores = (
        search.scores
        if search.scores.low != to_real(min_score)
        else Scores(high=search.scores.high)
    )
    return {
        "kind": kind,
        "q": str(replace(search, scores=scores)),
        "total": size.total,
        "total_is_exact": size.is_exact,
    }


def _tags_in(query: Search) -> list[Json]:
    """Return the names of the tags that the search gives by id."""
    numbers = [
        atom.number
        for clause in query.clauses
        for atom in clause.any_of
        if isinstance(atom, Tagged)
    ]
    return [
        {"tag": load_tags()[number].wnid, "label": load_tags()[number].label}
        for number in dict.fromkeys(numbers)
    ]


def _broader(query: Search) -> list[Json]:
    """Return the words that are read as a tag of which they are a kind."""
    return [
        {"word": word, "label": load_tags()[number].label}
        for word, numbers in broader_words(query).items()
        for number in sorted(numbers)
    ]
