"""Pictures that kill or hang their worker: alone once more, then failed; nobody else suffers."""

import hashlib

import psutil

from tests.chaos.environment import WORKERS, Environment
from tests.chaos.load import Load, distinct_picture
from tests.chaos.oracle import check
from tests.chaos.poisoned_worker import poison

CODES = {
    "segfault": "crashed_worker",
    "hang": "crashed_worker",
    "memory": "out_of_memory",
    "error": "internal",
}


def test_poison_fails_alone_and_its_neighbours_are_classified(
    environment: Environment, uploads: int
) -> None:
    mains = [psutil.Process(environment.stack.pid(name)) for name in WORKERS]
    pictures = [distinct_picture() for _ in range(min(uploads, 200))]
    expected = {}
    for place, (harm, code) in enumerate(CODES.items(), start=1):
        bad = distinct_picture(poison(harm))
        pictures.insert(place * len(pictures) // 5, bad)
        expected[hashlib.sha256(bad).hexdigest()] = code

    load = Load(environment.stack.url)
    load.start(pictures)
    load.finish()
    check(environment, load, failed=expected)
    assert all(main.is_running() for main in mains)
    assert all(main.children() for main in mains)
