"""Invariants that must hold after the faults."""

import asyncio
import hashlib
from collections import Counter
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from minio import Minio

from api.background.cleanup import Cleanup
from infra.database.pool import open_database
from infra.storage import original_key, thumbnail_key
from tests.chaos.environment import Environment
from tests.chaos.load import Load
from tests.support.processes import until

BUSY = "SELECT count(*) FROM images WHERE status IN ('queued', 'running')"
ROWS = """
    SELECT encode(i.sha256, 'hex'), i.status, i.failure_code,
           (SELECT array_agg(p.rank || ':' || p.class_index ORDER BY p.rank)
              FROM predictions AS p
             WHERE p.image_id = i.id)
      FROM images AS i
"""


def check(environment: Environment, load: Load, *, failed: dict[str, str] | None = None) -> None:
    """Wait until all images are finished, then check every accepted image, job and object.

    Args:
        environment: Service under test.
        load: Uploads that were accepted.
        failed: Expected failure codes by SHA-256 in hexadecimal; all other images must be done.
    """
    expected = failed or {}
    until(
        lambda: environment.query(BUSY) == [(0,)],
        seconds=120,
        what="all images to finish",
        pause=0.5,
    )
    rows = {str(row[0]): row[1:] for row in environment.query(ROWS)}
    results = Counter((rows[sha][0], rows[sha][1]) for sha in load.accepted if sha not in expected)
    assert results == {("done", None): len(load.accepted) - len(expected)}, results
    assert {sha: rows[sha][1] for sha in expected} == expected
    _check_predictions(rows)
    _check_counts(environment, load)
    _check_objects(environment, rows)


def _check_predictions(rows: dict[str, tuple[object, ...]]) -> None:
    """Check that done images have the same five predictions, and all other images none.

    The predictions are the same because the pixels are equal.
    """
    predictions = Counter(str(row[2]) for row in rows.values() if row[0] == "done")
    assert len(predictions) == 1, predictions
    [of_all] = predictions
    assert of_all.count(":") == 5
    assert all(row[2] is None for row in rows.values() if row[0] != "done")


def _check_counts(environment: Environment, load: Load) -> None:
    for job_id in load.jobs:
        job = environment.stack.get(f"/api/v1/jobs/{job_id}")
        counts = job["counts"]
        assert counts.pop("total") == sum(counts.values()) == len(job["items"]), job_id
        assert job["status"] == "done"


def _check_objects(environment: Environment, rows: dict[str, tuple[object, ...]]) -> None:
    """Check that every row has intact objects and that the cleanup removes orphaned ones."""
    for sha, row in rows.items():
        data = environment.objects.get(original_key(bytes.fromhex(sha)))
        assert hashlib.sha256(data).hexdigest() == sha
        if row[0] == "done":
            assert environment.objects.get(thumbnail_key(bytes.fromhex(sha))).startswith(
                b"\xff\xd8"
            )
    asyncio.run(_collect(environment))
    assert {key.split("/")[1] for key in list_keys(environment)} == set(rows)
    assert environment.query("SELECT count(*) FROM unnamed_objects") == [(0,)]


async def _collect(environment: Environment) -> None:
    async with open_database(environment.database_url, name="oracle") as database:
        cleanup = Cleanup(database, environment.objects, retention=timedelta(days=30))
        while await cleanup.collect(timedelta(0)):
            pass


def list_keys(environment: Environment) -> list[str]:
    """Return the keys of all objects."""
    parts = urlsplit(environment.objects_url)
    if parts.scheme == "file":
        files = [path for path in Path(parts.path).rglob("*") if path.is_file()]
        keys = [f"{path.relative_to(parts.path).parts[0]}/{path.name}" for path in files]
        # Partial files of killed processes; the next start deletes them.
        return [key for key in keys if not key.startswith("unfinished/")]
    client = Minio(
        f"{parts.hostname}:{parts.port}",
        access_key=parts.username,
        secret_key=parts.password,
        secure=False,
    )
    names = client.list_objects("chaos", recursive=True)
    return [str(each.object_name) for each in names]
