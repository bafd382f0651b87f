"""Group commit: write the entries of concurrent callers together."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

from core.errors import UnavailableError

Entry = TypeVar("Entry")
Result = TypeVar("Result")

# Entries per write. The time that a caller waits for the entries of others is limited by it.
_MAX_ENTRIES = 32


class GroupCommit(Generic[Entry, Result]):
    """Pass the entries of concurrent callers to one function call.

    One write runs at a time. Entries that arrive meanwhile form the next group, so an idle service
    writes each entry at once, and the groups grow with the load.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Entry]], Awaitable[Sequence[Result]]],
        max_entries: int = _MAX_ENTRIES,
    ) -> None:
        """Initialise.

        Args:
            write: Writes entries, all or none, and returns one result for each, in order.
            max_entries: Maximum number of entries per call of `write`.
        """
        self._write = write
        self._max_entries = max_entries
        self._waiting: list[tuple[Entry, asyncio.Future[Result]]] = []
        self._task: asyncio.Task[None] | None = None

    async def add(self, entry: Entry) -> Result:
        """Write an entry, together with others that are waiting, and return its result.

        An entry is written even if its caller is cancelled meanwhile. If a group fails, its entries
        are written one by one, so that an invalid entry fails alone.

        Raises:
            UnavailableError: From `write`, for the whole group; it may have been written.
        """
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, future))
        if self._task is None:
            # The logging and tracing context of one caller does not apply to the whole group.
            self._task = asyncio.create_task(self._write_waiting(), context=Context())
        return await future

    async def _write_waiting(self) -> None:
        try:
            while self._waiting:
                group = self._waiting[: self._max_entries]
                del self._waiting[: self._max_entries]
                await self._write_group(group)
        finally:
            self._task = None

    async def _write_group(self, group: Sequence[tuple[Entry, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._write([entry for entry, _ in group])
        except Exception as error:  # noqa: BLE001 (raised to the callers)
            if len(group) > 1 and not isinstance(error, UnavailableError):
                for each in group:
                    await self._write_group([each])
                return
            for _, future in group:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), result in zip(group, results, strict=True):
            if not future.done():
                future.set_result(result)
