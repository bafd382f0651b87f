"""Delete, purge and reclassify images."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from uuid import UUID

from core.errors import ConflictError
from infra.database.pool import Database
from infra.database.queries import images, purge
from infra.database.queries.transitions import (
    Scope,
    find_for_reclassification,
    reclassify_images,
)
from infra.database.queries.workers import Worker, list_live_workers
from infra.database.search.compiler import Filter

# Images purged per transaction, to keep locks short.
_PURGE_BATCH = 1000


async def delete_images(
    database: Database, which: Filter, *, at_once: int = images.AT_ONCE
) -> AsyncIterator[list[UUID]]:
    """Move images to the trash in batches; yield the ids of each batch that was moved."""
    async with database.connection() as conn:
        chosen = await images.find_images(conn, which)
    for batch in images.batches_of(chosen, at_once):
        async with database.connection() as conn:
            moved = await images.trash_images(conn, batch)
        yield moved


async def purge_trash(database: Database, ids: Sequence[UUID] | None) -> AsyncIterator[int]:
    """Delete images in the trash permanently, in batches; yield the size of each batch.

    Args:
        database: Connection pool.
        ids: Images to purge, if they are in the trash; None for the whole trash.
    """
    while True:
        async with database.connection() as conn:
            batch = await purge.purge_images(
                conn, older_than=timedelta(0), ids=ids, limit=_PURGE_BATCH
            )
        if not batch:
            return
        yield len(batch)


async def reclassify(
    database: Database, found: Filter, scope: Scope, *, at_once: int = images.AT_ONCE
) -> int:
    """Queue images for classification in batches; return their number.

    Raises:
        ConflictError: The scope is `older_model` and the current model is ambiguous.
    """
    model = await _current_model(database) if scope == "older_model" else None
    async with database.connection() as conn:
        chosen = await find_for_reclassification(conn, found, scope, model=model)
    queued = 0
    for batch in images.batches_of(chosen, at_once):
        async with database.connection() as conn:
            queued += await reclassify_images(conn, batch, scope, model=model)
    return queued


async def _current_model(database: Database) -> str:
    async with database.connection() as conn:
        return current_model(await list_live_workers(conn))


def current_model(workers: Sequence[Worker]) -> str:
    """Return the model that all ready workers have.

    Raises:
        ConflictError: No worker is ready, or ready workers have different models. With two models
            in use, workers would reclassify each other's results.
    """
    models = sorted({each.model for each in workers if each.state == "ready" and each.model})
    match models:
        case [model]:
            return model
        case []:
            raise ConflictError(
                "No worker is ready, so the current model is unknown; start a worker and retry."
            )
        case _:
            raise ConflictError(
                f"Ready workers have different models ({', '.join(models)}); stop the workers with "
                "the older model, or wait until they have ended, and retry."
            )
