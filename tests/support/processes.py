"""The service as real processes: an API and workers, to be started, watched and killed."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx

from infra.embedded.process import ChildProcess, Command
from infra.settings import Settings
from tests.support.s3_server import free_port

Answer = TypeVar("Answer")


def environment_of(settings: Settings, **others: str) -> dict[str, str]:
    """The environment in which a process reads just these settings."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GALLERY_")}
    for name in settings.model_fields_set:
        value = getattr(settings, name)
        if value is not None:
            plain = value.get_secret_value() if hasattr(value, "get_secret_value") else str(value)
            environment[f"GALLERY_{name.upper()}"] = plain
    return environment | others


class Stack:
    """Processes by name, all on the same settings."""

    def __init__(self, settings: Settings, logs: Path, others: Mapping[str, str]) -> None:
        self.port = settings.port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = environment_of(settings, **others, GALLERY_PORT=str(self.port))
        self._logs = logs
        self._children: dict[str, ChildProcess] = {}

    def start(self, name: str, module: str | None = None) -> ChildProcess:
        """Start `python -m module` under a name; the module is the name unless given."""
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
        return self._children[name].pid

    def kill(self, name: str) -> None:
        """End a process as a crash would."""
        child = self._children.pop(name)
        os.kill(child.pid, signal.SIGKILL)
        child.stop()

    def stop(self, name: str) -> None:
        """End a process in good order."""
        self._children.pop(name).stop()

    def stop_all(self) -> None:
        for name in reversed(list(self._children)):
            self.stop(name)

    def log(self, name: str) -> str:
        path = self._logs / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def wait_for_api(self) -> None:
        until(lambda: self._answers("/healthz"), seconds=90, what="the API to answer")

    def wait_for_workers(self, count: int = 1) -> None:
        until(lambda: self._workers() >= count, seconds=120, what=f"{count} workers")

    def _workers(self) -> int:
        return int(self.get("/api/v1/status")["workers"]["alive"])

    def _answers(self, path: str) -> bool:
        try:
            return httpx.get(self.url + path, timeout=2).is_success
        except httpx.TransportError:
            return False

    def get(self, path: str, **parameters: object) -> Any:
        """Read JSON from the API."""
        answer = httpx.get(self.url + path, params=parameters, timeout=60)  # type: ignore[arg-type]
        answer.raise_for_status()
        return answer.json()

    def post_files(self, *files: tuple[str, bytes], path: str = "/api/v1/jobs") -> Any:
        """Submit files and return the job."""
        answer = httpx.post(self.url + path, files=[("files", file) for file in files], timeout=60)
        answer.raise_for_status()
        return answer.json()

    def wait_for_job(self, job_id: str, *, seconds: float = 60) -> Any:
        """Return the job once nothing of it waits or runs."""

        def ended() -> Any:
            job = self.get(f"/api/v1/jobs/{job_id}", wait=5)
            return job if job["status"] in ("done", "cancelled") else None

        return until(ended, seconds=seconds, what=f"job {job_id} to end")


@contextmanager
def running_stack(
    settings: Settings, logs: Path, *, workers: int = 1, **others: str
) -> Iterator[Stack]:
    """An API and, unless `workers` is 0, one worker, ready; all gone afterwards."""
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


def until(look: Callable[[], Answer], *, seconds: float, what: str, pause: float = 0.05) -> Answer:
    """Look again and again until the answer is true, and return it."""
    deadline = time.monotonic() + seconds
    while True:
        answer = look()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(pause)
