"""Labelled photographs and the service's embeddings of them."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from infra.settings import Settings
from worker.imaging.decode import decode
from worker.inference.tensors import to_tensor
from worker.model.runtime import load_runtime
from worker.teaching import Example


@dataclass(frozen=True, slots=True)
class Photo:
    """A photograph as an example of the kind it shows."""

    kind: str
    example: Example


def load_photos(folder: Path, settings: Settings) -> list[Photo]:
    """Embed the JPEG files of a folder that has one subfolder per kind."""
    runtime = load_runtime(settings)
    photos = []
    for path in sorted(folder.glob("*/*.jpg")):
        data = path.read_bytes()
        pixels = decode(data, "image/jpeg", max_pixels=settings.max_pixels).pixels
        embedding = runtime.predict(to_tensor(pixels)[np.newaxis])[1][0]
        stored = embedding.astype(np.float16).astype(np.float32)  # the precision of `halfvec`
        photos.append(Photo(path.parent.name, Example(sha256(data).digest(), stored)))
    return photos
