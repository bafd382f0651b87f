"""Parse searches, including the names of custom tags."""

from collections import ChainMap
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Annotated

from psycopg import AsyncConnection

from api.dependencies import resource
from core.search import Query
from core.search.parser import parse_search
from core.search.tag_index import with_custom_tags
from core.vocabulary.tags import FIRST_CUSTOM, Tag, load_tags
from infra.database.pool import Database
from infra.database.queries.custom_tags import list_custom_tags
from infra.database.snapshot_cache import SnapshotCache


class SearchParser:
    """Parses searches; reads the custom tags if a search contains words."""

    def __init__(self, database: Database, cache: SnapshotCache) -> None:
        self._database = database
        self._cache = cache

    async def parse(self, text: str, min_score: float = 0.0) -> Query:
        """Parse a search and find the custom tags that its words name.

        Raises:
            QuerySyntaxError: The text is not a valid query.
        """
        query = parse_search(text, min_score)
        if not query.has_words:
            return query
        async with self._database.connection() as conn:
            return with_custom_tags(query, await self._custom_tags(conn))

    async def tags(self, numbers: Iterable[int] | None = None) -> Mapping[int, Tag]:
        """Return tags by number, among them all of `numbers`; None for all tags."""
        if numbers is not None and all(number < FIRST_CUSTOM for number in numbers):
            return load_tags()
        async with self._database.connection() as conn:
            return ChainMap(await self._custom_tags(conn), load_tags())

    async def _custom_tags(self, conn: AsyncConnection) -> dict[int, Tag]:
        return await self._cache.get(conn, "custom tags", partial(list_custom_tags, conn))


SearchParserDep = Annotated[SearchParser, resource("search_parser")]
