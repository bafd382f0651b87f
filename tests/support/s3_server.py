"""S3 server for tests: MinIO, or versitygw if MinIO is not installed."""

import os
import shutil
import socket
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

from infra.embedded.process import ChildProcess, Command

KEY = "gallery-test"
SECRET = "gallery-test-secret"
HEALTH = "/minio/health/live"
MISSING = (
    "no S3 server: put `minio` or `versitygw` on PATH, "
    "or set GALLERY_TEST_MINIO to the path of a MinIO program"
)


def find_s3_program() -> Path | None:
    """Return the path of an installed S3 server program, or None."""
    candidates = (
        os.environ.get("GALLERY_TEST_MINIO"),
        shutil.which("minio"),
        shutil.which("versitygw"),
    )
    return next((Path(each) for each in candidates if each and Path(each).is_file()), None)


def free_port() -> int:
    """Return a loopback port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class S3Server:
    """S3 server that stores its objects in a folder and listens on loopback."""

    def __init__(self, program: Path, folder: Path) -> None:
        self.port = free_port()
        folder.mkdir(parents=True, exist_ok=True)
        address = f"127.0.0.1:{self.port}"
        command = _versitygw if program.name == "versitygw" else _minio
        arguments, credentials = command(program, folder, address)
        self._child = ChildProcess(
            Command(
                name=program.name,
                arguments=arguments,
                environment=os.environ | credentials,
                log=folder.with_suffix(".log"),
            )
        )

    def url(self, bucket: str) -> str:
        """Return the GALLERY_OBJECTS_URL of a bucket of this server."""
        return f"http://{KEY}:{SECRET}@127.0.0.1:{self.port}/{bucket}"

    def wait_until_ready(self) -> None:
        """Wait until the health endpoint responds.

        Raises:
            TimeoutError: The server did not respond within 30 s.
        """
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with (
                suppress(urllib.error.URLError, OSError),
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}{HEALTH}", timeout=2),
            ):
                return
            time.sleep(0.1)
        raise TimeoutError("the S3 server did not become ready within 30 s")

    def stop(self) -> None:
        """Stop the server."""
        self._child.stop()


def _minio(program: Path, folder: Path, address: str) -> tuple[list[str | Path], dict[str, str]]:
    return (
        [program, "server", "--quiet", "--address", address, folder],
        {"MINIO_ROOT_USER": KEY, "MINIO_ROOT_PASSWORD": SECRET},
    )


def _versitygw(
    program: Path, folder: Path, address: str
) -> tuple[list[str | Path], dict[str, str]]:
    return (
        [program, "--port", address, "--health", HEALTH, "--quiet", "posix", folder],
        {"ROOT_ACCESS_KEY": KEY, "ROOT_SECRET_KEY": SECRET},
    )
