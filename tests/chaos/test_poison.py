"""Images that crash or hang their worker are retried alone, then fail; others are unaffected."""

import hashlib

import psutil

from tests.chaos.environment import WORKERS, Environment
from tests.chaos.load import Load, distinct_image
from tests.chaos.oracle import check
from tests.chaos.poisoned_worker import poison

CODES = {
    "segfault": "crashed_worker",
    "hang": "crashed_worker",
    "memory": "out_of_memory",
    "error": "internal",
}


def test_poisoned_images_fail_and_others_are_classified(
    environment: Environment, uploads: int
) -> None:
    mains = [psutil.Process(environment.stack.pid(name)) for name in WORKERS]
    images = [distinct_image() for _ in range(min(uploads, 200))]
    expected = {}
    for place, (failure, code) in enumerate(CODES.items(), start=1):
        poisoned = distinct_image(poison(failure))
        images.insert(place * len(images) // 5, poisoned)
        expected[hashlib.sha256(poisoned).hexdigest()] = code

    load = Load(environment.stack.url)
    load.start(images)
    load.finish()
    check(environment, load, failed=expected)
    assert all(main.is_running() for main in mains)
    assert all(main.children() for main in mains)
