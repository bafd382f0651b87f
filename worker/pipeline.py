"""Classify one image: encoded bytes to predictions, categories, embedding and thumbnail."""

from dataclasses import dataclass

import numpy as np

from core.predictions import Embedding, ScoredClass, ScoredTag
from infra.database.vectors import write_vector
from worker.imaging.decode import decode, out_of_memory
from worker.imaging.thumbnail import make_thumbnail
from worker.inference.categories import sum_categories
from worker.inference.sketch import sketch_of
from worker.inference.tensors import Runtime, best_classes, to_tensor
from worker.timings import Timings


@dataclass(frozen=True, slots=True)
class Classification:
    """Results of one image.

    Attributes:
        predictions: The five most likely classes, best first.
        categories: Categories with a summed probability of at least 0.1, best first.
        embedding: Full embedding and its sketch.
        thumbnail: JPEG file.
    """

    predictions: list[ScoredClass]
    categories: list[ScoredTag]
    embedding: Embedding
    thumbnail: bytes


class Classifier:
    """Loaded model with the decoding limits."""

    def __init__(
        self, runtime: Runtime, *, max_pixels: int, timings: Timings | None = None
    ) -> None:
        self._runtime = runtime
        self._max_pixels = max_pixels
        self._measure = (timings or Timings()).measure

    @property
    def model(self) -> str:
        """Name of the model, as stored with each image."""
        return self._runtime.name

    def classify(self, data: bytes, media_type: str) -> Classification:
        """Classify one image.

        Args:
            data: Encoded file.
            media_type: Media type found by validation, for example `image/jpeg`.

        Raises:
            ClassificationError: The image cannot be decoded or exceeds the memory limit.
        """
        try:
            return self._classify(data, media_type)
        except MemoryError as error:
            raise out_of_memory() from error

    def _classify(self, data: bytes, media_type: str) -> Classification:
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
