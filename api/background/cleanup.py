"""Emptying the trash after its retention, and removing objects that no picture names."""

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

EVERY_SECONDS = 60.0
# Longer than an upload can possibly take from its first stored file to its record.
COLLECT_AFTER = timedelta(hours=1)
# A round gives way to the sweeper after this long.
ROUND_SECONDS = 1.0


class Cleanup:
    """Does a little once a minute, for whoever is the sweeper."""

    def __init__(self, database: Database, objects: ObjectStore, *, retention: timedelta) -> None:
        self._database = database
        self._objects = objects
        self._retention = retention
        self._next = 0.0

    async def work(self) -> None:
        """Purge and collect, if it is time. What cannot be done now is done another time."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY_SECONDS
        try:
            purged = await self._purge()
            collected = await self.collect(COLLECT_AFTER)
            async with self._database.connection() as conn:
                await delete_expired_keys(conn)
                await delete_old_deliveries(conn)
        except UnavailableError as error:
            log.info("housekeeping put off", reason=str(error))
            return
        if purged or collected:
            log.info("trash emptied", pictures=purged, objects=collected)
            self._next = 0.0  # there may be more

    async def _purge(self) -> int:
        async with self._database.connection() as conn:
            return len(await purge_images(conn, older_than=self._retention))

    async def collect(self, older_than: timedelta) -> int:
        """Remove listed objects; return how many pictures' objects went."""
        removed = 0
        deadline = time.monotonic() + ROUND_SECONDS
        while time.monotonic() < deadline:
            async with (
                self._database.connection(seconds=None) as conn,
                claim_orphan_candidate(conn, older_than) as (sha256, named),
            ):
                if sha256 is None:
                    break
                if not named:
                    await to_thread.run_sync(self._remove, sha256)
                    removed += 1
        return removed

    def _remove(self, sha256: bytes) -> None:
        for key in (original_key(sha256), thumbnail_key(sha256)):
            self._objects.delete(key)
