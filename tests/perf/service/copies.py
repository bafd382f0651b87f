"""Measure the distances between copies of a photograph, on which `near_duplicate` is based.

    python -m tests.perf.service.copies FOLDER

For every JPEG in the folder: the cosine distance of its embedding to those of resized and
re-encoded copies, of crops, of the other photographs, and of its own quarters, which are different
images of the same subject. Requires weights; takes seconds.
"""

import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from api.images.routes import NEAR_DUPLICATE
from infra.settings import Settings
from worker.imaging.decode import decode
from worker.inference.tensors import to_tensor
from worker.model.runtime import load_runtime

Change = Callable[[Image.Image], Image.Image]


def main() -> None:
    """Print the distances by kind of copy."""
    embed = _embedder()
    photos = {path.name: Image.open(path).convert("RGB") for path in _jpegs(Path(sys.argv[1]))}
    originals = {name: embed(_encode(photo, "JPEG", 95)) for name, photo in photos.items()}
    rows = [
        (kind, _distance(originals[name], embed(data)))
        for name, photo in photos.items()
        for kind, data in _copies(photo)
    ]
    rows += [
        ("another photograph", _distance(*pair)) for pair in combinations(originals.values(), 2)
    ]
    groups = pd.DataFrame(rows, columns=["copy", "distance"]).groupby("copy", sort=False)
    table = groups["distance"].agg(["count", "min", "median", "max"])
    table["marked"] = groups["distance"].agg(lambda each: (each < NEAR_DUPLICATE).sum())
    sys.stdout.write(f"{table.round(4).to_string()}\n")


def _jpegs(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.jpg"))


def _embedder() -> Callable[[bytes], np.ndarray]:
    settings = Settings()
    runtime = load_runtime(settings)

    def embed(data: bytes) -> np.ndarray:
        kind = "image/webp" if data[8:12] == b"WEBP" else "image/jpeg"
        pixels = decode(data, kind, max_pixels=settings.max_pixels).pixels
        embedding: np.ndarray = runtime.predict(to_tensor(pixels)[np.newaxis])[1][0]
        return embedding

    return embed


def _distance(one: np.ndarray, other: np.ndarray) -> float:
    return float(1 - one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))


def _copies(photo: Image.Image) -> Iterator[tuple[str, bytes]]:
    yield "quality 80", _encode(photo, "JPEG", 80)
    yield "quality 50", _encode(photo, "JPEG", 50)
    yield "quality 20", _encode(photo, "JPEG", 20)
    yield "WebP, quality 75", _encode(photo, "WEBP", 75)
    for share in (0.75, 0.5, 0.25):
        yield f"resized to {share:.0%}", _encode(_resized(photo, share), "JPEG", 90)
    yield "resized to 50 %, quality 50", _encode(_resized(photo, 0.5), "JPEG", 50)
    yield "enlarged to 150 %", _encode(_resized(photo, 1.5), "JPEG", 90)
    for share in (0.02, 0.05, 0.1, 0.2):
        yield f"crop, {share:.0%} off each side", _encode(_cropped(photo, share), "JPEG", 90)
    yield "mirrored", _encode(photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT), "JPEG", 90)
    for left, top in ((0, 0), (1, 0), (0, 1), (1, 1)):
        yield "quarter", _encode(_quarter(photo, left, top), "JPEG", 90)


def _encode(photo: Image.Image, kind: str, quality: int) -> bytes:
    file = BytesIO()
    photo.save(file, kind, quality=quality)
    return file.getvalue()


def _resized(photo: Image.Image, share: float) -> Image.Image:
    size = (round(photo.width * share), round(photo.height * share))
    return photo.resize(size, Image.Resampling.LANCZOS)


def _cropped(photo: Image.Image, share: float) -> Image.Image:
    x, y = round(photo.width * share), round(photo.height * share)
    return photo.crop((x, y, photo.width - x, photo.height - y))


def _quarter(photo: Image.Image, left: int, top: int) -> Image.Image:
    x, y = photo.width // 2, photo.height // 2
    return photo.crop((left * x, top * y, left * x + x, top * y + y))


if __name__ == "__main__":
    main()
