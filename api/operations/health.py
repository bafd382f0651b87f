"""Is the process alive, and can it do its work?"""

from collections.abc import Awaitable
from functools import partial
from http import HTTPStatus
from typing import Literal

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from api.dependencies import Service, ServiceDep
from api.operations.status import describe_workers
from api.singleflight import SingleFlight
from core.errors import GalleryError
from infra.database.queries.queue_stats import get_waiting
from infra.database.queries.workers import list_live_workers

# Time for a worker to start in, and an age that no healthy backlog of ours reaches.
STARTING_SECONDS = 10
TOO_LONG_SECONDS = 3600

router = APIRouter(tags=["operations"])


class Alive(BaseModel):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Check(BaseModel):
    """One thing that the service stands on."""

    ok: bool
    detail: str


class Readiness(BaseModel):
    """`ready`: all is well. `degraded`: uploads are taken and will be classified later."""

    status: Literal["ready", "degraded", "unavailable"]
    checks: dict[str, Check]


@router.get("/healthz", operation_id="getHealth")
async def get_health() -> Alive:
    """The process is alive; nothing else is touched."""
    return Alive()


@router.get("/readyz", operation_id="getReadiness", responses={503: {"model": Readiness}})
async def get_readiness(request: Request, service: ServiceDep, response: Response) -> Readiness:
    """Whether uploads can be taken (database, object storage) and classified (queue, workers)."""
    looking: SingleFlight[Readiness] = request.app.state.readiness
    readiness = await looking.run(partial(_look, service))
    if readiness.status == "unavailable":
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return readiness


async def _look(service: Service) -> Readiness:
    checks = {
        "database": await _check(_database(service)),
        "objects": await _check(to_thread.run_sync(service.objects.check)),
        "queue": await _check(to_thread.run_sync(service.queue.check)),
        "workers": await _workers(service),
        "model": await _model(service),
        "waiting": await _waiting(service),
    }
    can_take = checks["database"].ok and checks["objects"].ok
    all_well = all(check.ok for check in checks.values())
    status: Literal["ready", "degraded", "unavailable"] = (
        "ready" if all_well else "degraded" if can_take else "unavailable"
    )
    return Readiness(status=status, checks=checks)


async def _database(service: Service) -> None:
    async with service.database.connection() as conn:
        await conn.execute("SELECT 1")


async def _workers(service: Service) -> Check:
    try:
        async with service.database.connection() as conn:
            workers = describe_workers(await list_live_workers(conn))
    except GalleryError as error:
        return Check(ok=False, detail=str(error))
    return Check(ok=workers.state == "ready", detail=workers.detail)


async def _model(service: Service) -> Check:
    """Which model classifies, or what keeps it from being there."""
    try:
        async with service.database.connection() as conn:
            workers = await list_live_workers(conn)
    except GalleryError as error:
        return Check(ok=False, detail=str(error))
    model = next((worker.model for worker in workers if worker.model), None)
    if model:
        return Check(ok=True, detail=f"It is {model}.")
    reason = next((worker.detail for worker in workers if worker.detail), "")
    return Check(ok=False, detail=reason or "No worker has loaded one.")


async def _waiting(service: Service) -> Check:
    """Not well where pictures wait and nobody is there, or have waited for far too long."""
    try:
        async with service.database.connection() as conn:
            waiting = await get_waiting(conn)
            alone = describe_workers(await list_live_workers(conn)).state != "ready"
    except GalleryError as error:
        return Check(ok=False, detail=str(error))
    if not waiting.pictures:
        return Check(ok=True, detail="Nothing waits.")
    age = round(waiting.oldest_seconds)
    detail = f"Pictures that wait: {waiting.pictures}; the longest for {age} s."
    if alone and age > STARTING_SECONDS:
        return Check(ok=False, detail=f"{detail} No worker is ready.")
    return Check(ok=age < TOO_LONG_SECONDS, detail=detail)


async def _check(answer: Awaitable[None]) -> Check:
    try:
        await answer
    except GalleryError as error:
        return Check(ok=False, detail=str(error))
    return Check(ok=True, detail="It answers.")
