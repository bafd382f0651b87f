"""Download originals ahead of classification."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
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

# Originals that are downloaded while one image is classified.
PREFETCH_COUNT = 2

Result = TypeVar("Result")
Fetched = tuple[ClaimedImage, bytes | ClassificationError]


def prefetch(
    objects: ObjectStore,
    images: Sequence[ClaimedImage],
    executor: ThreadPoolExecutor,
    *,
    seconds_left: Callable[[], float],
    timings: Timings,
) -> Iterator[Fetched]:
    """Yield each image with its original, or with the error if the original is missing or corrupt.

    Args:
        objects: Object storage.
        images: Images in the order in which they are yielded.
        executor: Runs the downloads.
        seconds_left: Returns the seconds until the deadline of the downloads.
        timings: Receives the duration of each download.

    Raises:
        ObjectStoreUnavailableError: Object storage is unavailable or exceeds the deadline.
    """
    pending: deque[tuple[ClaimedImage, Future[bytes | ClassificationError]]] = deque()
    rest = iter(images)
    try:
        while True:
            for image in rest:
                pending.append((image, executor.submit(_fetch_timed, objects, image, timings)))
                if len(pending) > PREFETCH_COUNT:
                    break
            if not pending:
                return
            image, future = pending.popleft()
            yield image, result_within(seconds_left(), future)
    finally:
        for _, future in pending:
            future.cancel()


def result_within(seconds: float, future: Future[Result]) -> Result:
    """Wait at most this long for a request to object storage and return its result.

    Raises:
        ObjectStoreUnavailableError: The request failed or takes longer.
    """
    try:
        return future.result(timeout=max(0.0, seconds))
    except TimeoutError as error:
        raise ObjectStoreUnavailableError(
            "Object storage did not respond before the deadline of the batch."
        ) from error


def _fetch_timed(
    objects: ObjectStore, image: ClaimedImage, timings: Timings
) -> bytes | ClassificationError:
    with timings.measure("fetch", image.id):
        return _fetch(objects, image)


def _fetch(objects: ObjectStore, image: ClaimedImage) -> bytes | ClassificationError:
    """Download and verify an original; a second attempt rules out corruption in transfer."""
    for _ in range(2):
        try:
            data = objects.get(original_key(image.sha256))
        except ObjectNotFoundError:
            return ClassificationError(
                "object_missing",
                "The original is missing from object storage. Upload the image again.",
            )
        if hashlib.sha256(data).digest() == image.sha256:
            return data
    return ClassificationError(
        "object_corrupt",
        "The original in object storage is corrupt: its SHA-256 differs. Upload the image again.",
    )
