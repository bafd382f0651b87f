"""Slow, incomplete and oversized requests to a real server."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import UUID, uuid4

import httpx2
import psycopg
import pytest

from api.body_size import ID_LIST_BYTES
from infra.settings import Settings
from tests.conftest import database_url_of
from tests.support.images import jpeg
from tests.support.paths import ROOT
from tests.support.processes import environment_of, until
from tests.support.s3_server import free_port


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def database(postgres_url: str, _template: str) -> str:
    """Create a database that all tests of this module share; none depends on its content."""
    with psycopg.connect(postgres_url, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE gallery_limits TEMPLATE {_template}".encode())
    return database_url_of(postgres_url, "gallery_limits")


@pytest.fixture(scope="module")
def url(database: str, _redis_server: str, port: int, session_dir: Path) -> Iterator[str]:
    settings = Settings.model_validate(
        {
            "database_url": database,
            "redis_url": _redis_server,
            "objects_url": (session_dir / "limits").as_uri(),
        }
    )
    environment = environment_of(
        settings, GALLERY_PORT=str(port), GALLERY_MAX_UPLOADS_IN_FLIGHT="2"
    )
    with (
        (session_dir / "limits.log").open("wb") as log,
        subprocess.Popen(
            [sys.executable, "-m", "tests.support.impatient_api"],
            env=environment,
            stdout=log,
            stderr=log,
            cwd=ROOT,
        ) as process,
    ):
        url = f"http://127.0.0.1:{port}"
        try:
            until(lambda: is_up(url), seconds=90, what="the API")
            yield url
        finally:
            process.terminate()


def is_up(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/healthz", timeout=2).is_success
    except httpx2.TransportError:
        return False


def connect(port: int) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", port), timeout=10)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def begin_upload(port: int) -> socket.socket:
    """Open a connection and send only the start of an upload."""
    sock = connect(port)
    head = (
        b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n"
        b"Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    )
    part = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n'
    sock.sendall(head + part)
    return sock


def read_all(sock: socket.socket) -> bytes:
    answer = b""
    while data := sock.recv(65536):
        answer += data
    return answer


def send_headers(sock: socket.socket, *, limit: int) -> int:
    """Return the number of long headers sent before the server closed the connection."""
    for n in range(limit):
        try:
            sock.sendall(b"X-%d: " % n + b"y" * 5000 + b"\r\n")
        except OSError:
            return n
    return limit


def test_stalled_upload_is_aborted(url: str, port: int) -> None:
    with closing(begin_upload(port)) as sock:
        started = time.monotonic()
        answer = read_all(sock)
        assert time.monotonic() - started > 3.8
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"/problems/request-stalled" in answer
    assert is_up(url)


def test_slow_upload_is_aborted(url: str, port: int) -> None:
    with closing(begin_upload(port)) as sock:
        sock.settimeout(0.2)
        answer = b""
        deadline = time.monotonic() + 20
        while not answer and time.monotonic() < deadline:
            sock.sendall(b"x")
            try:
                answer = sock.recv(65536)
            except TimeoutError:
                continue
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert is_up(url)


def post_one(url: str) -> httpx2.Response:
    return httpx2.post(f"{url}/api/v1/jobs", files={"files": ("a.jpg", jpeg(1))})


def test_uploads_over_concurrency_limit_are_refused(url: str, port: int) -> None:
    with closing(begin_upload(port)), closing(begin_upload(port)):
        time.sleep(0.3)
        refused = post_one(url)
        assert refused.status_code == 503
        assert refused.headers["retry-after"] == "2"
        assert is_up(url)
    until(lambda: post_one(url).is_success, seconds=10, what="a free upload slot")


@pytest.mark.parametrize(
    "head", [b"", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-"], ids=["none", "half"]
)
def test_incomplete_request_head_times_out(url: str, port: int, head: bytes) -> None:
    assert url
    with closing(connect(port)) as sock:
        sock.sendall(head)
        answer = read_all(sock)
    assert answer.startswith(b"HTTP/1.1 408 ") if head else answer == b""


def test_endless_request_head_is_refused(url: str, port: int) -> None:
    with closing(connect(port)) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        assert send_headers(sock, limit=10_000) < 10_000
    assert is_up(url)


def test_export_of_1000_ids_in_url_is_accepted(url: str) -> None:
    ids = [str(uuid4()) for _ in range(1000)]
    assert httpx2.get(f"{url}/api/v1/export", params={"format": "csv", "ids": ids}).is_success


def test_invalid_http_returns_problem(url: str, port: int) -> None:
    assert url
    with closing(connect(port)) as sock:
        sock.sendall(b"HELLO\r\n\r\n")
        answer = read_all(sock)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in answer


def test_connection_is_kept_alive_between_requests(url: str) -> None:
    with httpx2.Client(base_url=url) as client:
        for pause in (0, 1.5, 0):
            time.sleep(pause)  # longer than `head_seconds`
            assert client.get("/healthz").is_success
            assert client.post("/api/v1/jobs", files={"files": ("a.jpg", jpeg(1))}).is_success


def test_upload_with_too_large_content_length_is_refused(url: str, port: int) -> None:
    assert url
    with closing(connect(port)) as sock:
        size = Settings().max_request_bytes + 1
        sock.sendall(
            b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n"
            b"Content-Type: multipart/form-data; boundary=b\r\n\r\n" % size
        )
        assert sock.recv(65536).startswith(b"HTTP/1.1 413 ")


def begin_json(port: int, head: bytes) -> socket.socket:
    """Open a connection and send the head of a request with a JSON body."""
    sock = connect(port)
    sock.sendall(
        b"POST /api/v1/images/delete HTTP/1.1\r\nHost: localhost\r\n"
        b"Content-Type: application/json\r\n" + head + b"\r\n\r\n"
    )
    return sock


def test_json_with_too_large_content_length_is_refused(url: str, port: int) -> None:
    assert url
    with closing(begin_json(port, b"Content-Length: %d" % (ID_LIST_BYTES + 1))) as sock:
        answer = b""
        while not answer.endswith(b"}"):  # head and body may arrive separately
            answer += sock.recv(65536)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"/problems/request-too-large" in answer


def test_too_large_chunked_json_is_refused(url: str) -> None:
    parts = (b" " * 65536 for _ in range(ID_LIST_BYTES // 65536 + 1))
    refused = httpx2.post(
        f"{url}/api/v1/export", content=parts, headers={"Content-Type": "application/json"}
    )
    assert refused.status_code == 413
    assert refused.json()["type"] == "/problems/request-too-large"


def test_stalled_json_is_aborted(url: str, port: int) -> None:
    assert url
    with closing(begin_json(port, b"Content-Length: 100")) as sock:
        sock.sendall(b'{"ids":')
        answer = read_all(sock)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"/problems/request-stalled" in answer


def test_export_of_100000_ids_in_body_is_accepted(url: str) -> None:
    ids = [str(UUID(int=n)) for n in range(100_000)]
    assert httpx2.post(f"{url}/api/v1/export", json={"ids": ids}, timeout=60).is_success
