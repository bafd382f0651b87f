"""Uploads of files with hostile headers (findings S1 and S2)."""

import time
from collections import Counter
from threading import Thread

import pytest

from tests.security.conftest import Observe, Service
from tests.support.hostile_headers import HOSTILE


@pytest.mark.parametrize("kind", list(HOSTILE))
def test_concurrent_uploads_of_hostile_headers_are_rejected(
    kind: str, service: Service, observe: Observe
) -> None:
    """Findings S1 and S2: memory of 1 GB and 175 s of processor time for one file."""
    hostile = HOSTILE[kind]()
    outcomes: Counter[str] = Counter()
    end = time.monotonic() + service.attack_seconds

    def attack() -> None:
        while time.monotonic() < end:
            job = service.upload("mallory", hostile)
            outcomes[job["items"][0]["outcome"]] += 1

    attackers = [Thread(target=attack) for _ in range(3)]
    with observe():
        for thread in attackers:
            thread.start()
        for thread in attackers:
            thread.join()
    assert set(outcomes) == {"rejected"}
