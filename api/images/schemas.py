"""Request and response schemas of images."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, model_validator

from api.schemas import Page, PredictionRead, Reason, WordNetId
from api.search.schemas import MatchRead
from core.errors import InvalidRequestError
from core.search import Query
from core.types import ImageStatus
from core.vocabulary.tags import TagKind
from infra.database.queries.transitions import Ended, Retry, Scope
from infra.database.queries.verdicts import Verdict
from infra.database.search.compiler import Filter

MAX_IDS = 10_000
MAX_HASHES = 1000


class CategoryRead(BaseModel):
    """WordNet ancestor of predicted classes, with the sum of their probabilities."""

    label: str = Field(description="Display name of the category.", examples=["dog"])
    score: float
    technical: bool = Field(
        default=False, description="Whether the name is a technical term, such as `placental`."
    )


TagSource = Literal["model", "person", "learned"]


class ImageTagRead(BaseModel):
    """Tag of an image: of the model, or changed by a person."""

    tag: str = Field(
        description="Key of the tag: a WordNet id, or `custom:` and the slug of a custom tag.",
        examples=["n02099601"],
    )
    label: str = Field(description="Display name of the tag.", examples=["golden retriever"])
    kind: TagKind
    score: float = Field(
        description="1 if a person confirmed the tag or one below it; the model's probability "
        "otherwise, also for a rejected tag."
    )
    source: TagSource = Field(
        description="`model`: predicted. `person`: confirmed or added by a person, or a category "
        "of such a tag. `learned`: assigned by the classifier of a custom tag."
    )
    verdict: Verdict | None = Field(
        description="Decision of a person on this tag; null if there is none. The image is not "
        "found by a `rejected` tag."
    )


class ImageRead(BaseModel):
    """One distinct image with its predictions."""

    id: UUID
    name: str = Field(description="File name as uploaded.")
    status: ImageStatus
    media_type: str
    width: int
    height: int
    bytes: int
    created_at: datetime
    classified_at: datetime | None
    deleted_at: datetime | None = Field(
        description="Time at which the image was moved to the trash; null if it is not there."
    )
    model: str | None = Field(
        description="Identifier of the model that classified the image; null until then."
    )
    failure: Reason | None
    predictions: list[PredictionRead]
    categories: list[CategoryRead]
    tags: list[ImageTagRead] = Field(
        description="Effective tags, best first: the model's, corrected by people. Rejected tags "
        "follow at the end. Empty until classified."
    )
    matches: list[MatchRead] = Field(
        description="Tags that match the search, best first; empty without a search."
    )


class SimilarRead(BaseModel):
    """Image that is similar to a given image."""

    image: ImageRead
    distance: float = Field(
        description="Cosine distance of the feature vectors: 0 is identical, 1 is unrelated."
    )
    near_duplicate: bool = Field(
        description="Whether it is probably the same image, resized or re-encoded."
    )


class Similar(BaseModel):
    """Similar images, most similar first."""

    items: list[SimilarRead]


class FacetRead(BaseModel):
    """Tag with the number of found images that have it."""

    label: str = Field(description="Display name of the tag.", examples=["golden retriever"])
    kind: TagKind
    wnid: WordNetId
    count: int
    usage: int = Field(0, description="How often texts use the word in this meaning; often 0.")
    technical: bool = Field(
        default=False, description="Whether the name is a technical term, such as `placental`."
    )


class FacetsRead(BaseModel):
    """Most frequent tags among the found images."""

    items: list[FacetRead]
    is_exact: bool = Field(description="False if the counts are estimates from a random sample.")


class ImagePage(Page[ImageRead]):
    """One page of images."""

    facets: FacetsRead | None = Field(
        None, description="Tag counts; null unless the request sets `facets`."
    )
    ranked: int | None = Field(
        None,
        description="With `sort=match` and many results: only this many of the newest images are "
        "ranked by match; older ones follow, newest first. Null if all images are ranked.",
    )


class Selection(BaseModel):
    """Images to act on: by id, by search, or all. Exactly one of the three is required."""

    ids: list[UUID] | None = Field(
        None, max_length=MAX_IDS, description=f"Ids of the images, at most {MAX_IDS:,}."
    )
    q: str | None = Field(
        None,
        max_length=500,
        description="A search; selects what it finds. Must restrict the images.",
    )
    min_score: float = Field(0.0, ge=0, le=1)
    all: bool = Field(default=False, description="True: select all images.")

    @model_validator(mode="after")
    def _require_one_criterion(self) -> "Selection":
        # An empty body must not select all images.
        if sum((self.ids is not None, self.q is not None, self.all)) != 1:
            raise ValueError("send exactly one of `ids`, `q` and `all: true`")
        return self

    @property
    def kind(self) -> str:
        """How the images are selected: `ids`, `search` or `all`."""
        return "ids" if self.ids is not None else "all" if self.all else "search"

    def filter(self, query: Query) -> Filter:
        """Return the database filter for this selection; `query` is the parsed `q`.

        Raises:
            InvalidRequestError: The query matches every image.
        """
        if self.kind == "search" and not query.clauses and not query.needs_confidence:
            raise InvalidRequestError(
                "This search matches every image. To select all images, send `all: true`."
            )
        return Filter(query=query, ids=self.ids)


class Deleted(BaseModel):
    """Images that were moved to the trash."""

    deleted: int
    ids: list[UUID]


class ImageIds(BaseModel):
    """Images by id."""

    ids: list[UUID] = Field(
        max_length=MAX_IDS, description=f"Ids of the images, at most {MAX_IDS:,}."
    )


class Restored(BaseModel):
    """Number of images that were restored from the trash."""

    restored: int


class TrashSelection(BaseModel):
    """Images in the trash: by id, or all. Exactly one of the two is required."""

    ids: list[UUID] | None = Field(
        None, max_length=MAX_IDS, description=f"Ids of the images, at most {MAX_IDS:,}."
    )
    all: bool = Field(default=False, description="True: select all images in the trash.")

    @model_validator(mode="after")
    def _require_one_criterion(self) -> "TrashSelection":
        # An empty body must not select all images.
        if (self.ids is not None) == self.all:
            raise ValueError("send exactly one of `ids` and `all: true`")
        return self


class Purged(BaseModel):
    """Number of images that were deleted permanently."""

    purged: int


class RetrySelection(BaseModel):
    """Images to retry: by id, or all with a status. Exactly one of the two is required."""

    ids: list[UUID] | None = Field(
        None, max_length=MAX_IDS, description=f"Ids of the images, at most {MAX_IDS:,}."
    )
    status: Ended | None = Field(None, description="Select all images with this status.")

    @model_validator(mode="after")
    def _require_one_criterion(self) -> "RetrySelection":
        if (self.ids is None) == (self.status is None):
            raise ValueError("send exactly one of `ids` and `status`")
        return self

    def retry(self) -> Retry:
        """Return the database parameters for this selection."""
        return Retry(ended=[self.status] if self.status else ["failed", "cancelled"], ids=self.ids)


class Retried(BaseModel):
    """Images that were queued again."""

    retried: int
    ids: list[UUID]


class Rerun(BaseModel):
    """Images to classify again."""

    scope: Scope = Field(
        description="`failed`: images that failed. `never`: failed or cancelled images that were "
        "never classified. `older_model`: images that another model than that of the ready workers "
        "classified. `found`: all images that are not queued or running."
    )
    q: str = Field(
        "", max_length=500, description="A search; restricts the scope to what it finds."
    )
    min_score: float = Field(0.0, ge=0, le=1)


class Queued(BaseModel):
    """Number of images that were queued for classification."""

    queued: int


Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-fA-F]{64}$")]


class Hashes(BaseModel):
    """SHA-256 hashes of files."""

    sha256: list[Sha256] = Field(
        max_length=MAX_HASHES,
        description=f"SHA-256 of each file in hexadecimal, at most {MAX_HASHES:,}.",
    )


class KnownImage(BaseModel):
    """File that the gallery already contains."""

    sha256: str
    image_id: UUID = Field(description="Id of the image with this hash.")


class KnownImages(BaseModel):
    """Files that the gallery already contains; they need not be uploaded."""

    items: list[KnownImage]
