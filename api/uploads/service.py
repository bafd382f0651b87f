"""Process a submission: validate, store, record and publish its files."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import structlog
from anyio import CapacityLimiter, to_thread
from psycopg import AsyncConnection

from api.dependencies import Service
from api.uploads.multipart import Upload
from api.uploads.validation import inspect
from core.errors import FileRejectedError, ObjectStoreUnavailableError
from infra.database.queries.orphaned_objects import register_objects
from infra.database.queries.submissions import StoredImage, SubmittedFile, SubmittedItem
from infra.queue.celery import LANES
from infra.settings import Settings
from infra.storage import original_key
from infra.telemetry.logging import get_logger

log = get_logger(__name__)

Record = Callable[[AsyncConnection, UUID, Sequence[SubmittedFile]], Awaitable[list[SubmittedItem]]]

# Concurrent writes to object storage per process. They use threads of their own, since they wait
# for storage and need no CPU.
_storing = CapacityLimiter(8)
# Time limit for storing the files of one request. Cleanup treats objects as orphaned only after
# `api.background.cleanup.COLLECT_AFTER`, which is longer.
STORE_SECONDS = 600.0


async def submit(
    service: Service, job_id: UUID, uploads: Sequence[Upload], record: Record
) -> list[SubmittedItem]:
    """Store the valid files, record all files under the job, and publish the queued images.

    `record` inserts the files into a new or an existing job. When the function returns, every
    accepted file is in object storage and in Postgres.

    Returns:
        One item per file, in order.

    Raises:
        UnavailableError: nothing was recorded; the client may repeat the whole request.
    """
    structlog.contextvars.bind_contextvars(job_id=str(job_id))
    files = await to_thread.run_sync(_validate_all, uploads, service.settings)
    hashes = [file.image.sha256 for file in files if file.image]
    if hashes:
        async with service.database.connection() as conn:
            await register_objects(conn, hashes)
    await _store(service, uploads, files)
    async with service.database.connection() as conn:
        items = await record(conn, job_id, files)
    accepted = sum(item.outcome == "accepted" for item in items)
    log.info("files.recorded", files=len(items), accepted=accepted)
    for lane in LANES:
        queued = [item.image_id for item in items if item.image_id and item.lane == lane]
        service.publisher.publish_soon(queued, lane)
    return items


def _validate_all(uploads: Sequence[Upload], settings: Settings) -> list[SubmittedFile]:
    return [_validate(upload, settings) for upload in uploads]


def _validate(upload: Upload, settings: Settings) -> SubmittedFile:
    """Return the metadata of a valid file, or the code and detail of its rejection."""
    try:
        return SubmittedFile(name=upload.name, image=inspect(upload, settings))
    except FileRejectedError as error:
        return SubmittedFile(name=upload.name, problem_code=error.code, problem_detail=error.detail)


async def _store(
    service: Service, uploads: Sequence[Upload], files: Sequence[SubmittedFile]
) -> None:
    """Write the valid files to object storage concurrently.

    Raises:
        UnavailableError: a file could not be stored, or storing took too long.
    """

    async def put(upload: Upload, image: StoredImage) -> None:
        key = original_key(image.sha256)
        await to_thread.run_sync(
            service.objects.put,
            key,
            upload.file,
            image.bytes,
            image.media_type,
            limiter=_storing,
        )

    try:
        async with asyncio.timeout(STORE_SECONDS), asyncio.TaskGroup() as tasks:
            for upload, file in zip(uploads, files, strict=True):
                if file.image:
                    tasks.create_task(put(upload, file.image))
    except TimeoutError as error:
        raise ObjectStoreUnavailableError from error
    except ExceptionGroup as group:
        raise group.exceptions[0] from group
