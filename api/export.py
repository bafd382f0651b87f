"""Taking it out: the gallery as a file."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from api.dependencies import MinScore, SearchText, Service, ServiceDep
from api.problems import problems
from api.search import read_search
from infra.database.conditions import Filter
from infra.database.export import copy_csv
from infra.search.query import ImageStatus

router = APIRouter(prefix="/export", tags=["export"])

Format = Literal["csv"]
FORMATS: tuple[Format, ...] = ("csv",)


@router.get(
    "",
    operation_id="exportImages",
    response_class=StreamingResponse,
    responses=problems(400, 422, 503) | {200: {"content": {"text/csv": {}}}},
)
async def export_images(
    service: ServiceDep,
    format: Format = "csv",  # noqa: A002 (the contract's name)
    q: SearchText = "",
    min_score: MinScore = 0.0,
    status: ImageStatus | None = None,
    ids: Annotated[
        list[UUID] | None, Query(max_length=1000, description="Only these pictures.")
    ] = None,
) -> StreamingResponse:
    """What the same search shows, as a file, newest first."""
    which = Filter(query=read_search(q, min_score), status=status, ids=ids)
    blocks = _csv(service, which)
    first = await anext(blocks)  # so that trouble at the start is a problem, not half a file
    name = f"gallery-{datetime.now(UTC):%Y%m%d-%H%M%S}.{format}"
    return StreamingResponse(
        _chain(first, blocks),
        media_type="text/csv; charset=utf-8; header=present",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _csv(service: Service, which: Filter) -> AsyncIterator[bytes]:
    async with service.database.connection() as conn:
        async for block in copy_csv(conn, which):
            yield block


async def _chain(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for block in rest:
        yield block
