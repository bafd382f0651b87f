"""Getting originals from object storage a little ahead of their turn."""

import hashlib
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from infra.database.work import ClaimedImage
from infra.errors import ClassificationError, ObjectNotFoundError
from infra.objects import ObjectStore, original_key

# While one picture is classified, this many more are on their way.
AHEAD = 2

Fetched = tuple[ClaimedImage, bytes | ClassificationError]


def fetch_ahead(
    objects: ObjectStore, images: Sequence[ClaimedImage], executor: ThreadPoolExecutor
) -> Iterator[Fetched]:
    """Yield each picture with its bytes, or with the reason why there are none.

    Raises:
        ObjectStoreUnavailableError: object storage is away; what was not yielded is untouched.
    """
    coming: deque[tuple[ClaimedImage, Future[bytes | ClassificationError]]] = deque()
    rest = iter(images)
    try:
        while True:
            for image in rest:
                coming.append((image, executor.submit(_fetch, objects, image)))
                if len(coming) > AHEAD:
                    break
            if not coming:
                return
            image, future = coming.popleft()
            yield image, future.result()
    finally:
        for _, future in coming:
            future.cancel()


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
