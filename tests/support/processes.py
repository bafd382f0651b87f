"""Run the API and workers as processes; start, stop and kill them."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx2

from infra.embedded.process import ChildProcess, Command
from infra.settings import Settings
from tests.support.s3_server import free_port

Result = TypeVar("Result")


def environment_of(settings: Settings, **others: str) -> dict[str, str]:
    """Return the environment of a process with exactly these settings.

    Args:
        settings: Settings; only fields that were set are passed on.
        others: Further environment variables.
    """
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GALLERY_")}
    for name in settings.model_fields_set:
        value = getattr(settings, name)
        if value is not None:
            plain = value.get_secret_value() if hasattr(value, "get_secret_value") else str(value)
            environment[f"GALLERY_{name.upper()}"] = plain
    return environment | others


class Stack:
    """Named processes with common settings."""

    def __init__(self, settings: Settings, logs: Path, others: Mapping[str, str]) -> None:
        self.port = settings.port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = environment_of(settings, **others, GALLERY_PORT=str(self.port))
        self._logs = logs
        self._children: dict[str, ChildProcess] = {}

    def start(self, name: str, module: str | None = None) -> ChildProcess:
        """Start `python -m MODULE` under a name; the default module is the name."""
        child = ChildProcess(
            Command(
                name=name,
                arguments=[sys.executable, "-m", module or name],
                environment=self._environment,
                log=self._logs / f"{name}.log",
                stop_seconds=40,
            )
        )
        self._children[name] = child
        return child

    def pid(self, name: str) -> int:
        """Return the id of a running process."""
        return self._children[name].pid

    def kill(self, name: str) -> None:
        """Send SIGKILL to a process."""
        child = self._children.pop(name)
        os.kill(child.pid, signal.SIGKILL)
        child.stop()

    def stop(self, name: str) -> None:
        """Stop a process with SIGTERM."""
        self._children.pop(name).stop()

    def stop_all(self) -> None:
        """Stop all processes, last started first."""
        for name in reversed(list(self._children)):
            self.stop(name)

    def log(self, name: str) -> str:
        """Return the log of a process, or an empty string before its first start."""
        path = self._logs / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def wait_for_api(self) -> None:
        """Wait until the API responds."""
        until(lambda: self._responds("/healthz"), seconds=90, what="the API")

    def wait_for_workers(self, count: int = 1) -> None:
        """Wait until this many worker processes send heartbeats."""
        until(lambda: self._workers() >= count, seconds=120, what=f"{count} workers")

    def _workers(self) -> int:
        return int(self.get("/api/v1/status")["workers"]["alive"])

    def _responds(self, path: str) -> bool:
        try:
            return httpx2.get(self.url + path, timeout=2).is_success
        except httpx2.TransportError:
            return False

    def get(self, path: str, **parameters: object) -> Any:
        """Return the JSON of a resource of the API."""
        response = httpx2.get(self.url + path, params=parameters, timeout=60)  # type: ignore[arg-type]
        response.raise_for_status()
        return response.json()

    def post_files(self, *files: tuple[str, bytes], path: str = "/api/v1/jobs") -> Any:
        """Submit files and return the job."""
        response = httpx2.post(
            self.url + path, files=[("files", file) for file in files], timeout=60
        )
        response.raise_for_status()
        return response.json()

    def wait_for_job(self, job_id: str, *, seconds: float = 60) -> Any:
        """Return the job once all of its images are finished."""

        def finished() -> Any:
            job = self.get(f"/api/v1/jobs/{job_id}", wait=5)
            return job if job["status"] in ("done", "cancelled") else None

        return until(finished, seconds=seconds, what=f"job {job_id}")


@contextmanager
def running_stack(
    settings: Settings, logs: Path, *, workers: int = 1, **others: str
) -> Iterator[Stack]:
    """Run an API and, unless `workers` is 0, one worker until the context ends.

    Args:
        settings: Settings of all processes.
        logs: Folder of the log files.
        workers: 0 to run no worker.
        others: Further environment variables.
    """
    stack = Stack(settings, logs, others)
    try:
        stack.start("api")
        stack.wait_for_api()
        if workers:
            stack.start("worker")
            stack.wait_for_workers(settings.workers)
        yield stack
    finally:
        stack.stop_all()


def until(look: Callable[[], Result], *, seconds: float, what: str, pause: float = 0.05) -> Result:
    """Call `look` until its result is true, and return the result.

    Args:
        look: Condition.
        seconds: Timeout.
        what: Subject of the timeout message.
        pause: Seconds between two calls.

    Raises:
        TimeoutError: The condition was not met in time.
    """
    deadline = time.monotonic() + seconds
    while True:
        result = look()
        if result:
            return result
        if time.monotonic() > deadline:
            raise TimeoutError(f"timed out after {seconds} s waiting for {what}")
        time.sleep(pause)
