"""The limit: decode, resize and infer in two processes, from memory, and nothing else.

It shares no code with the service, so that a slip there cannot lower the bar.
"""

import multiprocessing
import time
from dataclasses import dataclass
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Limit:
    """Pictures per second of all processes, and processor milliseconds per picture."""

    rate: float
    cpu: float


def measure_limit(
    model: Path, pictures: list[bytes], *, seconds: float, processes: int = 2
) -> Limit:
    """Measure for so many seconds."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(processes)
    results: Queue[Limit] = context.Queue()
    workers = [
        context.Process(
            target=_work, args=(model, pictures[number::processes], seconds, barrier, results)
        )
        for number in range(processes)
    ]
    for worker in workers:
        worker.start()
    found = [results.get(timeout=seconds + 60) for _ in workers]
    for worker in workers:
        worker.join()
    return Limit(sum(each.rate for each in found), sum(each.cpu for each in found) / processes)


def _work(
    model: Path, pictures: list[bytes], seconds: float, barrier: Barrier, results: "Queue[Limit]"
) -> None:
    import cv2  # noqa: PLC0415 (only the spawned processes need these)
    import numpy as np  # noqa: PLC0415
    import simplejpeg  # noqa: PLC0415
    from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415

    cv2.setNumThreads(0)
    interpreter = Interpreter(model_path=str(model), num_threads=1)
    interpreter.allocate_tensors()
    entry = interpreter.get_input_details()[0]["index"]
    outcome = next(d["index"] for d in interpreter.get_output_details() if d["shape"][-1] == 1000)

    def classify(data: bytes) -> None:
        pixels = simplejpeg.decode_jpeg(data, "RGB")
        small = cv2.resize(pixels, (224, 224), interpolation=cv2.INTER_LINEAR)
        tensor = small.astype(np.float32) / 127.5 - 1
        interpreter.set_tensor(entry, tensor[np.newaxis])
        interpreter.invoke()
        np.argsort(interpreter.get_tensor(outcome)[0])[-5:]

    classify(pictures[0])
    barrier.wait()
    began, began_cpu = time.perf_counter(), time.process_time()
    done = 0
    while time.perf_counter() - began < seconds:
        classify(pictures[done % len(pictures)])
        done += 1
    elapsed, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    results.put(Limit(done / elapsed, cpu * 1000 / done))
