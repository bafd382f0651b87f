"""Responses of the API. Fields that a newer server adds are kept, untyped."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

ImageStatus = Literal["queued", "running", "done", "failed", "cancelled"]
JobStatus = Literal["queued", "running", "done", "cancelled"]
Outcome = Literal["accepted", "duplicate", "rejected"]


class Model(BaseModel):
    """Base of all responses. The title of a model is its name in `openapi.json`."""

    model_config = ConfigDict(extra="allow", frozen=True, protected_namespaces=())


class Reason(Model):
    """Reason of a failure or a rejection."""

    model_config = ConfigDict(title="Reason")

    code: str
    detail: str


class Prediction(Model):
    """Predicted class; `rank` 1 is the most likely one, `score` is between 0 and 1."""

    model_config = ConfigDict(title="PredictionRead")

    rank: int
    label: str
    score: float
    class_index: int
    wnid: str


class Category(Model):
    """WordNet category with the summed score of its classes."""

    model_config = ConfigDict(title="CategoryRead")

    label: str
    score: float


class Image(Model):
    """Image with its predictions."""

    model_config = ConfigDict(title="ImageRead")

    id: str
    name: str
    status: ImageStatus
    media_type: str
    width: int
    height: int
    bytes: int
    created_at: datetime
    classified_at: datetime | None
    deleted_at: datetime | None
    model: str | None
    failure: Reason | None
    predictions: list[Prediction]
    categories: list[Category]


class ImagePage(Model):
    """Page of images; `next` is the cursor of the next page."""

    model_config = ConfigDict(title="ImagePage")

    items: list[Image]
    total: int
    next: str | None


class SimilarImage(Model):
    """Image that resembles another one; a smaller distance is more similar."""

    model_config = ConfigDict(title="SimilarRead")

    image: Image
    distance: float
    near_duplicate: bool


class SimilarImages(Model):
    """Images that resemble an image, most similar first."""

    model_config = ConfigDict(title="Similar")

    items: list[SimilarImage]


class JobCounts(Model):
    """Number of items of a job by state."""

    model_config = ConfigDict(title="JobCounts")

    total: int
    queued: int
    running: int
    done: int
    failed: int
    duplicate: int
    rejected: int
    cancelled: int

    @property
    def unfinished(self) -> int:
        """Number of images that are queued or running."""
        return self.queued + self.running


class JobItem(Model):
    """One file of a job."""

    model_config = ConfigDict(title="JobItemRead")

    position: int
    name: str
    outcome: Outcome
    image_id: str | None
    status: ImageStatus | None
    problem: Reason | None
    predictions: list[Prediction]


class JobSummary(Model):
    """Job without its items."""

    model_config = ConfigDict(title="JobSummary")

    id: str
    created_at: datetime
    status: JobStatus
    counts: JobCounts


class Job(JobSummary):
    """Job with its items."""

    model_config = ConfigDict(title="JobRead")

    items: list[JobItem]


class JobPage(Model):
    """Page of jobs; `next` is the cursor of the next page."""

    model_config = ConfigDict(title="Page_JobSummary_")

    items: list[JobSummary]
    next: str | None


class KnownImage(Model):
    """Image of the gallery with the SHA-256 of its file."""

    model_config = ConfigDict(title="KnownImage")

    sha256: str
    image_id: str


class KnownImages(Model):
    """Images that the gallery has."""

    model_config = ConfigDict(title="KnownImages")

    items: list[KnownImage]


class Deleted(Model):
    """Images that were moved to the trash."""

    model_config = ConfigDict(title="Deleted")

    deleted: int
    ids: list[str]


class Restored(Model):
    """Number of images restored from the trash."""

    model_config = ConfigDict(title="Restored")

    restored: int


class Retried(Model):
    """Images that were queued again."""

    model_config = ConfigDict(title="Retried")

    retried: int
    ids: list[str]


class Tag(Model):
    """Tag with the number of images that have it."""

    model_config = ConfigDict(title="TagRead")

    label: str
    kind: str
    wnid: str
    count: int


class Tags(Model):
    """Tags that match a prefix, most frequent first."""

    model_config = ConfigDict(title="Tags")

    items: list[Tag]


class Limits(Model):
    """Limits of uploads and the available export formats."""

    model_config = ConfigDict(title="Limits")

    max_upload_bytes: int
    max_request_bytes: int
    max_files_per_request: int
    max_pixels: int
    media_types: list[str]
    export_formats: list[str]


class Queue(Model):
    """Waiting images by lane."""

    model_config = ConfigDict(title="QueueRead")

    interactive: int
    bulk: int
    oldest_waiting_seconds: float


class Workers(Model):
    """State of the workers."""

    model_config = ConfigDict(title="WorkersRead")

    alive: int
    state: str
    detail: str


class Status(Model):
    """State of the service."""

    model_config = ConfigDict(title="Status")

    queue: Queue
    workers: Workers
    model: str | None
