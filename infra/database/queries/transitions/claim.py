"""Claim images under a lease, renew the lease, and release images without a result."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from infra.database.queries.transitions.columns import PUBLISH_DELAY, assign, queued_again


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedImage:
    """An image that a worker has claimed. `attempts` counts this claim."""

    id: UUID
    sha256: bytes
    media_type: str
    attempts: int


# A suspect (an image with an attempt before this one) is claimed only by itself: if its worker dies
# again, no other image can be the cause.
CLAIM_IMAGES = """
    UPDATE images
       SET status = 'running',
           attempts = attempts + 1,
           lease = %(lease)s,
           leased_until = now() + %(lease_for)s,
           worker = %(worker)s,
           changed_at = now()
     WHERE id IN (
               SELECT id
                 FROM images
                WHERE id = ANY(%(ids)s)
                  AND status = 'queued'
                  AND (attempts = 0 OR %(alone)s)
                ORDER BY id
                  FOR UPDATE SKIP LOCKED)
    RETURNING id, sha256, media_type, attempts
"""


def claim_images(
    conn: Connection, ids: Sequence[UUID], *, lease: UUID, lease_for: timedelta, worker: str
) -> list[ClaimedImage]:
    """Claim the images of a message that are still queued, and count the attempt.

    A message that is delivered twice claims nothing the second time.

    Args:
        conn: The connection.
        ids: The images of the message.
        lease: New id, common to all claimed images.
        lease_for: Duration of the lease.
        worker: Id of the worker in its heartbeats.
    """
    with conn.cursor(row_factory=class_row(ClaimedImage)) as cur:
        cur.execute(
            CLAIM_IMAGES,
            {
                "ids": list(ids),
                "alone": len(ids) == 1,
                "lease": lease,
                "lease_for": lease_for,
                "worker": worker,
            },
        )
        return cur.fetchall()


RENEW_LEASE = """
    UPDATE images
       SET leased_until = now() + %(lease_for)s
     WHERE id = ANY(%(ids)s)
       AND status = 'running'
       AND lease = %(lease)s
"""


def renew_lease(
    conn: Connection, ids: Sequence[UUID], *, lease: UUID, lease_for: timedelta
) -> None:
    """Extend the lease to `lease_for` from now, for those of the images that still have it."""
    conn.execute(RENEW_LEASE, {"ids": list(ids), "lease": lease, "lease_for": lease_for})


_RELEASED = queued_again(
    attempts="attempts - CASE WHEN %(suspect)s THEN 0 ELSE 1 END",
    published_at=f"now() + %(delay)s - {PUBLISH_DELAY}",
)

RELEASE_IMAGES = f"""
    UPDATE images
       SET {assign(_RELEASED)}
     WHERE id = ANY(%(ids)s)
       AND status = 'running'
       AND lease = %(lease)s
"""


def release_images(
    conn: Connection,
    ids: Sequence[UUID],
    *,
    lease: UUID,
    delay: timedelta = timedelta(0),
    suspect: bool = False,
) -> None:
    """Return images to the queue without a result, for those that still have the lease.

    Args:
        conn: The connection.
        ids: The images.
        lease: The lease of the claim.
        delay: Time until the sweeper publishes the images.
        suspect: Whether the images may have crashed the worker. Suspects keep the attempt and are
            claimed alone from now on.
    """
    conn.execute(
        RELEASE_IMAGES, {"ids": list(ids), "lease": lease, "delay": delay, "suspect": suspect}
    )
