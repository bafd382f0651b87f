"""Response schemas that several features share."""

from datetime import datetime
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, Field

from infra.database.queries.jobs import JobStatus

Item = TypeVar("Item")


class Page(BaseModel, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    total: int = Field(description="Number of objects on all pages.")
    total_is_exact: bool = Field(
        default=True,
        description="False if `total` is an estimate because an exact count would take too long.",
    )
    next: str | None = Field(
        description="Cursor of the next page, for the parameter `cursor`; null on the last page."
    )


class Reason(BaseModel):
    """Why a file was rejected or an image could not be classified."""

    code: str = Field(description="Stable failure code, for programs.", examples=["truncated"])
    detail: str = Field(description="Explanation in one sentence, for users.")


WordNetId = Annotated[
    str,
    Field(
        description="WordNet id. Unlike the label it is unique: `crane` is both a bird and a "
        "machine. `custom:` and the slug for a custom tag."
    ),
]


class PredictionRead(BaseModel):
    """One of the five most likely classes of an image."""

    rank: int = Field(ge=1, le=5, description="Position among the predictions, from 1.")
    label: str = Field(description="Name of the class in the model.", examples=["golden_retriever"])
    score: float = Field(ge=0, le=1, description="Probability of the class, from 0 to 1.")
    class_index: int = Field(ge=0, le=999, description="ImageNet index of the class, 0 to 999.")
    wnid: str = Field(description="WordNet id of the class.", examples=["n02099601"])


class JobCounts(BaseModel):
    """Number of items of a job in each state. `total` is the sum of the others."""

    total: int = Field(description="Number of all items.")
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
    status: JobStatus = Field(
        description="`queued`: no item has been started. `running`: some items are not finished. "
        "`done`: all items are finished. `cancelled`: all items were cancelled."
    )
    counts: JobCounts
