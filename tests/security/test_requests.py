"""Odd requests (findings S12 to S14)."""

import socket
from contextlib import suppress

import httpx2
import pytest

from tests.security.client import Attacker, status_of
from tests.security.conftest import Service


@pytest.mark.parametrize("name", ["Authorization", "authorization", "X-Forwarded-For"])
def test_trailers_are_ignored(name: str, service: Service, stranger: Attacker) -> None:
    """Finding S12: `Authorization` in a trailer authenticated the request."""
    sock = stranger.connect()
    trailer = f"{name}: {service.headers_of('alice')['Authorization']}\r\n".encode()
    stranger.send_head(
        sock,
        "POST",
        "/api/v1/images/known",
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
        f"Trailer: {name}",
        body=b'd\r\n{"sha256":[]}\r\n0\r\n' + trailer + b"\r\n",
    )
    assert status_of(sock) == 401


@pytest.mark.parametrize("endless", ["trailers", "chunk extension"])
def test_endless_metadata_of_a_body_is_refused(endless: str, mallory: Attacker) -> None:
    """Finding S12."""
    sock = mallory.connect()
    mallory.send_head(
        sock,
        "POST",
        "/api/v1/images/known",
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
        body=b"1\r\n{\r\n0\r\nX: " if endless == "trailers" else b"1;",
    )
    assert bytes_until_closed(sock, limit=10 << 20) < 10 << 20


def bytes_until_closed(sock: socket.socket, *, limit: int) -> int:
    """Return the number of bytes sent before the service closed the connection."""
    sent = 0
    with suppress(OSError):
        while sent < limit:
            sent += sock.send(b"y" * 10_000)
    return sent


@pytest.mark.parametrize(
    ("content_type", "disposition"),
    [
        ("multipart/form-data; boundary=" + "x" * 300, 'name="files"; filename="a"'),
        ("multipart/form-data; boundary=b", "name=\"files\"; filename*=idna''xn--a"),
        ("multipart/form-data; boundary=b", 'name="files"; filename*99999999999999999999*=a'),
    ],
)
def test_odd_multipart_headers_are_refused(
    content_type: str, disposition: str, service: Service
) -> None:
    """Finding S14: each of them gave 500."""
    boundary = content_type.partition("=")[2]
    body = (
        f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n\r\nx\r\n--{boundary}--"
    )
    refused = httpx2.post(
        f"{service.url}/api/v1/jobs",
        content=body,
        headers={"Content-Type": content_type, **service.headers_of("alice")},
    )
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/invalid-request")


def test_answer_to_many_invalid_ids_is_short(service: Service) -> None:
    """Finding S13: 200 KB of zeros gave an answer of 16 MB."""
    refused = httpx2.post(
        f"{service.url}/api/v1/export",
        json={"ids": [0] * 60_000},
        headers=service.headers_of("alice"),
        timeout=30,
    )
    assert refused.status_code == 422
    assert len(refused.content) < 10_000
