"""Taking files in: check, store, record, announce."""

from collections.abc import Awaitable, Callable, Sequence
from typing import cast
from uuid import UUID

from anyio import CapacityLimiter, create_task_group, to_thread
from psycopg import AsyncConnection

from api.dependencies import Service
from api.door import inspect
from api.uploads import Upload
from infra.database.submissions import SubmittedFile, SubmittedItem
from infra.errors import FileRejectedError
from infra.objects import original_key
from infra.queue import LANES

Record = Callable[[AsyncConnection, UUID, Sequence[SubmittedFile]], Awaitable[list[SubmittedItem]]]

# Files stored at the same time, per process: storage is waited for, not computed with.
_storing = CapacityLimiter(8)


async def submit(
    service: Service, job_id: UUID, uploads: Sequence[Upload], record: Record
) -> list[SubmittedItem]:
    """Store the good files, record all of them under the job, and announce what waits.

    When this returns, every accepted file is in object storage and in Postgres.

    Raises:
        UnavailableError: nothing was recorded; the whole request may be sent again.
    """
    files: list[SubmittedFile | None] = [None] * len(uploads)

    async def keep(position: int, upload: Upload) -> None:
        files[position] = await to_thread.run_sync(_keep, service, upload, limiter=_storing)

    async with create_task_group() as tasks:
        for position, upload in enumerate(uploads):
            tasks.start_soon(keep, position, upload)
    async with service.database.connection() as conn:
        items = await record(conn, job_id, cast("list[SubmittedFile]", files))
    for lane in LANES:
        waiting = [item.image_id for item in items if item.image_id and item.lane == lane]
        service.announcer.announce(waiting, lane)
    return items


def _keep(service: Service, upload: Upload) -> SubmittedFile:
    """Check one file and store it, or say why not."""
    try:
        picture = inspect(upload, service.settings)
    except FileRejectedError as error:
        return SubmittedFile(name=upload.name, problem_code=error.code, problem_detail=error.detail)
    service.objects.put(
        original_key(picture.sha256), upload.file, picture.bytes, picture.media_type
    )
    return SubmittedFile(name=upload.name, picture=picture)
