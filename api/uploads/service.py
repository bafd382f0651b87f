"""Taking files in: check, store, record, announce."""

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

# Files stored at the same time, per process: storage is waited for, not computed with.
_storing = CapacityLimiter(8)
# Well before the cleanup would take what is stored here for forgotten.
STORE_SECONDS = 600.0


async def submit(
    service: Service, job_id: UUID, uploads: Sequence[Upload], record: Record
) -> list[SubmittedItem]:
    """Store the good files, record all of them under the job, and announce what waits.

    When this returns, every accepted file is in object storage and in Postgres.

    Raises:
        UnavailableError: nothing was recorded; the whole request may be sent again.
    """
    structlog.contextvars.bind_contextvars(job_id=str(job_id))
    files = await to_thread.run_sync(_check_all, uploads, service.settings)
    pictures = [file.picture.sha256 for file in files if file.picture]
    if pictures:
        async with service.database.connection() as conn:
            await register_objects(conn, pictures)
    await _store(service, uploads, files)
    async with service.database.connection() as conn:
        items = await record(conn, job_id, files)
    accepted = sum(item.outcome == "accepted" for item in items)
    log.info("files recorded", files=len(items), accepted=accepted)
    for lane in LANES:
        waiting = [item.image_id for item in items if item.image_id and item.lane == lane]
        service.publisher.publish_soon(waiting, lane)
    return items


def _check_all(uploads: Sequence[Upload], settings: Settings) -> list[SubmittedFile]:
    return [_check(upload, settings) for upload in uploads]


def _check(upload: Upload, settings: Settings) -> SubmittedFile:
    """Say what a file is, or why it is refused."""
    try:
        return SubmittedFile(name=upload.name, picture=inspect(upload, settings))
    except FileRejectedError as error:
        return SubmittedFile(name=upload.name, problem_code=error.code, problem_detail=error.detail)


async def _store(
    service: Service, uploads: Sequence[Upload], files: Sequence[SubmittedFile]
) -> None:
    """Put the good files into object storage, several at a time."""

    async def put(upload: Upload, picture: StoredImage) -> None:
        key = original_key(picture.sha256)
        await to_thread.run_sync(
            service.objects.put,
            key,
            upload.file,
            picture.bytes,
            picture.media_type,
            limiter=_storing,
        )

    try:
        async with asyncio.timeout(STORE_SECONDS), asyncio.TaskGroup() as tasks:
            for upload, file in zip(uploads, files, strict=True):
                if file.picture:
                    tasks.create_task(put(upload, file.picture))
    except TimeoutError as error:
        raise ObjectStoreUnavailableError from error
    except ExceptionGroup as group:
        raise group.exceptions[0] from group
