"""Object storage in a local directory, for one machine."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from core.errors import ObjectNotFoundError, ObjectStoreUnavailableError


class LocalObjects:
    """Keys become files; two levels of folders keep each one small.

    A file appears under its key only when it is whole and on disk: it is written beside,
    synced, then renamed.
    """

    def __init__(self, root: str | Path) -> None:
        self._root = Path(root)

    def put(self, key: str, data: BinaryIO, size: int, media_type: str) -> None:  # noqa: ARG002 (S3 keeps it; here the row does)
        path = self._path(key)
        unfinished = self._root / "unfinished" / uuid4().hex
        with _local_errors(key):
            try:
                _in_folder(unfinished, lambda: self._write(unfinished, data))
                _in_folder(path, lambda: unfinished.replace(path))
                _sync_directory(path.parent)
            except BaseException:
                unfinished.unlink(missing_ok=True)
                raise

    def get(self, key: str) -> bytes:
        with _local_errors(key):
            return self._path(key).read_bytes()

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


def _in_folder(path: Path, act: Callable[[], object]) -> None:
    """Act on a path; its folder is made first only where it turns out to be missing."""
    try:
        act()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        act()


def _sync_directory(path: Path) -> None:
    """Make a rename survive a power cut."""
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
            f"Object storage cannot be used ({error.strerror}). Try again in a moment."
        ) from error
