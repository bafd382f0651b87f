"""Limit on concurrent exports."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.errors import BusyError

# Each export holds a database connection until it ends. A semaphore and not a CapacityLimiter,
# because different tasks start and end a response.
_slots = asyncio.Semaphore(3)
# Maximum time that a request waits for a slot. Short exports end within it.
SLOT_SECONDS = 5.0


@asynccontextmanager
async def hold_slot() -> AsyncIterator[None]:
    """Wait up to `SLOT_SECONDS` for an export slot and hold it.

    Raises:
        BusyError: All slots are in use.
    """
    try:
        async with asyncio.timeout(SLOT_SECONDS):
            await _slots.acquire()
    except TimeoutError as error:
        raise BusyError("Too many exports in progress; retry in a few seconds.") from error
    try:
        yield
    finally:
        _slots.release()
