"""Faults: each function injects a fault during uploads and reverts it before it returns."""

import random
import signal
import time
from collections.abc import Callable

from infra.queue.celery import CLASSIFY_TASK, Queue
from tests.chaos.environment import WORKERS, Environment
from tests.support.processes import until

Fault = Callable[[Environment], None]


def kill_a_child(environment: Environment) -> None:
    """Kill the forked process of a worker; its parent forks another."""
    child = environment.worker_child("worker-1")
    child.send_signal(signal.SIGKILL)
    until(lambda: not child.is_running(), seconds=10, what="the end of the process")


def kill_a_worker(environment: Environment) -> None:
    """Kill all processes of a worker, as if its machine crashed."""
    environment.kill_worker("worker-2")
    time.sleep(1)
    environment.start_worker("worker-2")


def restart_workers_in_turn(environment: Environment) -> None:
    """Restart the workers one after the other with SIGTERM, as a deployment does."""
    for name in WORKERS:
        environment.stack.stop(name)
        environment.start_worker(name)
        environment.stack.wait_for_workers(1)


def kill_the_api(environment: Environment) -> None:
    """Kill the API and start another on the same port."""
    environment.stack.kill("api")
    environment.stack.start("api")
    environment.stack.wait_for_api()


def empty_redis(environment: Environment) -> None:
    """Kill Redis, which loses its messages, and start another two seconds later."""
    environment.redis.kill()
    time.sleep(2)
    environment.redis.start()


def flush_redis(environment: Environment) -> None:
    """Delete all messages with FLUSHALL."""
    with environment.queue() as client:
        for _ in range(3):
            client.flushall()
            time.sleep(0.2)


def suspend_redis(environment: Environment) -> None:
    """Suspend Redis: connections are accepted and requests are not answered."""
    environment.redis.suspend()
    time.sleep(6)
    environment.redis.resume()


def silence_redis(environment: Environment) -> None:
    """Forward nothing on connections to Redis for six seconds, then close them."""
    environment.to_redis.set("silent")
    time.sleep(6)
    environment.to_redis.set("pass")
    environment.to_redis.cut()


def fill_redis(environment: Environment) -> None:
    """Limit the memory of Redis so that it refuses messages."""
    with environment.queue() as client:
        client.config_set("maxmemory", "1mb")
        time.sleep(4)
        client.config_set("maxmemory", "256mb")


def restart_postgres(environment: Environment) -> None:
    """Stop Postgres for two seconds."""
    environment.postgres.stop()
    time.sleep(2)
    environment.postgres.start()


def kill_postgres(environment: Environment) -> None:
    """Kill Postgres; it recovers from its write-ahead log."""
    environment.postgres.kill()
    time.sleep(1)
    environment.postgres.start()


def suspend_postgres(environment: Environment) -> None:
    """Suspend Postgres for longer than a lease."""
    environment.postgres.suspend()
    time.sleep(35)
    environment.postgres.resume()


def cut_postgres(environment: Environment) -> None:
    """Close connections to Postgres at random moments, also during COMMIT."""
    for _ in range(30):
        environment.to_postgres.cut()
        time.sleep(random.uniform(0.05, 0.2))


def deliver_often(environment: Environment) -> None:
    """Publish messages again several times, also after their images are finished."""
    queue = Queue(environment.settings)
    for _ in range(5):
        ids = [
            row[0] for row in environment.query("SELECT id FROM images ORDER BY random() LIMIT 64")
        ]
        for start in range(0, len(ids), 8):
            queue._celery.send_task(  # noqa: SLF001 (sends the message that the API sends)
                CLASSIFY_TASK,
                args=[[str(each) for each in ids[start : start + 8]]],
                queue="interactive",
            )
    queue.close()


def set_the_clock(environment: Environment) -> None:
    """Simulate a database clock that jumps an hour ahead and back, by shifting all timestamps."""
    for step in ("-", "+"):
        by = f"{step} interval '1 hour'"
        environment.query(  # in one transaction, because a clock jumps at once
            f"UPDATE sweeper SET seen_at = seen_at {by}, steady_since = steady_since {by};"
            f"UPDATE workers SET seen_at = seen_at {by};"
            f"UPDATE images SET leased_until = leased_until {by}, announced_at = announced_at {by}"
        )
        time.sleep(1)


def objects_refuse(environment: Environment) -> None:
    """Refuse connections to object storage."""
    assert environment.to_objects
    environment.to_objects.set("refuse")
    time.sleep(5)
    environment.to_objects.set("pass")


def objects_answer_503(environment: Environment) -> None:
    """Answer all requests to object storage with status 503."""
    assert environment.to_objects
    environment.to_objects.set("unavailable")
    time.sleep(5)
    environment.to_objects.set("pass")


def objects_stall(environment: Environment) -> None:
    """Stop forwarding responses of object storage midway."""
    assert environment.to_objects
    environment.to_objects.set("silent")
    time.sleep(12)
    environment.to_objects.set("pass")
    environment.to_objects.cut()


def objects_crawl(environment: Environment) -> None:
    """Limit object storage to 20 kB per second."""
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
    suspend_redis,
    silence_redis,
    fill_redis,
    restart_postgres,
    kill_postgres,
    suspend_postgres,
    cut_postgres,
    deliver_often,
    set_the_clock,
)

ON_S3: tuple[Fault, ...] = (objects_refuse, objects_answer_503, objects_stall, objects_crawl)
