"""What the service takes, and how it stands."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.dependencies import ServiceDep
from api.exports.formats import FORMATS
from api.problems import problems
from core.media_types import MEDIA_TYPES
from infra.database.queries.queue_stats import get_queue_status
from infra.database.queries.workers import Worker, list_live_workers

router = APIRouter(tags=["service"])


class RateLimits(BaseModel):
    """Requests in a minute; null where there is no limit. Answers tell what is left of them."""

    per_key: int | None = Field(description="Made with one API key.")
    per_address: int | None = Field(description="Coming from one address.")


class Limits(BaseModel):
    """What the service takes."""

    max_upload_bytes: int
    max_request_bytes: int
    max_files_per_request: int
    max_pixels: int
    media_types: list[str]
    export_formats: list[str]
    requests_per_minute: RateLimits


@router.get("/limits", operation_id="getLimits")
async def get_limits(service: ServiceDep) -> Limits:
    """The limits that uploads are held to, for clients to check before sending."""
    settings = service.settings
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
    """Pictures that wait."""

    interactive: int
    bulk: int
    oldest_waiting_seconds: float


class ImageCounts(BaseModel):
    """Pictures by state."""

    queued: int
    running: int
    done: int
    failed: int
    cancelled: int
    total: int


class WorkersRead(BaseModel):
    """Who classifies."""

    alive: int
    state: Literal["ready", "no_worker", "no_weights"]
    detail: str


class Status(BaseModel):
    """How the service stands."""

    queue: QueueRead
    images: ImageCounts
    workers: WorkersRead
    model: str | None


@router.get("/status", operation_id="getStatus", responses=problems(503))
async def get_status(service: ServiceDep) -> Status:
    """How much waits, and whether anybody is working on it."""
    async with service.database.connection() as conn:
        queue = await get_queue_status(conn)
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
        workers=describe_workers(workers),
        model=next((worker.model for worker in workers if worker.model), None),
    )


def describe_workers(workers: list[Worker]) -> WorkersRead:
    """Say in one word and one sentence whether pictures are being classified."""
    ready = [worker for worker in workers if worker.state == "ready"]
    if ready:
        return WorkersRead(alive=len(ready), state="ready", detail="Workers are ready.")
    held_up = next((worker for worker in workers if worker.state == "no_weights"), None)
    if held_up:
        return WorkersRead(alive=0, state="no_weights", detail=held_up.detail)
    preparing = any(worker.state == "preparing" for worker in workers)
    detail = "A worker is getting ready." if preparing else "No worker is running."
    return WorkersRead(alive=0, state="no_worker", detail=detail)
