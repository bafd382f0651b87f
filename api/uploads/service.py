"""Process a submission: validate, store, record and publish its files."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import chain
from typing import Annotated, NamedTuple
from uuid import UUID

import structlog
from anyio import CapacityLimiter, to_thread

from api.background.publisher import Publisher
from api.concurrency import ConcurrencyLimit
from api.dependencies import resource
from api.uploads.inspection.pool import InspectorPool
from api.uploads.multipart import Upload
from api.uploads.validation import inspect
from core.errors import FileRejectedError, ObjectStoreUnavailableError
from core.group_commit import GroupCommit
from infra.database.pool import Database
from infra.database.queries.idempotency import IdempotencyKey
from infra.database.queries.orphaned_objects import register_objects
from infra.database.queries.submissions import (
    NewJob,
    StoredImage,
    SubmittedFile,
    SubmittedItem,
    create_job_once,
    create_jobs,
    extend_job,
    extend_job_once,
)
from infra.queue.celery import LANES
from infra.settings import Settings
from infra.storage import ObjectStore, original_key
from infra.telemetry.logging import get_logger

log = get_logger(__name__)

Record = Callable[[Sequence[SubmittedFile]], Awaitable[list[SubmittedItem]]]

# Concurrent writes to object storage per process. They use threads of their own, since they wait
# for storage and need no CPU.
_CONCURRENT_WRITES = 8
# Time limit for storing the files of one request. Cleanup treats objects as orphaned only after
# `api.background.cleanup.COLLECT_AFTER`, which is longer.
STORE_SECONDS = 600.0


class Submission(NamedTuple):
    """What was recorded: the files and their items, both in the order of the request."""

    files: list[SubmittedFile]
    items: list[SubmittedItem]


class Submissions:
    """Stores, records and publishes the files of upload requests."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        storage: ObjectStore,
        publisher: Publisher,
        inspectors: InspectorPool,
    ) -> None:
        self._settings = settings
        self._database = database
        self._storage = storage
        self._publisher = publisher
        self._inspectors = inspectors
        self._writing = CapacityLimiter(_CONCURRENT_WRITES)
        self._registrations = GroupCommit(self._register_objects)
        self._new_jobs = GroupCommit(self._create_jobs)

    async def submit(self, job_id: UUID, uploads: Sequence[Upload], record: Record) -> Submission:
        """Store the valid files, record all files under the job, and publish the queued images.

        When the function returns, every accepted file is in object storage and in Postgres.

        Args:
            job_id: The job.
            uploads: The files.
            record: Inserts the files into the job: `create_job`, `create_job_once` or
                `extend_job` of this class with its first arguments bound.

        Raises:
            UnavailableError: nothing was recorded; the client may repeat the whole request.
        """
        structlog.contextvars.bind_contextvars(job_id=str(job_id))
        files = await to_thread.run_sync(self._validate_all, uploads)
        hashes = [file.image.sha256 for file in files if file.image]
        if hashes:
            await self._registrations.add(hashes)
        await self._store(uploads, files)
        items = await record(files)
        accepted = sum(item.outcome == "accepted" for item in items)
        log.info("files.recorded", files=len(items), accepted=accepted)
        for lane in LANES:
            queued = [item.image_id for item in items if item.image_id and item.lane == lane]
            self._publisher.publish_soon(queued, lane)
        return Submission(files, items)

    async def create_job(
        self,
        job_id: UUID,
        webhook: str | None,
        key_id: UUID | None,
        files: Sequence[SubmittedFile],
    ) -> list[SubmittedItem]:
        """Record the files as a new job, together with the new jobs of concurrent requests."""
        new_job = NewJob(id=job_id, files=files, webhook=webhook, key_id=key_id)
        return await self._new_jobs.add(new_job)

    async def create_job_once(
        self,
        job_id: UUID,
        webhook: str | None,
        once: IdempotencyKey,
        files: Sequence[SubmittedFile],
    ) -> list[SubmittedItem]:
        """Record the files as a new job, or return no items if the idempotency key is in use."""
        async with self._database.connection() as conn:
            key_id = UUID(once.owner) if once.owner else None
            new_job = NewJob(id=job_id, files=files, webhook=webhook, key_id=key_id)
            return await create_job_once(conn, new_job, once)

    async def extend_job(self, job_id: UUID, files: Sequence[SubmittedFile]) -> list[SubmittedItem]:
        """Add the files to a job. Raises NotFoundError if it does not exist."""
        async with self._database.connection() as conn:
            return await extend_job(conn, job_id, files)

    async def extend_job_once(
        self, job_id: UUID, once: IdempotencyKey, files: Sequence[SubmittedFile]
    ) -> list[SubmittedItem]:
        """Add files like `extend_job`, or return no items if the idempotency key is in use."""
        async with self._database.connection() as conn:
            return await extend_job_once(conn, job_id, files, once)

    async def _register_objects(self, hashes: Sequence[Sequence[bytes]]) -> Sequence[None]:
        async with self._database.connection() as conn:
            await register_objects(conn, list(chain.from_iterable(hashes)))
        return [None] * len(hashes)

    async def _create_jobs(self, new_jobs: Sequence[NewJob]) -> list[list[SubmittedItem]]:
        async with self._database.connection() as conn:
            return await create_jobs(conn, new_jobs)

    async def _store(self, uploads: Sequence[Upload], files: Sequence[SubmittedFile]) -> None:
        """Write the valid files to object storage concurrently.

        Raises:
            UnavailableError: a file could not be stored, or storing took too long.
        """
        try:
            async with asyncio.timeout(STORE_SECONDS), asyncio.TaskGroup() as tasks:
                for upload, file in zip(uploads, files, strict=True):
                    if file.image:
                        tasks.create_task(self._put(upload, file.image))
        except TimeoutError as error:
            raise ObjectStoreUnavailableError from error
        except ExceptionGroup as group:
            raise group.exceptions[0] from group

    async def _put(self, upload: Upload, image: StoredImage) -> None:
        await to_thread.run_sync(
            self._storage.put,
            original_key(image.sha256),
            upload.file,
            image.bytes,
            image.media_type,
            limiter=self._writing,
        )

    def _validate_all(self, uploads: Sequence[Upload]) -> list[SubmittedFile]:
        return [self._validate(upload) for upload in uploads]

    def _validate(self, upload: Upload) -> SubmittedFile:
        """Return the metadata of a valid file, or the code and detail of its rejection."""
        try:
            image = inspect(upload, self._settings, self._inspectors)
        except FileRejectedError as error:
            return SubmittedFile(
                name=upload.name, problem_code=error.code, problem_detail=error.detail
            )
        return SubmittedFile(name=upload.name, image=image)


UploadSlotsDep = Annotated[ConcurrencyLimit, resource("upload_slots")]
SubmissionsDep = Annotated[Submissions, resource("submissions")]
