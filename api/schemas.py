"""The shapes that clients see. `pictures` and `receipts` make rows into them."""

from datetime import datetime
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, Field

from infra.database.queries.jobs import JobStatus

Item = TypeVar("Item")


class Page(BaseModel, Generic[Item]):
    """Some of many."""

    items: list[Item]
    total: int = Field(description="How many there are on all pages together.")
    total_is_exact: bool = Field(
        default=True,
        description="False where `total` is an estimate, since counting would take too long.",
    )
    next: str | None = Field(description="The `cursor` of the following page, or null.")


class Reason(BaseModel):
    """Why a file was refused or could not be classified."""

    code: str = Field(description="Stable, for programs.", examples=["truncated"])
    detail: str = Field(description="A sentence, for people.")


WordNetId = Annotated[
    str, Field(description="WordNet's id. Names are not unique: `crane` is a bird and a machine.")
]


class PredictionRead(BaseModel):
    """One of the five most likely classes."""

    rank: int = Field(ge=1, le=5)
    label: str = Field(description="The model's name of the class.", examples=["golden_retriever"])
    score: float = Field(ge=0, le=1, description="The model's confidence.")
    class_index: int = Field(ge=0, le=999, description="ImageNet's number of the class.")
    wnid: str = Field(description="WordNet's id of the class.", examples=["n02099601"])


class JobCounts(BaseModel):
    """How far a job is. `total` is always the sum of the others."""

    total: int
    queued: int
    running: int
    done: int
    failed: int
    duplicate: int
    rejected: int
    cancelled: int


class JobSummary(BaseModel):
    """A job without its items."""

    id: UUID
    created_at: datetime
    status: JobStatus
    counts: JobCounts
