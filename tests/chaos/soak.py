"""Soak test: uploads by several clients while processes are killed; prints a table of results."""

import argparse
import random
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from threading import Event, Thread

import psutil

from infra.settings import Settings
from tests.chaos.environment import WORKERS, Environment, open_environment
from tests.chaos.faults import empty_redis, kill_a_child, kill_a_worker, kill_postgres, kill_the_api
from tests.chaos.load import Load, distinct_image
from tests.chaos.oracle import BUSY, check
from tests.support.processes import until
from tests.support.s3_server import S3Server, find_s3_program
from worker.model.cache import find_compiled
from worker.model.weights import find_weights

KILLS = (kill_a_child, kill_a_worker, kill_the_api, empty_redis, kill_postgres)
MIB = 1 << 20


class Memory:
    """Sampler of the resident memory of each process, every two seconds."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._stop = Event()
        self._thread = Thread(target=self._run, daemon=True)
        self.samples: dict[str, list[int]] = defaultdict(list)
        self._thread.start()

    def stop(self) -> None:
        """Stop sampling."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(2):
            for role, pid in self._processes().items():
                try:
                    self.samples[role].append(psutil.Process(pid).memory_info().rss)
                except psutil.NoSuchProcess:
                    continue

    def _processes(self) -> dict[str, int]:
        found = {}
        for name in ("api", *WORKERS):
            try:
                main = psutil.Process(self._environment.stack.pid(name))
                found[name] = main.pid
                found |= {f"{name}, child": child.pid for child in main.children()[:1]}
            except (KeyError, psutil.NoSuchProcess):  # killed at this moment
                continue
        return found

    def rows(self) -> list[str]:
        """Return one row per process with the median of each third of the run, in MiB."""
        rows = []
        for role, values in sorted(self.samples.items()):
            third = max(1, len(values) // 3)
            parts = [values[:third], values[third : 2 * third], values[-third:]]
            medians = " → ".join(f"{statistics.median(part) / MIB:.0f}" for part in parts if part)
            rows.append(f"| resident memory of {role}, MiB (medians of thirds) | {medians} |")
        return rows


def soak(environment: Environment, *, uploads: int, clients: int, kill_every: float) -> list[str]:
    """Upload images, kill a process every `kill_every` seconds, and check the invariants.

    Returns:
        Rows of the table.
    """
    chance = random.Random(0)
    kills: Counter[str] = Counter()
    memory = Memory(environment)
    load = Load(environment.stack.url, clients=clients, per_request=10)
    start = time.monotonic()
    load.start([distinct_image() for _ in range(uploads)])
    while load.is_running() or environment.query(BUSY) != [(0,)]:
        kill = chance.choice(KILLS)
        kills[kill.__name__.replace("_", " ")] += 1
        kill(environment)
        time.sleep(kill_every)
    load.finish()
    failed = {
        str(sha): str(code)
        for sha, code in environment.query(
            "SELECT encode(sha256, 'hex'), failure_code FROM images WHERE status = 'failed'"
        )
    }
    check(environment, load, failed=failed)
    memory.stop()
    done = environment.query("SELECT count(*) FROM images WHERE status = 'done'")[0][0]
    return [
        f"| uploads, clients | {uploads}, {clients} |",
        f"| seconds until all was done | {time.monotonic() - start:.0f} |",
        f"| kills | {', '.join(f'{count} × {name}' for name, count in kills.items())} |",
        f"| responses to upload requests | {dict(load.responses)} |",
        f"| accepted images | {len(load.accepted)} |",
        f"| done with exactly five predictions | {done} |",
        f"| failed | {len(failed)} {dict(Counter(failed.values()))} |",
        "| lost images, duplicates, orphaned objects, missing objects | 0, 0, 0, 0 |",
        *memory.rows(),
    ]


def lanes(environment: Environment, *, waiting: int, singles: int) -> list[str]:
    """Measure single uploads while a bulk load is queued; return the rows of the table."""
    for name in WORKERS:
        environment.stack.stop(name)
    bulk = Load(environment.stack.url, clients=4, per_request=100)
    bulk.start([distinct_image() for _ in range(waiting)])
    bulk.finish()
    for name in WORKERS:
        environment.start_worker(name)
    environment.stack.wait_for_workers(len(WORKERS))
    seconds = []
    for _ in range(singles):
        start = time.monotonic()
        job = environment.stack.post_files(("one.jpg", distinct_image()))
        environment.stack.wait_for_job(job["id"])
        seconds.append(time.monotonic() - start)
    [(left,)] = environment.query("SELECT count(*) FROM images WHERE status = 'queued'")
    until(
        lambda: environment.query("SELECT count(*) FROM images WHERE status = 'queued'") == [(0,)],
        seconds=1200,
        what="the bulk load",
        pause=1,
    )
    check(environment, bulk)
    median, p95 = statistics.median(seconds), statistics.quantiles(seconds, n=20)[-1]
    return [
        f"| queued images before and after the single uploads | {waiting}, {left} |",
        f"| single upload until done, median and p95 of {singles}, s | {median:.2f}, {p95:.2f} |",
    ]


def main() -> None:
    """Parse the options, run both measurements and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uploads", type=int, default=20_000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--kill-every", type=float, default=20)
    parser.add_argument("--waiting", type=int, default=10_000)
    parser.add_argument("--singles", type=int, default=40)
    parser.add_argument("--data-dir", type=Path, help="data directory with a compiled model")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gallery-soak-") as folder:
        root = Path(folder)
        root.chmod(0o755)
        settings = Settings(data_dir=chosen.data_dir or root / "data")
        weights = find_weights(settings)
        find_compiled(settings.model_copy(update={"weights": weights}))
        program = find_s3_program()
        s3 = S3Server(program, root / "s3") if program else None
        if s3:
            s3.wait_until_ready()
        try:
            with open_environment(
                root / "service", data_dir=settings.data_dir, weights=weights, s3=s3
            ) as environment:
                rows = soak(
                    environment,
                    uploads=chosen.uploads,
                    clients=chosen.clients,
                    kill_every=chosen.kill_every,
                )
                print("\n".join(rows), flush=True)  # noqa: T201
                rows = lanes(environment, waiting=chosen.waiting, singles=chosen.singles)
                print("\n".join(rows), flush=True)  # noqa: T201
        finally:
            if s3:
                s3.stop()


if __name__ == "__main__":
    main()
