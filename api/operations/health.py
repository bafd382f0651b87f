"""Liveness and readiness probes."""

from collections.abc import Awaitable
from functools import partial
from http import HTTPStatus
from typing import Annotated, Literal

from anyio import to_thread
from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from api.auth.scopes import requires
from api.dependencies import DatabaseDep, QueueDep, StorageDep, resource
from api.operations.status import describe_workers
from core.errors import GalleryError
from core.singleflight import SingleFlight
from infra.database.pool import Database
from infra.database.queries.queue_stats import Waiting, get_waiting
from infra.database.queries.workers import Worker, list_live_workers
from infra.queue.celery import Queue
from infra.storage import ObjectStore

# Time that a worker may take to start before a non-empty queue counts as a failure.
WORKER_START_SECONDS = 10
# Age of the oldest waiting image above which the queue counts as stuck.
MAX_WAITING_SECONDS = 3600

router = APIRouter(tags=["operations"])


class Alive(BaseModel):
    """Result of the liveness probe."""

    status: Literal["alive"] = Field("alive", description="Always `alive`.")


class Check(BaseModel):
    """State of one dependency."""

    ok: bool = Field(description="Whether the dependency works.")
    detail: str = Field(description="Explanation for people.")


class Readiness(BaseModel):
    """Result of the readiness probe."""

    status: Literal["ready", "degraded", "unavailable"] = Field(
        description="`ready`: all checks passed. `degraded`: uploads are accepted and classified "
        "later. `unavailable`: uploads cannot be accepted."
    )
    checks: dict[str, Check] = Field(description="State of each dependency by name.")


@router.get("/healthz", operation_id="getHealth")
@requires("public")
async def get_health() -> Alive:
    """Check that the process responds. Does not check any dependency."""
    return Alive()


ReadinessProbe = SingleFlight[Readiness]
ReadinessProbeDep = Annotated[ReadinessProbe, resource("readiness_probe")]


@router.get("/readyz", operation_id="getReadiness", responses={503: {"model": Readiness}})
@requires("public")
async def get_readiness(
    probe: ReadinessProbeDep,
    database: DatabaseDep,
    storage: StorageDep,
    queue: QueueDep,
    response: Response,
) -> Readiness:
    """Check whether uploads can be accepted and classified.

    Accepting uploads requires the database and object storage. Classifying them also requires the
    queue and at least one worker.
    """
    readiness = await probe.run(partial(_check_all, database, storage, queue))
    if readiness.status == "unavailable":
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return readiness


async def _check_all(database: Database, storage: ObjectStore, queue: Queue) -> Readiness:
    checks = {
        **await _check_database(database),
        "objects": await _check(to_thread.run_sync(storage.check)),
        "queue": await _check(to_thread.run_sync(queue.check)),
    }
    can_accept = checks["database"].ok and checks["objects"].ok
    all_ok = all(check.ok for check in checks.values())
    status: Literal["ready", "degraded", "unavailable"] = (
        "ready" if all_ok else "degraded" if can_accept else "unavailable"
    )
    return Readiness(status=status, checks=checks)


async def _check_database(database: Database) -> dict[str, Check]:
    """Check the database, and what its rows say about workers, model and waiting images."""
    try:
        async with database.connection() as conn:
            workers = await list_live_workers(conn)
            waiting = await get_waiting(conn)
    except GalleryError as error:
        failed = Check(ok=False, detail=str(error))
        return dict.fromkeys(("database", "workers", "model", "waiting"), failed)
    summary = describe_workers(workers)
    has_worker = summary.state == "ready"
    return {
        "database": Check(ok=True, detail="ok"),
        "workers": Check(ok=has_worker, detail=summary.detail),
        "model": _check_model(workers),
        "waiting": _check_waiting(waiting, has_worker=has_worker),
    }


def _check_model(workers: list[Worker]) -> Check:
    """Return the loaded model, or the reason why no worker has loaded one."""
    model = next((worker.model for worker in workers if worker.model), None)
    if model:
        return Check(ok=True, detail=model)
    reason = next((worker.detail for worker in workers if worker.detail), "")
    return Check(ok=False, detail=reason or "No worker has loaded a model.")


def _check_waiting(waiting: Waiting, *, has_worker: bool) -> Check:
    """Fail if images wait and no worker is ready, or if the oldest waits too long."""
    if not waiting.images:
        return Check(ok=True, detail="queue empty")
    age = round(waiting.oldest_seconds)
    detail = f"Images waiting: {waiting.images}; oldest: {age} s."
    if not has_worker and age > WORKER_START_SECONDS:
        return Check(ok=False, detail=f"{detail} No worker is ready.")
    return Check(ok=age < MAX_WAITING_SECONDS, detail=detail)


async def _check(probe: Awaitable[None]) -> Check:
    try:
        await probe
    except GalleryError as error:
        return Check(ok=False, detail=str(error))
    return Check(ok=True, detail="ok")
