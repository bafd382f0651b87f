"""Choose how a search is run, by its estimated size."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated

from api.dependencies import resource
from core.search import Query
from infra.database.pool import Database
from infra.database.search import estimate, pages
from infra.database.search.compiler import Filter
from infra.database.search.estimate import SearchEstimate, SearchLimits
from infra.database.search.pages import Page, PageRequest
from infra.database.search.ranking import Ranking, rank
from infra.database.snapshot_cache import SnapshotCache


@dataclass(frozen=True, slots=True)
class SearchResult:
    """One page of a search.

    Attributes:
        page: The images, and the position of the next page.
        estimate: Total number of images and tag counts, exact or estimated.
        ranking: Ranked images for `sort=match`; None otherwise.
    """

    page: Page
    estimate: SearchEstimate
    ranking: Ranking | None = None


class SearchPlanner:
    """Runs searches with the query plan that fits their size.

    Estimates and rankings are cached per snapshot.
    """

    def __init__(self, database: Database, cache: SnapshotCache, limits: SearchLimits) -> None:
        self._database = database
        self._cache = cache
        self._limits = limits

    async def run(self, which: Filter, request: PageRequest, *, facets: int) -> SearchResult:
        """Return one page of a search.

        A list without conditions reads its page directly. Any other search is estimated first; the
        estimate decides how the page is read.

        Args:
            which: Images to find.
            request: Order, position and length of the page.
            facets: Number of most frequent tags to count.
        """
        async with self._database.connection() as conn:
            cached = partial(self._cache.get, conn)
            measure = partial(estimate.measure, conn, which, facets=facets, limits=self._limits)
            if which.is_everything:  # this page does not depend on the estimate
                page = await pages.list_all(conn, request, trash=which.trash)
                return SearchResult(page, await cached((which, facets), measure, state=page.state))
            size = await cached((which, facets), measure)
            if request.sort != "match":
                return SearchResult(await pages.list_images(conn, which, request, size), size)
            load = partial(rank, conn, which, size, self._limits)
            ranking = await cached((which, "ranking"), load)
            page = await pages.list_matches(conn, which, request, ranking)
            return SearchResult(page, size, ranking)

    async def count(self, query: Query) -> SearchEstimate:
        """Return the number of images outside the trash that a search matches."""
        which = Filter(query=query)
        async with self._database.connection() as conn:
            measure = partial(estimate.measure, conn, which, facets=0, limits=self._limits)
            return await self._cache.get(conn, (which, 0), measure)


SearchPlannerDep = Annotated[SearchPlanner, resource("search_planner")]
