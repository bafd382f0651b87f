"""Route to find which files the gallery already contains, before uploading them."""

from fastapi import APIRouter

from api.auth.scopes import requires
from api.dependencies import DatabaseDep
from api.images.schemas import Hashes, KnownImage, KnownImages
from api.problems import problems
from infra.database.queries.lookup import find_existing_hashes

router = APIRouter(prefix="/images", tags=["images"])


@router.post("/known", operation_id="findKnownImages", responses=problems(422, 503))
@requires("submit")
async def find_known_images(hashes: Hashes, database: DatabaseDep) -> KnownImages:
    """Find which files the gallery already contains, by their SHA-256.

    Use it to skip files that need not be uploaded.
    """
    async with database.connection() as conn:
        known = await find_existing_hashes(conn, [bytes.fromhex(each) for each in hashes.sha256])
    return KnownImages(
        items=[KnownImage(sha256=sha256.hex(), image_id=known[sha256]) for sha256 in known]
    )
