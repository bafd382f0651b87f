"""The pictures on this machine that are to be sent."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

# What is looked for in folders. A file that is named itself is sent whatever it is called.
SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".png", ".webp", ".gif", ".avif", ".heic", ".heif", ".tif", ".tiff"}
    | {".bmp"}
)
_BLOCK = 1 << 20


@dataclass(slots=True)
class LocalFile:
    """A file, and what has become of it so far."""

    path: Path
    size: int = 0
    sha256: str = ""
    outcome: str = "waiting"
    image_id: str | None = None
    status: str | None = None
    problem: str | None = None

    @property
    def is_well(self) -> bool:
        """Whether its picture is in the gallery, or on its way there in good order."""
        return self.outcome in ("accepted", "duplicate", "known") and self.status not in (
            "failed",
            "cancelled",
        )

    def fail(self, problem: str) -> None:
        self.outcome, self.problem = "failed", problem


def find_files(places: Sequence[Path]) -> Iterator[LocalFile]:
    """The files named, and the pictures in the folders named and in theirs, in order."""
    seen: set[Path] = set()
    for place in places:
        inside = place.is_dir()
        for path in sorted(place.rglob("*")) if inside else [place]:
            wanted = not inside or (path.suffix.lower() in SUFFIXES and path.is_file())
            if wanted and path not in seen:
                seen.add(path)
                yield LocalFile(path)


def read_hash(file: LocalFile) -> None:
    """Learn a file's size and SHA-256; one that cannot be read fails."""
    whole = hashlib.sha256()
    try:
        with file.path.open("rb") as opened:
            while block := opened.read(_BLOCK):
                whole.update(block)
                file.size += len(block)
    except OSError as error:
        file.fail(f"It cannot be read: {error.strerror}.")
    else:
        file.sha256 = whole.hexdigest()


def group(files: Sequence[LocalFile], *, most: int, most_bytes: int) -> Iterator[list[LocalFile]]:
    """Small groups to send together, in order."""
    batch: list[LocalFile] = []
    size = 0
    for file in files:
        if batch and (len(batch) >= most or size + file.size > most_bytes):
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += file.size
    if batch:
        yield batch
