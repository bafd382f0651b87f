"""Asking before sending."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints

from api.dependencies import ServiceDep
from api.problems import problems
from infra.database.queries.lookup import find_existing_hashes

router = APIRouter(prefix="/images", tags=["images"])

Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-fA-F]{64}$")]


class Hashes(BaseModel):
    """SHA-256 of files, in hexadecimal."""

    sha256: list[Sha256] = Field(max_length=1000)


class KnownImage(BaseModel):
    """A file that is there, and its picture."""

    sha256: str
    image_id: UUID


class KnownImages(BaseModel):
    """Those of the files that need not be sent."""

    items: list[KnownImage]


@router.post("/known", operation_id="findKnownImages", responses=problems(422, 503))
async def find_known_images(hashes: Hashes, service: ServiceDep) -> KnownImages:
    """Which of these files the gallery has, so that they need not be sent again."""
    async with service.database.connection() as conn:
        known = await find_existing_hashes(conn, [bytes.fromhex(each) for each in hashes.sha256])
    return KnownImages(
        items=[KnownImage(sha256=sha256.hex(), image_id=known[sha256]) for sha256 in known]
    )
