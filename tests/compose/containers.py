"""Control the service in containers with `docker compose`, and call it over HTTP."""

import json
import os
import subprocess
from collections.abc import Iterable
from typing import Any

import httpx2

from tests.support.paths import ROOT

PROJECT = "gallery-proof"
# Read on import, since fixtures of other tests remove settings from the environment.
PORT = os.environ.get("GALLERY_PORT", "8200")
WEIGHTS = os.environ.get("GALLERY_BUILD_WEIGHTS", str(ROOT.parent / "shared" / "models"))


class Containers:
    """A compose project with a name and port of its own."""

    def __init__(self) -> None:
        self.url = f"http://127.0.0.1:{PORT}"
        self._environment = {
            **os.environ,
            "GALLERY_PORT": PORT,
            "GALLERY_BUILD_WEIGHTS": WEIGHTS,
            "GALLERY_WORKER_REPLICAS": "2",
        }

    def compose(self, *arguments: str) -> str:
        """Run `docker compose` and return its stdout."""
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
        """Run a script of infra/deploy/docker on this project and return its stdout."""
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
        """Start or scale the services and wait until all of them are healthy."""
        scale = ["--scale", f"worker={worker}", "--scale", f"api={api}"]
        self.compose("up", "--detach", "--wait", *scale)

    def containers(self, service: str) -> list[dict[str, Any]]:
        """Return the containers of a service, as `docker compose ps` describes them."""
        lines = self.compose("ps", "--all", "--format", "json", service).splitlines()
        return [json.loads(line) for line in lines]

    def volumes(self) -> set[str]:
        """Return the names of the project's volumes, without its prefix."""
        result = subprocess.run(
            ["docker", "volume", "ls", "--quiet", "--filter", "dangling=false"],
            capture_output=True,
            text=True,
            check=True,
        )
        return {name.removeprefix(f"{PROJECT}_") for name in result.stdout.split()}

    def kill_one(self, service: str) -> str:
        """Kill one container of a service with SIGKILL and return its name."""
        name = str(self.containers(service)[0]["Name"])
        subprocess.run(
            ["docker", "kill", "--signal", "KILL", name], check=True, capture_output=True
        )
        return name

    def submit(self, images: Iterable[tuple[str, bytes]]) -> dict[str, Any]:
        """Submit images as one job and return it. Retry if a replica dies meanwhile."""
        files = [("files", (name, data, "image/jpeg")) for name, data in images]
        transport = httpx2.HTTPTransport(retries=3)
        with httpx2.Client(base_url=self.url, timeout=60, transport=transport) as client:
            for _ in range(10):
                try:
                    response = client.post("/api/v1/jobs", files=files)
                except httpx2.TransportError:
                    continue
                if response.status_code == httpx2.codes.ACCEPTED:
                    return dict(response.json())
                assert response.status_code == httpx2.codes.SERVICE_UNAVAILABLE, response.text
        raise AssertionError("All 10 attempts to submit the images failed.")

    def get(self, path: str, **query: str | int) -> httpx2.Response:
        """Send a GET request and return its response, which must not be an error."""
        response = httpx2.get(f"{self.url}{path}", params=query, timeout=60)
        response.raise_for_status()
        return response
