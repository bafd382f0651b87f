"""One picture's way through the worker: bytes in, tags and a thumbnail out."""

from dataclasses import dataclass

import numpy as np

from core.predictions import Embedding, ScoredClass, ScoredTag
from infra.database.vectors import write_vector
from worker.imaging.decode import decode
from worker.imaging.thumbnail import make_thumbnail
from worker.inference.categories import sum_categories
from worker.inference.sketch import sketch_of
from worker.inference.tensors import Runtime, best_classes, to_tensor
from worker.timings import Timings


@dataclass(frozen=True, slots=True)
class Classification:
    """What there is to store of a picture."""

    predictions: list[ScoredClass]
    categories: list[ScoredTag]
    embedding: Embedding
    thumbnail: bytes


class Classifier:
    """A warm model, and the limits within which pictures are decoded for it."""

    def __init__(self, runtime: Runtime, *, max_pixels: int, stages: Timings | None = None) -> None:
        self._runtime = runtime
        self._max_pixels = max_pixels
        self._measure = (stages or Timings()).measure

    @property
    def model(self) -> str:
        return self._runtime.name

    def classify(self, data: bytes, media_type: str) -> Classification:
        """Classify one picture.

        Raises:
            ClassificationError: it cannot be decoded.
        """
        with self._measure("decode"):
            pixels = decode(data, media_type, max_pixels=self._max_pixels).pixels
        with self._measure("infer"):
            probabilities, embeddings = self._runtime.predict(to_tensor(pixels)[np.newaxis])
        with self._measure("thumbnail"):
            thumbnail = make_thumbnail(pixels)
        return Classification(
            predictions=best_classes(probabilities[0]),
            categories=sum_categories(probabilities[0]),
            embedding=Embedding(
                full=write_vector(embeddings[0]), sketch=write_vector(sketch_of(embeddings[0]))
            ),
            thumbnail=thumbnail,
        )
