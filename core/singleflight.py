"""Deduplication of concurrent calls."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Result = TypeVar("Result")


class SingleFlight(Generic[Result]):
    """Run an async function once for all concurrent callers that may share its result.

    At most one call runs at a time, in the task of its caller. A caller that waited gets the result
    of a call that started after its request.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._version: object = None
        self._started = -math.inf
        self._result: Result

    async def run(
        self,
        function: Callable[[], Awaitable[Result]],
        *,
        version: object = None,
        requested: float | None = None,
    ) -> Result:
        """Call the function, or return the result of another call that is recent enough.

        Args:
            function: The function. Its errors are raised to its caller only; the next one retries.
            version: If given, any result of the same version is recent enough.
            requested: Monotonic time of the request; the default is now.
        """
        requested = time.monotonic() if requested is None else requested
        if not self._is_valid(version, requested):
            async with self._lock:
                if not self._is_valid(version, requested):
                    started = time.monotonic()
                    self._result = await function()
                    self._started, self._version = started, version
        return self._result

    def _is_valid(self, version: object, requested: float) -> bool:
        return self._started >= requested or (version is not None and self._version == version)
