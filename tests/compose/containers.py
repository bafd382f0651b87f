"""The service in containers, from outside: compose's commands, and HTTP."""

import json
import os
import subprocess
from collections.abc import Iterable
from typing import Any

import httpx

from tests.support.paths import ROOT

PROJECT = "gallery-proof"
# As they were at the start: the other tests take settings out of the environment.
PORT = os.environ.get("GALLERY_PORT", "8200")
WEIGHTS = os.environ.get("GALLERY_BUILD_WEIGHTS", str(ROOT.parent / "shared" / "models"))


class Containers:
    """One run of docker-compose.yml under a name and on a port of its own."""

    def __init__(self) -> None:
        self.url = f"http://127.0.0.1:{PORT}"
        self._environment = {
            **os.environ,
            "GALLERY_PORT": PORT,
            "GALLERY_BUILD_WEIGHTS": WEIGHTS,
        }

    def compose(self, *arguments: str) -> str:
        """Run `docker compose` and return what it printed."""
        result = subprocess.run(
            ["docker", "compose", "--project-name", PROJECT, *arguments],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout

    def script(self, name: str, *arguments: str) -> str:
        """Run one of infra/deploy/docker's scripts, as an operator does, on these containers."""
        result = subprocess.run(
            [ROOT / "infra" / "deploy" / "docker" / name, *arguments],
            env=self._environment | {"COMPOSE_PROJECT_NAME": PROJECT},
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def up(self, *, worker: int, api: int) -> None:
        """Start or resize it, and come back when every service is healthy."""
        scale = ["--scale", f"worker={worker}", "--scale", f"api={api}"]
        self.compose("up", "--detach", "--wait", *scale)

    def containers(self, service: str) -> list[dict[str, Any]]:
        lines = self.compose("ps", "--all", "--format", "json", service).splitlines()
        return [json.loads(line) for line in lines]

    def kill_one(self, service: str) -> str:
        """End one replica without a word of warning, and return its name."""
        name = str(self.containers(service)[0]["Name"])
        subprocess.run(
            ["docker", "kill", "--signal", "KILL", name], check=True, capture_output=True
        )
        return name

    def send(self, pictures: Iterable[tuple[str, bytes]]) -> dict[str, Any]:
        """Send pictures as one job, again when a replica dies with the request in its hands."""
        files = [("files", (name, data, "image/jpeg")) for name, data in pictures]
        transport = httpx.HTTPTransport(retries=3)
        with httpx.Client(base_url=self.url, timeout=60, transport=transport) as client:
            for _ in range(10):
                try:
                    response = client.post("/api/v1/jobs", files=files)
                except httpx.TransportError:
                    continue
                if response.status_code == httpx.codes.ACCEPTED:
                    return dict(response.json())
                assert response.status_code == httpx.codes.SERVICE_UNAVAILABLE, response.text
        raise AssertionError("Nobody took the upload in ten tries.")

    def get(self, path: str, **query: str | int) -> httpx.Response:
        response = httpx.get(f"{self.url}{path}", params=query, timeout=60)
        response.raise_for_status()
        return response
