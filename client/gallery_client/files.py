"""Local files of an upload."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

# Suffixes of images in folders. Files given as arguments may have any suffix.
SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".png", ".webp", ".gif", ".avif", ".heic", ".heif", ".tif", ".tiff"}
    | {".bmp"}
)
_BLOCK = 1 << 20  # bytes


@dataclass(slots=True)
class LocalFile:
    """File and the state of its upload.

    Attributes:
        path: Path of the file.
        size: Size in bytes, once read.
        sha256: SHA-256 in hexadecimal, once read; empty if the file cannot be read.
        outcome: `waiting`, `failed` (here), `known` (already in the gallery), or the outcome of
            the item: `accepted`, `duplicate` or `rejected`.
        image_id: Id of the image, if the gallery has it.
        status: Status of the image: `queued`, `running`, `done`, `failed` or `cancelled`.
        problem: Reason of a failure.
    """

    path: Path
    size: int = 0
    sha256: str = ""
    outcome: str = "waiting"
    image_id: str | None = None
    status: str | None = None
    problem: str | None = None

    @property
    def is_ok(self) -> bool:
        """Whether the image is in the gallery and was not failed or cancelled."""
        return self.outcome in ("accepted", "duplicate", "known") and self.status not in (
            "failed",
            "cancelled",
        )

    def fail(self, problem: str) -> None:
        """Mark the file as failed."""
        self.outcome, self.problem = "failed", problem


def find_files(paths: Sequence[Path]) -> Iterator[LocalFile]:
    """Yield the given files, and the images in the given folders and their subfolders, once each.

    The images of a folder are sorted by path.
    """
    seen: set[Path] = set()
    for given in paths:
        in_folder = given.is_dir()
        for path in sorted(given.rglob("*")) if in_folder else [given]:
            is_wanted = not in_folder or (path.suffix.lower() in SUFFIXES and path.is_file())
            if is_wanted and path not in seen:
                seen.add(path)
                yield LocalFile(path)


def read_hash(file: LocalFile) -> None:
    """Set the size and SHA-256 of a file, or mark it as failed if it cannot be read."""
    digest = hashlib.sha256()
    try:
        with file.path.open("rb") as opened:
            while block := opened.read(_BLOCK):
                digest.update(block)
                file.size += len(block)
    except OSError as error:
        file.fail(f"Cannot read the file: {error.strerror}.")
    else:
        file.sha256 = digest.hexdigest()


def group(
    files: Sequence[LocalFile], *, max_files: int, max_bytes: int
) -> Iterator[list[LocalFile]]:
    """Yield consecutive files in groups of limited count and total size.

    A file larger than `max_bytes` is a group of its own.
    """
    current: list[LocalFile] = []
    size = 0
    for file in files:
        if current and (len(current) >= max_files or size + file.size > max_bytes):
            yield current
            current, size = [], 0
        current.append(file)
        size += file.size
    if current:
        yield current
