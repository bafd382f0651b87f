"""Upload limits and current state of the service."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.auth.scopes import requires
from api.dependencies import DatabaseDep, SettingsDep
from api.exports.formats import FORMATS
from api.problems import problems
from core.media_types import MEDIA_TYPES
from infra.database.queries.queue_stats import get_queue_status
from infra.database.queries.tallies import sum_images
from infra.database.queries.workers import Worker, list_live_workers

router = APIRouter(tags=["service"])


class RateLimits(BaseModel):
    """Requests allowed per minute; null means unlimited."""

    per_key: int | None = Field(description="Limit per API key.")
    per_address: int | None = Field(description="Limit per client address.")


class Limits(BaseModel):
    """Limits that apply to uploads and requests."""

    max_upload_bytes: int = Field(description="Maximum size of one file, in bytes.")
    max_request_bytes: int = Field(description="Maximum size of one upload request, in bytes.")
    max_files_per_request: int = Field(description="Maximum number of files per upload request.")
    max_pixels: int = Field(description="Maximum number of pixels per image.")
    media_types: list[str] = Field(description="Accepted media types.")
    export_formats: list[str] = Field(description="Formats of `GET /export`.")
    requests_per_minute: RateLimits


@router.get("/limits", operation_id="getLimits")
@requires("read")
async def get_limits(settings: SettingsDep) -> Limits:
    """Get the upload limits, so that clients can check files before sending them."""
    return Limits(
        max_upload_bytes=settings.max_upload_bytes,
        max_request_bytes=settings.max_request_bytes,
        max_files_per_request=settings.max_request_files,
        max_pixels=settings.max_pixels,
        media_types=list(MEDIA_TYPES),
        export_formats=list(FORMATS),
        requests_per_minute=RateLimits(
            per_key=settings.rate_limit_key or None,
            per_address=settings.rate_limit_address or None,
        ),
    )


class QueueRead(BaseModel):
    """Images that wait for classification."""

    interactive: int = Field(description="Number of images in the lane of small submissions.")
    bulk: int = Field(description="Number of images in the lane of large submissions.")
    oldest_waiting_seconds: float = Field(description="Age of the oldest waiting image.")


class ImageCounts(BaseModel):
    """Number of images by state."""

    queued: int = Field(description="Waiting for classification.")
    running: int = Field(description="Being classified.")
    done: int = Field(description="Classified.")
    failed: int = Field(description="Could not be classified.")
    cancelled: int = Field(description="Cancelled before classification.")
    total: int = Field(description="Sum of the other counts.")


class WorkersRead(BaseModel):
    """State of the workers."""

    alive: int = Field(description="Number of ready workers.")
    state: Literal["ready", "no_worker", "no_weights"] = Field(
        description="`ready`: images are being classified. `no_worker`: no worker is running, or "
        "none has started yet. `no_weights`: a worker is running without model weights."
    )
    detail: str = Field(description="Explanation for people.")


class Status(BaseModel):
    """Current state of the service."""

    queue: QueueRead
    images: ImageCounts
    problems: int = Field(
        description="Number of failed images outside the trash; `GET /failures` gives the reasons."
    )
    workers: WorkersRead
    model: str | None = Field(description="Name of the loaded model; null if there is none.")


@router.get("/status", operation_id="getStatus", responses=problems(503))
@requires("read")
async def get_status(database: DatabaseDep) -> Status:
    """Get the queue length, the number of images by state, and the state of the workers."""
    async with database.connection() as conn:
        queue = await get_queue_status(conn)
        failed = await sum_images(conn, status="failed", trash=False)
        workers = await list_live_workers(conn)
    states = (queue.queued, queue.running, queue.done, queue.failed, queue.cancelled)
    return Status(
        queue=QueueRead(
            interactive=queue.interactive,
            bulk=queue.bulk,
            oldest_waiting_seconds=queue.oldest_waiting_seconds,
        ),
        images=ImageCounts(
            queued=queue.queued,
            running=queue.running,
            done=queue.done,
            failed=queue.failed,
            cancelled=queue.cancelled,
            total=sum(states),
        ),
        problems=failed,
        workers=describe_workers(workers),
        model=next((worker.model for worker in workers if worker.model), None),
    )


def describe_workers(workers: list[Worker]) -> WorkersRead:
    """Summarise the live workers: number of ready workers, overall state, and explanation."""
    ready = [worker for worker in workers if worker.state == "ready"]
    if ready:
        return WorkersRead(alive=len(ready), state="ready", detail="Workers are ready.")
    without_weights = next((worker for worker in workers if worker.state == "no_weights"), None)
    if without_weights:
        return WorkersRead(alive=0, state="no_weights", detail=without_weights.detail)
    is_preparing = any(worker.state == "preparing" for worker in workers)
    detail = "A worker is starting." if is_preparing else "No worker is running."
    return WorkersRead(alive=0, state="no_worker", detail=detail)
