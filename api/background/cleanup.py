"""Purge expired images from the trash and delete orphaned objects."""

import time
from datetime import timedelta

from anyio import to_thread

from core.errors import UnavailableError
from infra.database.pool import Database
from infra.database.queries.idempotency import delete_expired_keys
from infra.database.queries.orphaned_objects import claim_orphan_candidate
from infra.database.queries.purge import purge_images
from infra.database.queries.webhooks import delete_old_deliveries
from infra.storage import ObjectStore, original_key, thumbnail_key
from infra.telemetry.logging import get_logger

log = get_logger(__name__)

INTERVAL_SECONDS = 60.0
# Longer than an upload can take between storing its first file and recording it.
COLLECT_AFTER = timedelta(hours=1)
# Time limit of one run, so that the sweeper is not delayed.
RUN_SECONDS = 1.0


class Cleanup:
    """Deletes expired data once a minute, in the process that holds the sweeper lock."""

    def __init__(self, database: Database, objects: ObjectStore, *, retention: timedelta) -> None:
        self._database = database
        self._objects = objects
        self._retention = retention
        self._next_run = 0.0

    async def work(self) -> None:
        """Purge images, collect objects and delete old records, if a run is due."""
        if time.monotonic() < self._next_run:
            return
        self._next_run = time.monotonic() + INTERVAL_SECONDS
        try:
            purged = await self._purge()
            collected = await self.collect(COLLECT_AFTER)
            async with self._database.connection() as conn:
                await delete_expired_keys(conn)
                await delete_old_deliveries(conn)
        except UnavailableError as error:
            log.info("cleanup.postponed", reason=str(error))
            return
        if purged or collected:
            log.info("trash.emptied", images=purged, objects=collected)
            self._next_run = 0.0  # more may be left, since a run is limited

    async def _purge(self) -> int:
        async with self._database.connection() as conn:
            return len(await purge_images(conn, older_than=self._retention))

    async def collect(self, older_than: timedelta) -> int:
        """Delete orphaned objects that were registered longer ago than `older_than`.

        Stops after RUN_SECONDS.

        Returns:
            The number of images of which the objects were deleted.
        """
        removed = 0
        deadline = time.monotonic() + RUN_SECONDS
        while time.monotonic() < deadline:
            async with (
                self._database.connection(seconds=None) as conn,
                claim_orphan_candidate(conn, older_than) as (sha256, is_referenced),
            ):
                if sha256 is None:
                    break
                if not is_referenced:
                    await to_thread.run_sync(self._remove, sha256)
                    removed += 1
        return removed

    def _remove(self, sha256: bytes) -> None:
        for key in (original_key(sha256), thumbnail_key(sha256)):
            self._objects.delete(key)
