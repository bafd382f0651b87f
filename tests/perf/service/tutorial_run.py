"""Run the tutorial's service and measure it with the workload of `end_to_end`."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import redis

from infra.embedded.process import ChildProcess, Command
from tests.perf.service.bench_stack import Stack, until
from tests.perf.service.client import make_forms, post_all
from tests.perf.service.loads import CLIENTS

_WARM_UP = 12
_BROKER_DB, _RESULTS_DB = 1, 2


def measure_tutorial(stack: Stack, weights: Path, images: Sequence[bytes]) -> float:
    """Return images per second, from the first request to the last result."""
    stack.clear()
    socket = stack.environment["GALLERY_REDIS_URL"].removeprefix("unix://")
    results = redis.Redis(unix_socket_path=socket, db=_RESULTS_DB)
    forms = make_forms(images, 1, field="file")
    with _running(stack, socket, weights):
        until(lambda: _responds(stack.port), 60, "the tutorial's API")
        post_all(stack.port, forms[:_WARM_UP], clients=4, path="/predict")
        until(lambda: results.dbsize() >= _WARM_UP, 180, "the tutorial's worker")
        start = time.perf_counter()
        post_all(stack.port, forms[_WARM_UP:], clients=CLIENTS, path="/predict")
        until(lambda: results.dbsize() >= len(forms), 600, "the tutorial's results")
        return (len(forms) - _WARM_UP) / (time.perf_counter() - start)


@contextmanager
def _running(stack: Stack, socket: str, weights: Path) -> Iterator[None]:
    environment = stack.environment | {
        "TUTORIAL_BROKER": f"redis+socket://{socket}?virtual_host={_BROKER_DB}",
        "TUTORIAL_RESULTS": f"redis+socket://{socket}?virtual_host={_RESULTS_DB}",
        "TUTORIAL_WEIGHTS": str(weights),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    module = "tests.perf.service.tutorial"
    port = str(stack.port)
    commands = (
        ["celery", "-A", f"{module}:celery", "worker", "--concurrency=2", "--loglevel=ERROR"],
        ["uvicorn", f"{module}:app", "--port", port, "--log-level", "warning"],
    )
    children = [
        ChildProcess(
            Command(
                name=f"tutorial {command[0]}",
                arguments=[sys.executable, "-m", *command],
                environment=environment,
                log=stack.log,
                stop_seconds=20,
            )
        )
        for command in commands
    ]
    try:
        yield
    finally:
        for child in children:
            child.stop()


def _responds(port: int) -> bool:
    try:
        post_all(port, [b""], clients=1, path="/predict")
    except RuntimeError:
        return True  # the API refuses an empty form
    except OSError:
        return False
    return True
