"""The shapes that clients see. `pictures` and `receipts` make rows into them."""

from datetime import datetime
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, Field

from core.types import ImageStatus, Outcome
from core.vocabulary.tags import TagKind
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


class MatchRead(BaseModel):
    """A tag of a picture that a search matched."""

    rank: int | None
    label: str
    kind: TagKind
    wnid: WordNetId
    score: float
    path: str = Field(
        description="From what the picture shows to what was typed.",
        examples=["golden retriever ← dog"],
    )


class CategoryRead(BaseModel):
    """A kind of thing, with the summed confidence of the classes under it."""

    label: str = Field(examples=["dog"])
    score: float


class FacetRead(BaseModel):
    """A tag, and how many of the pictures found show it."""

    label: str = Field(description="As people write it.", examples=["golden retriever"])
    kind: TagKind
    wnid: WordNetId
    count: int


class FacetsRead(BaseModel):
    """The most frequent tags of what a search finds."""

    items: list[FacetRead]
    is_exact: bool = Field(description="False where the counts are estimates from a fair sample.")


class ImageRead(BaseModel):
    """One distinct picture, and what the model said of it."""

    id: UUID
    name: str
    status: ImageStatus
    media_type: str
    width: int
    height: int
    bytes: int
    created_at: datetime
    classified_at: datetime | None
    deleted_at: datetime | None = Field(description="When it was put in the trash, if it was.")
    model: str | None
    failure: Reason | None
    predictions: list[PredictionRead]
    categories: list[CategoryRead]
    matches: list[MatchRead] = Field(description="The tags that the search matched.")


class SimilarRead(BaseModel):
    """A picture that looks like another."""

    image: ImageRead
    distance: float = Field(description="0: the same direction; 1: nothing in common.")
    near_duplicate: bool = Field(description="Most likely the same picture, resized or re-encoded.")


class Similar(BaseModel):
    """What looks most alike first."""

    items: list[SimilarRead]


class ImagePage(Page[ImageRead]):
    """A page of the gallery."""

    facets: FacetsRead | None = Field(None, description="Only when asked for.")
    ranked: int | None = Field(
        None,
        description="With `sort=match`, where much is found: so many of the newest are in the "
        "order of their match, and the older ones follow, newest first. Null: all are in order.",
    )


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


class JobItemRead(BaseModel):
    """One file of a job."""

    position: int = Field(description="Its place in the job, from 0.")
    name: str
    outcome: Outcome
    image_id: UUID | None
    status: ImageStatus | None = Field(description="Of its picture; null where it was rejected.")
    problem: Reason | None
    predictions: list[PredictionRead]


class JobSummary(BaseModel):
    """A job without its items."""

    id: UUID
    created_at: datetime
    status: JobStatus
    counts: JobCounts


class JobRead(JobSummary):
    """A receipt: what was sent, and what has become of it."""

    items: list[JobItemRead]
    cursor: str = Field(description="Pass as `changed_since` to get only what changes from now on.")
