"""The shape of a choice of images."""

from uuid import UUID

from pydantic import BaseModel, Field


class Chosen(BaseModel):
    """Pictures by id: more of them than an address has room for."""

    ids: list[UUID] = Field(max_length=100_000, description="The pictures.")
