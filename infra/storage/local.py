"""Object storage in a local directory, for a service on one machine."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from core.errors import ObjectNotFoundError, ObjectStoreUnavailableError


class LocalObjects:
    """Objects as files in a directory tree with two levels, which keeps each directory small.

    Writes are atomic and durable: the file is written under a temporary name, synced to disk and
    then renamed.
    """

    def __init__(self, root: str | Path) -> None:
        self._root = Path(root)

    def put(self, key: str, data: BinaryIO, size: int, media_type: str) -> None:  # noqa: ARG002 (for S3)
        path = self._path(key)
        unfinished = self._root / "unfinished" / uuid4().hex
        with _local_errors(key):
            try:
                _with_parent(unfinished, lambda: self._write(unfinished, data))
                _with_parent(path, lambda: unfinished.replace(path))
                _sync_directory(path.parent)
            except BaseException:
                unfinished.unlink(missing_ok=True)
                raise

    def get(self, key: str) -> bytes:
        with _local_errors(key):
            return self._path(key).read_bytes()

    def read(self, key: str, offset: int, length: int) -> bytes:
        with _local_errors(key), self._path(key).open("rb") as file:
            file.seek(offset)
            return file.read(length)

    def delete(self, key: str) -> None:
        with _local_errors(key):
            self._path(key).unlink(missing_ok=True)

    def check(self) -> None:
        with _local_errors(str(self._root)):
            self._root.mkdir(parents=True, exist_ok=True)

    def _path(self, key: str) -> Path:
        folder, name = key.split("/")
        return self._root / folder / name[:2] / name

    def _write(self, path: Path, data: BinaryIO) -> None:
        with path.open("xb") as file:
            shutil.copyfileobj(data, file, 1 << 20)
            file.flush()
            os.fsync(file.fileno())


def _with_parent(path: Path, action: Callable[[], object]) -> None:
    """Run an action on a path; if the parent directory is missing, create it and try again."""
    try:
        action()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        action()


def _sync_directory(path: Path) -> None:
    """Sync a directory, so that a rename in it survives a power failure."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _local_errors(key: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise ObjectNotFoundError(f"There is no object {key!r}.") from error
    except OSError as error:
        raise ObjectStoreUnavailableError(
            f"Object storage is unavailable ({error.strerror}). Retry shortly."
        ) from error
