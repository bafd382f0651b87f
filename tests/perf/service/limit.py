"""Limit benchmark: decode, resize and infer in two processes, in memory, nothing else.

It shares no code with the service, so that a regression there does not affect it.
"""

import multiprocessing
import time
from dataclasses import dataclass
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Limit:
    """Images per second of all processes, and processor time per image in milliseconds."""

    rate: float
    cpu: float


def measure_limit(model: Path, images: list[bytes], *, seconds: float, processes: int = 2) -> Limit:
    """Run the limit benchmark.

    Args:
        model: Compiled model.
        images: JPEG files, distributed over the processes and reused as necessary.
        seconds: Duration.
        processes: Number of processes.
    """
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(processes)
    results: Queue[Limit] = context.Queue()
    workers = [
        context.Process(
            target=_work, args=(model, images[number::processes], seconds, barrier, results)
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
    model: Path, images: list[bytes], seconds: float, barrier: Barrier, results: "Queue[Limit]"
) -> None:
    import cv2  # noqa: PLC0415 (only in the spawned processes)
    import numpy as np  # noqa: PLC0415
    import simplejpeg  # noqa: PLC0415
    from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415

    cv2.setNumThreads(0)
    interpreter = Interpreter(model_path=str(model), num_threads=1)
    interpreter.allocate_tensors()
    input_index = interpreter.get_input_details()[0]["index"]
    output_index = next(
        d["index"] for d in interpreter.get_output_details() if d["shape"][-1] == 1000
    )

    def classify(data: bytes) -> None:
        pixels = simplejpeg.decode_jpeg(data, "RGB")
        small = cv2.resize(pixels, (224, 224), interpolation=cv2.INTER_LINEAR)
        tensor = small.astype(np.float32) / 127.5 - 1
        interpreter.set_tensor(input_index, tensor[np.newaxis])
        interpreter.invoke()
        np.argsort(interpreter.get_tensor(output_index)[0])[-5:]

    classify(images[0])
    barrier.wait()
    start, start_cpu = time.perf_counter(), time.process_time()
    done = 0
    while time.perf_counter() - start < seconds:
        classify(images[done % len(images)])
        done += 1
    elapsed, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    results.put(Limit(done / elapsed, cpu * 1000 / done))
