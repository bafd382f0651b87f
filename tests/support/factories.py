"""Create rows as an upload does, and query the database."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import psycopg
from psycopg import AsyncConnection

from core.ids import new_id
from infra.database.queries.submissions import NewJob, StoredImage, SubmittedFile, create_jobs


def image_file(name: str) -> SubmittedFile:
    """Return a validated JPEG. Equal names give equal SHA-256 values."""
    sha256 = hashlib.sha256(name.encode()).digest()
    image = StoredImage(sha256=sha256, media_type="image/jpeg", bytes=1000, width=32, height=24)
    return SubmittedFile(name=name, image=image)


@dataclass(frozen=True, slots=True)
class Submitted:
    """Job and its image ids, in the order of submission."""

    job_id: UUID
    image_ids: list[UUID]


async def submit_rows(database_url: str, *names: str) -> Submitted:
    """Create a job with one image per name."""
    job_id = new_id()
    async with await AsyncConnection.connect(database_url, autocommit=True) as conn:
        files = [image_file(name) for name in names]
        [items] = await create_jobs(conn, [NewJob(id=job_id, files=files)])
    return Submitted(job_id, [item.image_id for item in items if item.image_id])


def statuses(database_url: str, ids: Sequence[UUID]) -> list[str | None]:
    """Return the status of each image; None if its row does not exist."""
    with psycopg.connect(database_url) as conn:
        rows = conn.execute("SELECT id, status FROM images WHERE id = ANY(%s)", [list(ids)])
        found: dict[UUID, str] = dict(rows.fetchall())
    return [found.get(each) for each in ids]


def execute(database_url: str, query: str, *parameters: object) -> list[tuple[object, ...]]:
    """Run a statement and return its rows."""
    with psycopg.connect(database_url, autocommit=True) as conn:
        cur = conn.execute(query.encode(), parameters or None)
        return cur.fetchall() if cur.description else []
