"""Liveness and readiness probes."""

from collections.abc import Awaitable
from functools import partial
from http import HTTPStatus
from typing import Literal

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from api.dependencies import Service, ServiceDep
from api.operations.status import describe_workers
from core.errors import GalleryError
from core.singleflight import SingleFlight
from infra.database.queries.queue_stats import get_waiting
from infra.database.queries.workers import list_live_workers

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
async def get_health() -> Alive:
    """Check that the process responds. Does not check any dependency."""
    return Alive()


@router.get("/readyz", operation_id="getReadiness", responses={503: {"model": Readiness}})
async def get_readiness(request: Request, service: ServiceDep, response: Response) -> Readiness:
    """Check whether uploads can be accepted and classified.

    Accepting uploads requires the database and object storage. Classifying them also requires the
    queue and at least one worker.
    """
    probe: SingleFlight[Readiness] = request.app.state.readiness
    readiness = await probe.run(partial(_check_all, service))
    if readiness.status == "unavailable":
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return readiness


async def _check_all(service: Service) -> Readiness:
    checks = {
        "database": await _check(_query_database(service)),
        "objects": await _check(to_thread.run_sync(service.objects.check)),
        "queue": await _check(to_thread.run_sync(service.queue.check)),
        "workers": await _check_workers(service),
        "model": await _check_model(service),
        "waiting": await _check_waiting(service),
    }
    can_accept = checks["database"].ok and checks["objects"].ok
    all_ok = all(check.ok for check in checks.values())
    status: Literal["ready", "degraded", "unavailable"] = (
        "ready" if all_ok else "degraded" if can_accept else "unavailable"
    )
    return Readiness(status=status, checks=checks)


async def _query_database(service: Service) -> None:
    async with service.database.connection() as conn:
        await conn.execute("SELECT 1")


async def _check_workers(service: Service) -> Check:
    try:
        async with service.database.connection() as conn:
            workers = describe_workers(await list_live_workers(conn))
    except GalleryError as error:
        return Check(ok=False, detail=str(error))
    return Check(ok=workers.state == "ready", detail=workers.detail)


async def _check_model(service: Service) -> Check:
    """Return the loaded model, or the reason why no worker has loaded one."""
    try:
        async with service.database.connection() as conn:
            workers = await list_live_workers(conn)
    except GalleryError as error:
        return Check(ok=False, detail=str(error))
    model = next((worker.model for worker in workers if worker.model), None)
    if model:
        return Check(ok=True, detail=model)
    reason = next((worker.detail for worker in workers if worker.detail), "")
    return Check(ok=False, detail=reason or "No worker has loaded a model.")


async def _check_waiting(service: Service) -> Check:
    """Fail if images wait and no worker is ready, or if the oldest waits too long."""
    try:
        async with service.database.connection() as conn:
            waiting = await get_waiting(conn)
            has_worker = describe_workers(await list_live_workers(conn)).state == "ready"
    except GalleryError as error:
        return Check(ok=False, detail=str(error))
    if not waiting.pictures:
        return Check(ok=True, detail="queue empty")
    age = round(waiting.oldest_seconds)
    detail = f"Images waiting: {waiting.pictures}; oldest: {age} s."
    if not has_worker and age > WORKER_START_SECONDS:
        return Check(ok=False, detail=f"{detail} No worker is ready.")
    return Check(ok=age < MAX_WAITING_SECONDS, detail=detail)


async def _check(probe: Awaitable[None]) -> Check:
    try:
        await probe
    except GalleryError as error:
        return Check(ok=False, detail=str(error))
    return Check(ok=True, detail="ok")
