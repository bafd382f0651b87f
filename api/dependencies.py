"""Dependencies of routes: one per resource that an API process opens at start."""

from typing import Annotated, Any

from fastapi import Depends, Request

from infra.database.pool import Database
from infra.database.snapshot_cache import SnapshotCache
from infra.queue.celery import Queue
from infra.settings import Settings
from infra.storage import ObjectStore


def resource(name: str) -> Any:  # noqa: ANN401 (the alias below each use states the type)
    """Return a dependency that reads a resource of this process from the lifespan state.

    Args:
        name: key of `api.lifespan.State`.
    """

    async def read(request: Request) -> Any:  # noqa: ANN401
        return getattr(request.state, name)

    return Depends(read)


SettingsDep = Annotated[Settings, resource("settings")]
DatabaseDep = Annotated[Database, resource("database")]
SnapshotCacheDep = Annotated[SnapshotCache, resource("snapshot_cache")]
StorageDep = Annotated[ObjectStore, resource("storage")]
QueueDep = Annotated[Queue, resource("queue")]
