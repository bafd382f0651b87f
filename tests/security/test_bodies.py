"""Request bodies of strangers and of clients that hold slots (findings S4, S8)."""

import time
from collections import Counter
from contextlib import suppress

import httpx2
import pytest

from tests.security.client import Attacker, status_of
from tests.security.conftest import Observe, Service
from tests.support.images import jpeg

JSON = "Content-Type: application/json"
MULTIPART = "Content-Type: multipart/form-data; boundary=b"
PART = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n'
BODY = b'{"ids": [' + b"[]," * (8 << 20 >> 2)


def test_held_bodies_of_strangers_are_refused_from_their_heads(
    service: Service, stranger: Attacker, observe: Observe
) -> None:
    """Finding S4: 60 held bodies of 8 MiB without a key took 480 MB."""
    end = time.monotonic() + service.attack_seconds
    with observe():
        held = [stranger.connect() for _ in range(60)]
        for sock in held:
            length = f"Content-Length: {8 << 20}"
            stranger.send_head(sock, "POST", "/api/v1/images/delete", JSON, length)
        assert {status_of(sock) for sock in held} == {401}
        while time.monotonic() < end:
            for sock in held:
                with suppress(OSError):  # the service disconnects after a while
                    sock.sendall(b" " * 1000)


def test_deep_bodies_of_strangers_are_not_parsed(
    service: Service, stranger: Attacker, observe: Observe
) -> None:
    """Finding S4: twelve bodies of empty lists took 4 s of the API's time."""
    statuses: Counter[int | None] = Counter()
    end = time.monotonic() + service.attack_seconds
    with observe():
        while time.monotonic() < end:
            sock = stranger.connect()
            length = f"Content-Length: {len(BODY)}"
            stranger.send_head(
                sock, "POST", "/api/v1/images/known", JSON, length, body=BODY[: 256 << 10]
            )
            statuses[status_of(sock)] += 1
            sock.close()
    assert set(statuses) == {401}


@pytest.mark.parametrize("kind", ["upload", "ids"])
def test_client_that_holds_bodies_leaves_slots_for_others(
    kind: str, service: Service, mallory: Attacker, observe: Observe
) -> None:
    """Finding S8: one key held all upload slots."""
    end = time.monotonic() + service.attack_seconds
    path, media_type, start = {
        "upload": ("/api/v1/jobs", MULTIPART, PART),
        "ids": ("/api/v1/export", JSON, BODY[: 7 << 20]),
    }[kind]
    with observe():
        held = [mallory.connect() for _ in range(40)]
        for sock in held:
            mallory.send_head(sock, "POST", path, media_type, "Content-Length: 8000000", body=start)
        assert [status_of(sock, seconds=0.5) for sock in held].count(503) == 18
        while time.monotonic() < end:
            uploaded = httpx2.post(
                f"{service.url}/api/v1/jobs",
                files={"files": ("a.jpg", jpeg(1))},
                headers=service.headers_of("alice"),
            )
            assert uploaded.status_code == 202
            time.sleep(0.1)
