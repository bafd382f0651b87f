"""The faults: each is caused for real while uploads are under way, and put right again."""

import random
import signal
import time
from collections.abc import Callable

from infra.queue.celery import CLASSIFY_TASK, Queue
from tests.chaos.environment import WORKERS, Environment
from tests.support.processes import until

Fault = Callable[[Environment], None]


def kill_a_child(environment: Environment) -> None:
    """`kill -9` of the process that does the work; its parent makes another."""
    child = environment.worker_child("worker-1")
    child.send_signal(signal.SIGKILL)
    until(lambda: not child.is_running(), seconds=10, what="the child to be gone")


def kill_a_worker(environment: Environment) -> None:
    """`kill -9` of a worker with all its processes, as when a machine is lost."""
    environment.kill_worker("worker-2")
    time.sleep(1)
    environment.start_worker("worker-2")


def restart_workers_in_turn(environment: Environment) -> None:
    """SIGTERM one after the other, as a deployment does."""
    for name in WORKERS:
        environment.stack.stop(name)
        environment.start_worker(name)
        environment.stack.wait_for_workers(1)


def kill_the_api(environment: Environment) -> None:
    """`kill -9` of the API amid uploads; its port is taken up again."""
    environment.stack.kill("api")
    environment.stack.start("api")
    environment.stack.wait_for_api()


def empty_redis(environment: Environment) -> None:
    """`kill -9` of Redis, which keeps nothing, and another one two seconds later."""
    environment.redis.kill()
    time.sleep(2)
    environment.redis.start()


def flush_redis(environment: Environment) -> None:
    """Somebody runs FLUSHALL."""
    with environment.queue() as client:
        for _ in range(3):
            client.flushall()
            time.sleep(0.2)


def freeze_redis(environment: Environment) -> None:
    """Redis takes connections and answers nothing."""
    environment.redis.freeze()
    time.sleep(6)
    environment.redis.thaw()


def silence_redis(environment: Environment) -> None:
    """Every connection to Redis is half open for a while, then cut."""
    environment.to_redis.set("silent")
    time.sleep(6)
    environment.to_redis.set("pass")
    environment.to_redis.cut()


def fill_redis(environment: Environment) -> None:
    """Redis has no memory left and refuses to take messages."""
    with environment.queue() as client:
        client.config_set("maxmemory", "1mb")
        time.sleep(4)
        client.config_set("maxmemory", "256mb")


def restart_postgres(environment: Environment) -> None:
    """Postgres is stopped for two seconds."""
    environment.postgres.stop()
    time.sleep(2)
    environment.postgres.start()


def kill_postgres(environment: Environment) -> None:
    """`kill -9` of Postgres; it recovers from its log."""
    environment.postgres.kill()
    time.sleep(1)
    environment.postgres.start()


def freeze_postgres(environment: Environment) -> None:
    """Postgres holds every connection and answers nothing, for longer than a lease."""
    environment.postgres.freeze()
    time.sleep(35)
    environment.postgres.thaw()


def cut_postgres(environment: Environment) -> None:
    """Connections to Postgres break at any moment, in a COMMIT, too."""
    for _ in range(30):
        environment.to_postgres.cut()
        time.sleep(random.uniform(0.05, 0.2))


def deliver_often(environment: Environment) -> None:
    """Every message comes many times, late ones long after the work is done."""
    queue = Queue(environment.settings)
    for _ in range(5):
        ids = [
            row[0] for row in environment.query("SELECT id FROM images ORDER BY random() LIMIT 64")
        ]
        for start in range(0, len(ids), 8):
            queue._celery.send_task(  # noqa: SLF001 (the real message, sent again)
                CLASSIFY_TASK,
                args=[[str(each) for each in ids[start : start + 8]]],
                queue="interactive",
            )
    queue.close()


def set_the_clock(environment: Environment) -> None:
    """The database's clock is put on by an hour, then back: what was dated lies an hour off."""
    for step in ("-", "+"):
        by = f"{step} interval '1 hour'"
        environment.query(  # in one transaction: a clock is set in one moment
            f"UPDATE sweeper SET seen_at = seen_at {by}, steady_since = steady_since {by};"
            f"UPDATE workers SET seen_at = seen_at {by};"
            f"UPDATE images SET leased_until = leased_until {by}, announced_at = announced_at {by}"
        )
        time.sleep(1)


def objects_refuse(environment: Environment) -> None:
    """Object storage takes no connections."""
    assert environment.to_objects
    environment.to_objects.set("refuse")
    time.sleep(5)
    environment.to_objects.set("pass")


def objects_answer_503(environment: Environment) -> None:
    """Object storage answers 503 to everything."""
    assert environment.to_objects
    environment.to_objects.set("unavailable")
    time.sleep(5)
    environment.to_objects.set("pass")


def objects_stall(environment: Environment) -> None:
    """Object storage stops in the middle of answers."""
    assert environment.to_objects
    environment.to_objects.set("silent")
    time.sleep(12)
    environment.to_objects.set("pass")
    environment.to_objects.cut()


def objects_crawl(environment: Environment) -> None:
    """Object storage gives 20 KB a second."""
    assert environment.to_objects
    environment.to_objects.set("slow")
    time.sleep(6)
    environment.to_objects.set("pass")


ON_ANY_STORAGE: tuple[Fault, ...] = (
    kill_a_child,
    kill_a_worker,
    restart_workers_in_turn,
    kill_the_api,
    empty_redis,
    flush_redis,
    freeze_redis,
    silence_redis,
    fill_redis,
    restart_postgres,
    kill_postgres,
    freeze_postgres,
    cut_postgres,
    deliver_often,
    set_the_clock,
)

ON_S3: tuple[Fault, ...] = (objects_refuse, objects_answer_503, objects_stall, objects_crawl)
