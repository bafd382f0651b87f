"""LiteRT runtime: the compiled model on XNNPACK, single-threaded."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from worker.inference.tensors import INPUT_SIDE, Tensor


class LiteRTRuntime:
    """Runtime that runs the compiled model one input at a time; batching is not faster here."""

    def __init__(self, path: Path) -> None:
        self.name = path.stem
        self._interpreter = Interpreter(model_path=str(path), num_threads=1)
        self._interpreter.resize_tensor_input(
            self._interpreter.get_input_details()[0]["index"], (1, INPUT_SIDE, INPUT_SIDE, 3)
        )
        with _silent_stderr():
            self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        outputs = {d["shape"][-1]: d["index"] for d in self._interpreter.get_output_details()}
        self._probabilities, self._embedding = outputs[1000], outputs[1280]

    def predict(self, tensors: Tensor) -> tuple[Tensor, Tensor]:
        pairs = [self._predict_one(tensor) for tensor in tensors]
        return np.stack([pair[0] for pair in pairs]), np.stack([pair[1] for pair in pairs])

    def _predict_one(self, tensor: Tensor) -> tuple[Tensor, Tensor]:
        self._interpreter.set_tensor(self._input, tensor[np.newaxis])
        self._interpreter.invoke()
        probabilities: Tensor = self._interpreter.get_tensor(self._probabilities)[0]
        embedding: Tensor = self._interpreter.get_tensor(self._embedding)[0]
        return probabilities, embedding


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Discard XNNPACK's startup message, which C++ writes to stderr. Errors are raised instead."""
    saved = os.dup(2)
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(null)
