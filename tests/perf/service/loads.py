"""Workloads of the service and their throughput."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from infra.queue.celery import LANES, Queue
from infra.settings import Settings
from tests.perf.service.bench_stack import Stack, until
from tests.perf.service.client import Client, make_form, make_forms, post_all
from tests.perf.support.cpu import Meter

CLIENTS = 16
_MOST_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Load:
    """Images per second, and processor time per image in milliseconds by part of the stack."""

    rate: float
    cpu: dict[str, float] = field(default_factory=dict)


def drain(  # noqa: PLR0913 (varied by the rows)
    stack: Stack,
    images: Sequence[bytes],
    *,
    processes: int = 2,
    behind: int = 0,
    chunk_size: int = 16,
    at_end: Callable[[], None] = lambda: None,
) -> Load:
    """Queue images, then measure how fast warm workers classify them, up to the last commit.

    Args:
        stack: Running servers; the gallery is emptied first.
        images: Images to classify.
        processes: Number of worker processes.
        behind: Number of further images queued in the bulk lane.
        chunk_size: Maximum number of images per message.
        at_end: Called while the workers are still running.
    """
    stack.clear()
    stack.start_api(GALLERY_CHUNK_SIZE=str(chunk_size))
    post_all(stack.port, make_forms(images, 8), clients=CLIENTS)
    if behind:
        _queue_more(stack, behind)
    _hold_messages(stack)
    stack.start_workers(processes)
    before = Meter.read(stack)
    start = _now(stack)
    _restore_messages(stack)
    _wait_for(stack, len(images))
    after = Meter.read(stack)
    seconds = (_last_classified(stack) - start).total_seconds()
    at_end()
    stack.stop()
    return Load(len(images) / seconds, after.since(before, len(images)))


def end_to_end(stack: Stack, images: Sequence[bytes], *, files_each: int) -> Load:
    """Upload images with sixteen clients; measure from the first request to the last commit."""
    warm_up, measured = images[:16], images[16:]
    forms = make_forms(measured, files_each)
    stack.clear()
    stack.start_api()
    stack.start_workers()
    post_all(stack.port, make_forms(warm_up, 1), clients=4)
    _wait_for(stack, len(warm_up))
    before = Meter.read(stack)
    start = _now(stack)
    post_all(stack.port, forms, clients=CLIENTS)
    _wait_for(stack, len(images))
    after = Meter.read(stack)
    seconds = (_last_classified(stack) - start).total_seconds()
    stack.stop()
    return Load(len(measured) / seconds, after.since(before, len(measured)))


def one_at_a_time(stack: Stack, images: Sequence[bytes]) -> list[float]:
    """Upload images one at a time and return the milliseconds until each job is done."""
    stack.clear()
    stack.start_api()
    stack.start_workers()
    client = Client(stack.port)
    times = []
    for image in images:
        form = make_form([image])
        start = time.perf_counter()
        job = client.post("/api/v1/jobs", form)
        while job["status"] != "done":
            job = client.get(f"/api/v1/jobs/{job['id']}?wait=20")
        times.append((time.perf_counter() - start) * 1000)
        time.sleep(0.05)
    client.close()
    stack.stop()
    return times[5:]  # without warm-up


def worker_start(stack: Stack, images: Sequence[bytes]) -> float:
    """Return the median of the seconds from the start of a worker to its first image done."""
    seconds = []
    for image in images:
        stack.clear()
        stack.start_api()
        post_all(stack.port, [make_form([image])], clients=1)
        stack.stop()
        start = _now(stack)
        stack.spawn_workers()
        _wait_for(stack, 1)
        seconds.append((_last_classified(stack) - start).total_seconds())
        stack.stop()
    return statistics.median(seconds)


def _now(stack: Stack) -> datetime:
    now: datetime = next(stack.database.execute("SELECT clock_timestamp()"))[0]
    return now


def _last_classified(stack: Stack) -> datetime:
    last: datetime = next(stack.database.execute("SELECT max(classified_at) FROM images"))[0]
    return last


def _wait_for(stack: Stack, images: int) -> None:
    """Wait until this many images are done. A failed image ends in the timeout."""

    def reached() -> bool:
        # Checked rarely and with a cheap query, so that it is no load of its own.
        query = "SELECT count(*) FROM predictions WHERE rank = 1"
        return int(next(stack.database.execute(query))[0]) >= images

    until(reached, _MOST_SECONDS, f"{images} images", every=0.25)


def _queue_more(stack: Stack, count: int) -> None:
    """Queue images in the bulk lane and publish their messages."""
    rows = stack.database.execute(
        """
        INSERT INTO images (id, sha256, name, media_type, bytes, width, height, lane)
        SELECT uuidv7(), sha256(n::text::bytea), n || '.jpg', 'image/jpeg', 50000, 500, 375, 'bulk'
          FROM generate_series(1, %(count)s) AS n
        RETURNING id
        """,
        {"count": count},
    ).fetchall()
    ids: list[UUID] = [row[0] for row in rows]
    settings = Settings(redis_url=stack.environment["GALLERY_REDIS_URL"])
    queue = Queue(settings)
    for first in range(0, count, settings.chunk_size):
        queue.publish(ids[first : first + settings.chunk_size], "bulk")
    queue.close()


def _hold_messages(stack: Stack) -> None:
    """Move the messages out of the queues, and prevent the sweeper from publishing them again.

    Limited to a minute: a later timestamp counts as a clock error and is published at once.
    """
    until(lambda: _is_quiet(stack), _MOST_SECONDS, "the last message")
    stack.database.execute("UPDATE images SET announced_at = now() + interval '55 seconds'")
    stack.database.execute("VACUUM (ANALYZE) images")
    for lane in LANES:
        if stack.redis.exists(lane):
            stack.redis.rename(lane, f"held:{lane}")


def _is_quiet(stack: Stack) -> bool:
    """Return whether no message arrives for a second; the API publishes after its response."""

    def length() -> int:
        return sum(stack.redis.llen(lane) for lane in LANES)

    before = length()
    time.sleep(1)
    return length() == before


def _restore_messages(stack: Stack) -> None:
    for lane in LANES:
        if stack.redis.exists(f"held:{lane}"):
            stack.redis.rename(f"held:{lane}", lane)
