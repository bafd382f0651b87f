"""The Keras model on TensorFlow: the reference, and the way to a GPU."""

from pathlib import Path

import numpy as np

from worker.inference.tensors import Tensor
from worker.model.compile import load_keras


class TensorFlowRuntime:
    """Runs the Keras model in one `tf.function`, on a GPU where there is one."""

    def __init__(self, weights: Path) -> None:
        import tensorflow as tf  # noqa: PLC0415 (only who chose this runtime pays for it)

        self.name = f"{weights.name.split('.weights')[0]}-keras"
        model = load_keras(weights)
        # Any batch size, traced once.
        signature = tf.TensorSpec((None, 224, 224, 3), tf.float32)
        self._predict = tf.function(
            lambda tensors: model(tensors, training=False), input_signature=[signature]
        )

    def predict(self, tensors: Tensor) -> tuple[Tensor, Tensor]:
        probabilities, embeddings = self._predict(np.ascontiguousarray(tensors))
        return probabilities.numpy(), embeddings.numpy()
