"""Getting originals from object storage a little ahead of their turn."""

import hashlib
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from core.errors import (
    ClassificationError,
    ObjectNotFoundError,
    ObjectStoreUnavailableError,
)
from infra.database.queries.transitions import ClaimedImage
from infra.storage import ObjectStore, original_key
from worker.timings import Timings

# While one picture is classified, this many more are on their way.
PREFETCH_COUNT = 2

Result = TypeVar("Result")
Fetched = tuple[ClaimedImage, bytes | ClassificationError]


def prefetch(
    objects: ObjectStore,
    images: Sequence[ClaimedImage],
    executor: ThreadPoolExecutor,
    *,
    deadline: float,
    stages: Timings,
) -> Iterator[Fetched]:
    """Yield each picture with its bytes, or with the reason why there are none.

    Raises:
        ObjectStoreUnavailableError: object storage is away, or has not given the bytes by the
            deadline (of the monotonic clock); what was not yielded is untouched.
    """
    coming: deque[tuple[ClaimedImage, Future[bytes | ClassificationError]]] = deque()
    rest = iter(images)
    try:
        while True:
            for image in rest:
                coming.append((image, executor.submit(_measured, objects, image, stages)))
                if len(coming) > PREFETCH_COUNT:
                    break
            if not coming:
                return
            image, future = coming.popleft()
            yield image, result_before(deadline, future)
    finally:
        for _, future in coming:
            future.cancel()


def result_before(deadline: float, future: Future[Result]) -> Result:
    """What object storage was asked for, unless it takes too long.

    Raises:
        ObjectStoreUnavailableError: it does.
    """
    try:
        return future.result(timeout=max(0.0, deadline - time.monotonic()))
    except TimeoutError as error:
        raise ObjectStoreUnavailableError("Object storage is too slow.") from error


def _measured(
    objects: ObjectStore, image: ClaimedImage, stages: Timings
) -> bytes | ClassificationError:
    with stages.measure("fetch", image.id):
        return _fetch(objects, image)


def _fetch(objects: ObjectStore, image: ClaimedImage) -> bytes | ClassificationError:
    """Fetch and verify; a second try tells a bad transfer from a bad object."""
    for _ in range(2):
        try:
            data = objects.get(original_key(image.sha256))
        except ObjectNotFoundError:
            return ClassificationError("object_missing", "The picture's file is gone from storage.")
        if hashlib.sha256(data).digest() == image.sha256:
            return data
    return ClassificationError("object_corrupt", "The stored file is not the one that was sent.")
