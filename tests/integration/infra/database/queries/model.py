"""A model of the gallery in plain Python, to compare with the database after each event."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID


@dataclass
class ImageModel:
    """State of an image. `worker` and `lease` are set while it is running."""

    id: UUID
    status: str = "queued"
    attempts: int = 0
    code: str | None = None
    lease: UUID | None = None
    worker: str | None = None
    is_expired: bool = False
    is_deleted: bool = False

    def claim(self, lease: UUID, worker: str) -> None:
        self.status, self.lease, self.worker = "running", lease, worker
        self.attempts += 1

    def end(self, status: str, code: str | None = None) -> None:
        """Leave the state, which ends the lease."""
        self.status, self.code = status, code
        self.lease = self.worker = None
        self.is_expired = False

    def release(self, *, is_suspect: bool) -> None:
        self.end("queued")
        self.attempts -= 0 if is_suspect else 1

    def queue_again(self, *ended: str) -> None:
        """Queue the image again if it is in one of these states."""
        if self.status in ended:
            self.attempts = 1 if self.code == "crashed_worker" else 0
            self.end("queued")


@dataclass
class JobModel:
    """A job: its number of files, and the names of its images that are not purged."""

    id: UUID
    total: int
    names: set[str]
    is_cancelled: bool = False


@dataclass
class GalleryModel:
    """All images by name, all jobs, all leases and workers that ever existed."""

    images: dict[str, ImageModel] = field(default_factory=dict)
    jobs: list[JobModel] = field(default_factory=list)
    leases: list[UUID] = field(default_factory=list)
    workers: list[str] = field(default_factory=list)
    dead: set[str] = field(default_factory=set)

    def named(self, names: Iterable[str]) -> list[ImageModel]:
        return [self.images[name] for name in names if name in self.images]

    def ids(self, names: Iterable[str]) -> list[UUID]:
        return [image.id for image in self.named(names)]

    def leased(self, lease: UUID) -> list[ImageModel]:
        return [image for image in self.images.values() if image.lease == lease]

    def choose_lease(self, number: int) -> UUID:
        """Return a lease: a current one for most numbers, sometimes one that was lost."""
        current = [lease for lease in self.leases if self.leased(lease)]
        among = current if current and number > 0 else self.leases
        return among[-1 - number % len(among)]
