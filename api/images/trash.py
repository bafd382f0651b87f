"""Route to delete images in the trash permanently, before their retention ends."""

from fastapi import APIRouter

from api.auth.audit import AuditDep, ids_of
from api.auth.scopes import requires
from api.body_size import ID_LIST_BYTES, accepts_body
from api.dependencies import DatabaseDep
from api.images.schemas import Purged, TrashSelection
from api.images.service import purge_trash
from api.problems import problems

router = APIRouter(prefix="/images", tags=["images"])


@router.post("/purge", operation_id="purgeImages", responses=problems(422, 503))
@requires("manage")
@accepts_body(ID_LIST_BYTES)
async def purge_images(which: TrashSelection, database: DatabaseDep, audit: AuditDep) -> Purged:
    """Delete images in the trash permanently. Images outside the trash are ignored."""
    with audit.action("images.purged", **ids_of(which.ids or ())) as action:
        async for purged in purge_trash(database, which.ids):
            action.count += purged
    return Purged(purged=action.count)
