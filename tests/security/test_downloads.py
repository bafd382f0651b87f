"""Slow readers of originals (finding S3)."""

import time
from collections import Counter

import httpx2

from tests.security.client import Attacker, status_of
from tests.security.conftest import Observe, Service
from tests.support.images import jpeg

SIZE = 20_000_000


def test_slow_readers_of_originals_cost_little_memory(
    service: Service, mallory: Attacker, observe: Observe
) -> None:
    """Finding S3: 50 slow readers took 984 MB."""
    image = jpeg(1)
    image += bytes(SIZE - len(image))
    job = service.upload("alice", image)
    path = f"/api/v1/images/{job['items'][0]['image_id']}/original"
    with observe():
        held = [mallory.connect(receive_buffer=4096) for _ in range(50)]
        for sock in held:
            mallory.send_head(sock, "GET", path)
        assert Counter(map(status_of, held)) == {200: 22, 503: 28}
        time.sleep(service.attack_seconds)
        headers = service.headers_of("alice")
        assert httpx2.get(service.url + path, headers=headers, timeout=30).content == image
