"""Request schema of exports."""

from uuid import UUID

from pydantic import BaseModel, Field


class Chosen(BaseModel):
    """Images to export, by id. Use this instead of `GET /export` for more than 1,000 images."""

    ids: list[UUID] = Field(
        max_length=100_000,
        description="Ids of the images, at most 100,000. Unknown ids are ignored.",
    )
