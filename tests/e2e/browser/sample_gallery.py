"""A gallery with content for every view, shared by read-only tests."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx2

from tests.support.images import encode, jpeg, make_image
from tests.support.processes import Stack

IMAGE_NAMES = [f"image-{seed:02}.jpg" for seed in range(1, 13)]
# Near-duplicate of the last image: the same pixels at another JPEG quality.
NEAR_DUPLICATE = "image-12-copy.jpg"


@dataclass(frozen=True, slots=True)
class SampleGallery:
    """A running service with uploaded images."""

    stack: Stack
    job_id: str

    @property
    def url(self) -> str:
        """Base URL of the service."""
        return self.stack.url

    def images(self) -> list[dict[str, Any]]:
        """Return the images of the gallery, newest first."""
        items: list[dict[str, Any]] = self.stack.get("/api/v1/images", limit=100)["items"]
        return items

    def most_common_tag(self) -> str:
        """Return the tag that most images have, with spaces instead of underscores."""
        tags: Counter[str] = Counter()
        for image in self.images():
            tags.update(tag["label"].replace("_", " ") for tag in image["predictions"])
        return tags.most_common(1)[0][0]


def fill_with_samples(stack: Stack) -> SampleGallery:
    """Upload generated images."""
    files = [(name, jpeg(seed)) for seed, name in enumerate(IMAGE_NAMES, start=1)]
    near_duplicate = encode(make_image(len(IMAGE_NAMES)), "JPEG", quality=70)
    return fill_with(stack, [*files, (NEAR_DUPLICATE, near_duplicate)])


def fill_with(stack: Stack, files: Sequence[tuple[str, bytes]]) -> SampleGallery:
    """Upload files (name, bytes) and a truncated one that fails; move the first image to trash."""
    job = stack.post_files(("broken.jpg", jpeg(99)[:3000]), *files)
    items = stack.wait_for_job(job["id"])["items"]
    httpx2.delete(f"{stack.url}/api/v1/images/{items[1]['image_id']}").raise_for_status()
    return SampleGallery(stack, job["id"])
