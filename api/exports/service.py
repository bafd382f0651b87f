"""Run one export in one database snapshot, with an optional manifest."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from api.concurrency import ConcurrencyLimit
from api.dependencies import resource
from api.exports import manifest
from api.exports.formats import ExportStats, Format, choose_strategy
from infra.database.pool import Database
from infra.database.search.compiler import Filter
from infra.database.search.export import consistent_snapshot
from infra.storage import ObjectStore

FILE_NAME = "gallery"
"""File name without extension, inside an archive with a manifest."""


@dataclass(frozen=True, slots=True)
class ExportResources:
    """Resources that the exports of one process share."""

    database: Database
    objects: ObjectStore
    slots: ConcurrencyLimit


ExportsDep = Annotated[ExportResources, resource("exports")]


class Export:
    """One export. Consume either `blocks` or `with_manifest`, once.

    Attributes:
        extension: File name extension of the format.
        media_type: Media type of the file.
    """

    def __init__(
        self,
        resources: ExportResources,
        which: Filter,
        format_: Format,
        *,
        bom: bool,
        client: str | None = None,
    ) -> None:
        self._resources = resources
        self._which = which
        self._client = client
        self._strategy = choose_strategy(format_, resources.objects, bom=bom)
        self._stats = ExportStats()
        self.extension = format_
        self.media_type = self._strategy.media_type

    @property
    def rows(self) -> int:
        """Number of images written so far."""
        return self._stats.rows

    async def blocks(self) -> AsyncIterator[bytes]:
        """Yield the blocks of the file. An error aborts the response, so that it has no end.

        Raises:
            BusyError: Too many exports are in progress.
        """
        # No timeout: an export takes as long as its client needs. Different tasks start and end it,
        # which `asyncio.timeout` does not support.
        async with (
            self._resources.slots.enter(self._client),
            self._resources.database.connection(limited=False) as conn,
            consistent_snapshot(conn),
        ):
            async for block in self._strategy.blocks(conn, self._which, self._stats):
                yield block

    async def with_manifest(self, request: dict[str, object]) -> AsyncIterator[bytes]:
        """Yield the blocks of a zip with the file and its manifest.

        Args:
            request: Fields of the manifest that identify what was requested.

        Raises:
            BusyError: Too many exports are in progress.
        """
        self._stats.models = models = set[str]()

        def facts() -> dict[str, object]:
            return request | {"models": sorted(models), "rows": self._stats.rows}

        name = f"{FILE_NAME}.{self.extension}"
        async for block in manifest.pack(self.blocks(), name, facts):
            yield block


def describe_ids(ids: Sequence[UUID]) -> dict[str, object]:
    """Return number and hash of distinct ids; the hash equals `sort -u ids.txt | sha256sum`."""
    lines = sorted({f"{each}\n" for each in ids})
    return {"ids": len(lines), "ids_sha256": hashlib.sha256("".join(lines).encode()).hexdigest()}
