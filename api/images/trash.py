"""Emptying the trash before its time."""

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field, model_validator

from api.dependencies import ServiceDep
from api.problems import problems
from infra.database.queries import purge

router = APIRouter(prefix="/images", tags=["images"])

_AT_ONCE = 1000


class TrashSelection(BaseModel):
    """Which pictures of the trash: these ids, or all."""

    ids: list[UUID] | None = Field(None, max_length=10_000)
    all: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> "TrashSelection":
        # A body that says nothing must not mean everything.
        if (self.ids is not None) == self.all:
            raise ValueError("give exactly one of `ids` and `all: true`")
        return self


class Purged(BaseModel):
    """What was removed for ever."""

    purged: int


@router.post("/purge", operation_id="purgeImages", responses=problems(422, 503))
async def purge_images(which: TrashSelection, service: ServiceDep) -> Purged:
    """Remove pictures for ever that are in the trash; others stay."""
    purged = 0
    while True:
        async with service.database.connection() as conn:
            gone = await purge.purge_images(
                conn, older_than=timedelta(0), ids=which.ids, limit=_AT_ONCE
            )
        if not gone:
            return Purged(purged=purged)
        purged += len(gone)
