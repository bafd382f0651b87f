"""FastAPI dependencies and the parameter types that several routes share."""

from dataclasses import dataclass
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Path, Query, Request

from api.auth.open_access import OpenAccess
from api.auth.rate_limit import RateLimiter
from api.background.publisher import Publisher
from api.background.runtime import BackgroundRuntime
from api.exports.service import ExportResources
from api.images.service import ImageSearch
from api.jobs.listener import JobListener
from api.uploads.concurrency import ConcurrencyLimit
from infra.database.pool import Database
from infra.database.snapshot_cache import SnapshotCache
from infra.queue.celery import Queue
from infra.settings import Settings
from infra.storage import ObjectStore
from infra.telemetry.spans import Traces


@dataclass(frozen=True, slots=True)
class Service:
    """Resources of one API process, opened at start and closed at shutdown."""

    settings: Settings
    database: Database
    snapshot_cache: SnapshotCache
    objects: ObjectStore
    image_search: ImageSearch
    exports: ExportResources
    queue: Queue
    publisher: Publisher
    job_listener: JobListener
    upload_slots: ConcurrencyLimit
    open_access: OpenAccess
    rate_limiter: RateLimiter
    background: BackgroundRuntime
    traces: Traces | None


async def get_service(request: Request) -> Service:
    """Return the resources of this process from the lifespan state."""
    return cast("Service", request.state.service)


ServiceDep = Annotated[Service, Depends(get_service)]

JobId = Annotated[UUID, Path(description="ID of the job.")]
ImageId = Annotated[UUID, Path(description="ID of the image.")]
Cursor = Annotated[str | None, Query(description="`next` of the previous page.", max_length=500)]
Skip = Annotated[
    int,
    Query(ge=0, le=10_000_000, description="Number of items to skip before the page starts."),
]
Limit = Annotated[int, Query(ge=1, le=500, description="Maximum number of items to return.")]
SearchText = Annotated[
    str,
    Query(
        max_length=500,
        description='Search query: words, `"a phrase"`, `-not`, `a|b`, `score:>=0.6`, `top:1`, '
        "`status:failed`, `untagged:yes`, `name:holiday*`, `after:2026-01-01`. "
        "See docs/reference/search-language.md.",
    ),
]
MinScore = Annotated[
    float, Query(ge=0, le=1, description="Ignore tags with a score below this value.")
]
