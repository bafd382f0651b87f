"""Emptying the trash before its time."""

from datetime import timedelta

from fastapi import APIRouter

from api.dependencies import ServiceDep
from api.images.schemas import Purged, TrashSelection
from api.problems import problems
from infra.database.queries import purge

router = APIRouter(prefix="/images", tags=["images"])

_AT_ONCE = 1000


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
