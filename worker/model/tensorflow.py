"""TensorFlow runtime: the Keras model itself, as reference and for GPUs."""

from pathlib import Path

import numpy as np

from worker.inference.tensors import Tensor
from worker.model.compile import load_keras


class TensorFlowRuntime:
    """Runtime that runs the Keras model as one `tf.function`, on a GPU if available."""

    def __init__(self, weights: Path) -> None:
        import tensorflow as tf  # noqa: PLC0415 (optional dependency)

        self.name = f"{weights.name.split('.weights')[0]}-keras"
        model = load_keras(weights)
        # One trace for all batch sizes.
        signature = tf.TensorSpec((None, 224, 224, 3), tf.float32)
        self._predict = tf.function(
            lambda tensors: model(tensors, training=False), input_signature=[signature]
        )

    def predict(self, tensors: Tensor) -> tuple[Tensor, Tensor]:
        probabilities, embeddings = self._predict(np.ascontiguousarray(tensors))
        return probabilities.numpy(), embeddings.numpy()
