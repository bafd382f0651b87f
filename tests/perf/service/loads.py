"""What is measured of the service: ways to load it, and how long that took."""

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
    """Pictures per second, and milliseconds of processor time per picture by part."""

    rate: float
    cpu: dict[str, float] = field(default_factory=dict)


def drain(  # noqa: PLR0913 (what the rows vary)
    stack: Stack,
    pictures: Sequence[bytes],
    *,
    processes: int = 2,
    behind: int = 0,
    chunk_size: int = 16,
    at_end: Callable[[], None] = lambda: None,
) -> Load:
    """Have pictures wait, let warm workers loose on them, and time it to the last commit.

    Args:
        stack: where; its gallery is emptied first.
        pictures: what is classified.
        processes: how many worker processes.
        behind: so many more pictures wait behind those.
        chunk_size: at most so many travel in a message.
        at_end: called while the workers are still there.
    """
    stack.clear()
    stack.start_api(GALLERY_CHUNK_SIZE=str(chunk_size))
    post_all(stack.port, make_forms(pictures, 8), clients=CLIENTS)
    if behind:
        _queue_more(stack, behind)
    _hold_back(stack)
    stack.start_workers(processes)
    before = Meter.read(stack)
    began = _now(stack)
    _let_go(stack)
    _wait_for(stack, len(pictures))
    after = Meter.read(stack)
    seconds = (_last_classified(stack) - began).total_seconds()
    at_end()
    stack.stop()
    return Load(len(pictures) / seconds, after.since(before, len(pictures)))


def end_to_end(stack: Stack, pictures: Sequence[bytes], *, files_each: int) -> Load:
    """Sixteen clients post pictures; timed from the first byte to the last commit."""
    warm_up, measured = pictures[:16], pictures[16:]
    forms = make_forms(measured, files_each)
    stack.clear()
    stack.start_api()
    stack.start_workers()
    post_all(stack.port, make_forms(warm_up, 1), clients=4)
    _wait_for(stack, len(warm_up))
    before = Meter.read(stack)
    began = _now(stack)
    post_all(stack.port, forms, clients=CLIENTS)
    _wait_for(stack, len(pictures))
    after = Meter.read(stack)
    seconds = (_last_classified(stack) - began).total_seconds()
    stack.stop()
    return Load(len(measured) / seconds, after.since(before, len(measured)))


def one_at_a_time(stack: Stack, pictures: Sequence[bytes]) -> list[float]:
    """Post a picture, wait for its job to be done, rest; milliseconds of each."""
    stack.clear()
    stack.start_api()
    stack.start_workers()
    client = Client(stack.port)
    times = []
    for picture in pictures:
        form = make_form([picture])
        began = time.perf_counter()
        job = client.post("/api/v1/jobs", form)
        while job["status"] != "done":
            job = client.get(f"/api/v1/jobs/{job['id']}?wait=20")
        times.append((time.perf_counter() - began) * 1000)
        time.sleep(0.05)
    client.close()
    stack.stop()
    return times[5:]  # the first few find everything cold


def worker_start(stack: Stack, pictures: Sequence[bytes]) -> float:
    """Seconds from starting a worker to its first picture done; the median over pictures."""
    seconds = []
    for picture in pictures:
        stack.clear()
        stack.start_api()
        post_all(stack.port, [make_form([picture])], clients=1)
        stack.stop()
        began = _now(stack)
        stack.spawn_workers()
        _wait_for(stack, 1)
        seconds.append((_last_classified(stack) - began).total_seconds())
        stack.stop()
    return statistics.median(seconds)


def _now(stack: Stack) -> datetime:
    now: datetime = next(stack.database.execute("SELECT clock_timestamp()"))[0]
    return now


def _last_classified(stack: Stack) -> datetime:
    last: datetime = next(stack.database.execute("SELECT max(classified_at) FROM images"))[0]
    return last


def _wait_for(stack: Stack, pictures: int) -> None:
    """Return when so many are done; a failed one ends the benchmark."""

    def reached() -> bool:
        # Seldom, and not of all that wait: looking is not to be a load of its own.
        query = "SELECT count(*) FROM predictions WHERE rank = 1"
        return int(next(stack.database.execute(query))[0]) >= pictures

    until(reached, _MOST_SECONDS, f"{pictures} pictures", every=0.25)


def _queue_more(stack: Stack, count: int) -> None:
    """Pictures that wait behind all others, announced like them."""
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
    settings = Settings(redis_url=stack.environment["GALLERY_REDIS_URL"])  # type: ignore[arg-type]
    queue = Queue(settings)
    for start in range(0, count, settings.chunk_size):
        queue.publish(ids[start : start + settings.chunk_size], "bulk")
    queue.close()


def _hold_back(stack: Stack) -> None:
    """Take the messages away from workers to come, and keep the sweeper from replacing them.

    For a minute: what is dated later, the sweeper takes for a clock's mistake and calls at once.
    """
    until(lambda: _is_quiet(stack), _MOST_SECONDS, "the last message")
    stack.database.execute("UPDATE images SET announced_at = now() + interval '55 seconds'")
    stack.database.execute("VACUUM (ANALYZE) images")
    for lane in LANES:
        if stack.redis.exists(lane):
            stack.redis.rename(lane, f"held:{lane}")


def _is_quiet(stack: Stack) -> bool:
    """Whether a second passes without a message: the API publishes a little after it answers."""

    def length() -> int:
        return sum(stack.redis.llen(lane) for lane in LANES)

    before = length()
    time.sleep(1)
    return length() == before


def _let_go(stack: Stack) -> None:
    for lane in LANES:
        if stack.redis.exists(f"held:{lane}"):
            stack.redis.rename(f"held:{lane}", lane)
