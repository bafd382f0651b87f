"""The shapes of images and of what is done to them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, model_validator

from api.schemas import Page, PredictionRead, Reason, WordNetId
from api.search.schemas import MatchRead
from core.search.parser import parse_search
from core.types import ImageStatus
from core.vocabulary.tags import TagKind
from infra.database.queries.reclassify import Scope
from infra.database.queries.requeue import Ended, Retry
from infra.database.search.compiler import Filter


class CategoryRead(BaseModel):
    """A kind of thing, with the summed confidence of the classes under it."""

    label: str = Field(examples=["dog"])
    score: float


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


class ImagePage(Page[ImageRead]):
    """A page of the gallery."""

    facets: FacetsRead | None = Field(None, description="Only when asked for.")
    ranked: int | None = Field(
        None,
        description="With `sort=match`, where much is found: so many of the newest are in the "
        "order of their match, and the older ones follow, newest first. Null: all are in order.",
    )


class Selection(BaseModel):
    """Which pictures: these ids, or what a search shows, or all."""

    ids: list[UUID] | None = Field(None, max_length=10_000)
    q: str | None = Field(None, max_length=500)
    min_score: float = Field(0.0, ge=0, le=1)
    all: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> "Selection":
        # A body that says nothing must not mean everything.
        if sum((self.ids is not None, self.q is not None, self.all)) != 1:
            raise ValueError("give exactly one of `ids`, `q` and `all: true`")
        return self

    def filter(self) -> Filter:
        return Filter(query=parse_search(self.q or "", self.min_score), ids=self.ids)


class Deleted(BaseModel):
    """What was put in the trash."""

    deleted: int
    ids: list[UUID]


class ImageIds(BaseModel):
    """Pictures by id."""

    ids: list[UUID] = Field(max_length=10_000)


class Restored(BaseModel):
    """What was taken out of the trash."""

    restored: int


class TrashSelection(BaseModel):
    """Which pictures of the trash: these ids, or all."""

    ids: list[UUID] | None = Field(None, max_length=10_000)
    all: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> "TrashSelection":
        # A body that says nothing must not mean everything.
        if (self.ids is not None) == self.all:
            raise ValueError("give exactly one of `ids` and `all: true`")
        return self


class Purged(BaseModel):
    """What was removed for ever."""

    purged: int


class RetrySelection(BaseModel):
    """Which pictures to try again: these ids, or all that ended so."""

    ids: list[UUID] | None = Field(None, max_length=10_000)
    status: Ended | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "RetrySelection":
        if (self.ids is None) == (self.status is None):
            raise ValueError("give exactly one of `ids` and `status`")
        return self

    def retry(self) -> Retry:
        return Retry(ended=[self.status] if self.status else ["failed", "cancelled"], ids=self.ids)


class Retried(BaseModel):
    """What is queued again."""

    retried: int
    ids: list[UUID]


class Rerun(BaseModel):
    """What to classify again."""

    scope: Scope = Field(
        description="`failed`; `never`: not once classified; `older_model`: by another model than "
        "the workers' present one; `found`: all that the search finds."
    )
    q: str = Field("", max_length=500, description="Only what this search finds.")
    min_score: float = Field(0.0, ge=0, le=1)


class Queued(BaseModel):
    """How many pictures wait to be classified again."""

    queued: int


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
