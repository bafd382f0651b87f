"""Purge expired images from the trash and delete orphaned objects."""

import time
from datetime import timedelta

from anyio import to_thread

from api.background.runtime import BackgroundService
from infra.database.pool import Database
from infra.database.queries.audit import AuditEvent, add_events, delete_old_events
from infra.database.queries.idempotency import delete_expired_keys
from infra.database.queries.orphaned_objects import claim_orphan_candidate
from infra.database.queries.purge import purge_images
from infra.database.queries.webhooks import delete_old_deliveries
from infra.storage import ObjectStore, original_key, thumbnail_key
from infra.telemetry.logging import get_logger

log = get_logger(__name__)

# Seconds between runs, and between runs while there is something to delete.
IDLE_INTERVAL = 60.0
BUSY_INTERVAL = 2.0
# Longer than an upload can take between storing its first file and recording it.
COLLECT_AFTER = timedelta(hours=1)
# Time limit for deleting objects in one run, which leaves the database and storage to requests.
COLLECT_SECONDS = 1.0


class Cleanup(BackgroundService):
    """Deletes expired images, objects and records."""

    name = "cleanup"
    leader_only = True

    def __init__(
        self,
        database: Database,
        objects: ObjectStore,
        *,
        retention: timedelta,
        audit_retention: timedelta = timedelta(days=90),
    ) -> None:
        super().__init__(interval=IDLE_INTERVAL)
        self._database = database
        self._objects = objects
        self._retention = retention
        self._audit_retention = audit_retention

    async def run_once(self) -> None:
        purged = await self._purge()
        collected = await self.collect(COLLECT_AFTER)
        async with self._database.connection() as conn:
            await delete_expired_keys(conn)
            await delete_old_deliveries(conn)
            await delete_old_events(conn, self._audit_retention)
        if purged or collected:
            log.info("trash.emptied", images=purged, objects=collected)
        # The work of a run is limited, so more may be left.
        self.interval = BUSY_INTERVAL if purged or collected else IDLE_INTERVAL

    async def _purge(self) -> int:
        async with self._database.connection() as conn, conn.transaction():
            purged = await purge_images(conn, older_than=self._retention)
            if purged:
                details = {"reason": "retention"}
                event = AuditEvent(event="images.purged", count=len(purged), details=details)
                await add_events(conn, [event])
        return len(purged)

    async def collect(self, older_than: timedelta) -> int:
        """Delete orphaned objects that were registered longer ago than `older_than`.

        Stops after COLLECT_SECONDS. Returns the number of images whose objects were deleted.
        """
        removed = 0
        deadline = time.monotonic() + COLLECT_SECONDS
        while time.monotonic() < deadline:
            async with (
                self._database.connection(limited=False) as conn,
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
