"""Files with hostile headers, sent to a running API."""

import time
from pathlib import Path
from threading import Event, Thread
from typing import Self

import psutil

from infra.settings import Settings
from tests.support.hostile_headers import HOSTILE
from tests.support.images import encode, make_image
from tests.support.processes import Stack


class PeakMemory:
    """Highest resident memory of a process in bytes while the block runs."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._end = Event()
        self._thread = Thread(target=self._watch)
        self.before = self.peak = self._process.memory_info().rss

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._end.wait(0.01):
            self.peak = max(self.peak, self._process.memory_info().rss)


def test_hostile_headers_cost_the_api_little_and_spare_the_other_files(
    settings: Settings, tmp_path: Path
) -> None:
    stack = Stack(settings, tmp_path, {})
    try:
        stack.start("api")
        stack.wait_for_api()
        # The first uploads import modules and start the child process.
        stack.post_files(("a.gif", encode(make_image(8), "GIF")), ("b.jpg", bytes(20_900_000)))
        for seed, (name, hostile) in enumerate(HOSTILE.items()):
            check_upload(stack, name, hostile(), encode(make_image(seed), "GIF"))
    finally:
        stack.stop_all()


def check_upload(stack: Stack, name: str, hostile: bytes, intact: bytes) -> None:
    start = time.monotonic()
    with PeakMemory(stack.pid("api")) as memory:
        job = stack.post_files((name, hostile), ("good.gif", intact))
    seconds = time.monotonic() - start

    bad, good = job["items"]
    assert bad["outcome"] == "rejected", name
    assert bad["problem"]["code"] == "unreadable", name
    assert good["outcome"] == "accepted", name
    assert memory.peak - memory.before < 50 << 20, name
    # Pillow skips junk, so that only the child's limit of two seconds of processor time ends this
    # file. On a busy machine that takes up to ten seconds.
    assert seconds < (30 if "junk" in name else 2), name
