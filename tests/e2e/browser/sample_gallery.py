"""A gallery with something in every view, for tests that only look."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from tests.support.images import encode, jpeg, make_image
from tests.support.processes import Stack

PICTURES = [f"picture-{seed:02}.jpg" for seed in range(1, 13)]
# The last of them, encoded anew.
AGAIN = "picture-12-again.jpg"


@dataclass(frozen=True, slots=True)
class SampleGallery:
    """A running service and what was put into it."""

    stack: Stack
    job_id: str

    @property
    def url(self) -> str:
        return self.stack.url

    def images(self) -> list[dict[str, Any]]:
        """What the gallery shows, newest first."""
        items: list[dict[str, Any]] = self.stack.get("/api/v1/images", limit=100)["items"]
        return items

    def commonest_tag(self) -> str:
        """The tag that most pictures here have, as a person types it."""
        tags: Counter[str] = Counter()
        for image in self.images():
            tags.update(tag["label"].replace("_", " ") for tag in image["predictions"])
        return tags.most_common(1)[0][0]


def fill(stack: Stack) -> SampleGallery:
    """Upload pictures made on the spot."""
    named = [(name, jpeg(seed)) for seed, name in enumerate(PICTURES, start=1)]
    again = encode(make_image(len(PICTURES)), "JPEG", quality=70)
    return fill_with(stack, [*named, (AGAIN, again)])


def fill_with(stack: Stack, named: Sequence[tuple[str, bytes]]) -> SampleGallery:
    """Upload pictures, of which the first goes to the trash, and a file that fails."""
    job = stack.post_files(("broken.jpg", jpeg(99)[:3000]), *named)
    items = stack.wait_for_job(job["id"])["items"]
    httpx.delete(f"{stack.url}/api/v1/images/{items[1]['image_id']}").raise_for_status()
    return SampleGallery(stack, job["id"])
