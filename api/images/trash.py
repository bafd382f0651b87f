"""Route to delete images in the trash permanently, before their retention ends."""

from datetime import timedelta

from fastapi import APIRouter

from api.dependencies import ServiceDep
from api.images.schemas import Purged, TrashSelection
from api.problems import problems
from infra.database.queries import purge

router = APIRouter(prefix="/images", tags=["images"])

# Images per transaction, to keep locks short.
_BATCH_SIZE = 1000


@router.post("/purge", operation_id="purgeImages", responses=problems(422, 503))
async def purge_images(which: TrashSelection, service: ServiceDep) -> Purged:
    """Delete images in the trash permanently. Images outside the trash are ignored."""
    purged = 0
    while True:
        async with service.database.connection() as conn:
            ids = await purge.purge_images(
                conn, older_than=timedelta(0), ids=which.ids, limit=_BATCH_SIZE
            )
        if not ids:
            return Purged(purged=purged)
        purged += len(ids)
