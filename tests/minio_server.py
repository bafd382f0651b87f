"""A real MinIO server for tests."""

import os
import shutil
import socket
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

from infra.embedded.child import Child, Command

KEY = "gallery-test"
SECRET = "gallery-test-secret"


def find_minio() -> Path | None:
    """The MinIO program, if this machine has one."""
    named = os.environ.get("GALLERY_TEST_MINIO") or shutil.which("minio")
    return Path(named) if named and Path(named).is_file() else None


def free_port() -> int:
    """A port that nothing listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class MinioServer:
    """MinIO on a folder, on loopback."""

    def __init__(self, program: Path, folder: Path) -> None:
        self.port = free_port()
        folder.mkdir(parents=True, exist_ok=True)
        environment = os.environ | {"MINIO_ROOT_USER": KEY, "MINIO_ROOT_PASSWORD": SECRET}
        address = f"127.0.0.1:{self.port}"
        self._child = Child(
            Command(
                name="minio",
                arguments=[program, "server", "--quiet", "--address", address, folder],
                environment=environment,
                log=folder.with_suffix(".log"),
            )
        )

    def url(self, bucket: str) -> str:
        """GALLERY_OBJECTS_URL of a bucket of this server."""
        return f"http://{KEY}:{SECRET}@127.0.0.1:{self.port}/{bucket}"

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with (
                suppress(urllib.error.URLError, OSError),
                urllib.request.urlopen(
                    f"http://127.0.0.1:{self.port}/minio/health/live", timeout=2
                ),
            ):
                return
            time.sleep(0.1)
        raise TimeoutError("MinIO does not come up")

    def stop(self) -> None:
        self._child.stop()
