"""Route of failures: the reasons why images failed, with counts."""

from functools import partial

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.auth.scopes import requires
from api.dependencies import DatabaseDep, SnapshotCacheDep
from api.problems import problems
from infra.database.queries.failures import PERMANENT_CODES, count_failures

router = APIRouter(prefix="/failures", tags=["images"])


class FailureCount(BaseModel):
    """A reason why images failed."""

    code: str = Field(description="Failure code, for `reason:` in a search.", examples=["internal"])
    count: int = Field(description="Number of images outside the trash that failed with it.")
    retryable: bool = Field(description="False: the file itself is the cause, no retry can help.")


class Failures(BaseModel):
    """Reasons why images failed, most frequent first."""

    items: list[FailureCount]


@router.get("", operation_id="listFailures", responses=problems(503))
@requires("read")
async def list_failures(database: DatabaseDep, cache: SnapshotCacheDep) -> Failures:
    """List the reasons why images outside the trash failed, most frequent first."""
    async with database.connection() as conn:
        counts = await cache.get(conn, "failures", partial(count_failures, conn))
    return Failures(
        items=[
            FailureCount(code=code, count=count, retryable=code not in PERMANENT_CODES)
            for code, count in counts
        ]
    )
