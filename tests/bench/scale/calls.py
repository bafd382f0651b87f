"""Eight clients that ask the running API, each as soon as it has its answer."""

import http.client
import json
import threading
import time
from collections.abc import Callable
from itertools import count
from typing import Any

import pandas as pd

CLIENTS = 8


def get(port: int, path: str) -> Any:
    """One answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != http.client.OK:
        raise RuntimeError(f"{path}: {answer.status} {body[:300]!r}")
    return json.loads(body)


def measure(port: int, path_of: Callable[[int], str], *, seconds: float) -> pd.Series:
    """Latencies in milliseconds of as many calls as eight clients get answered in that time."""
    numbers = count()
    times: list[float] = []
    errors: list[str] = []
    end = time.perf_counter() + seconds

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        while time.perf_counter() < end and not errors:
            path = path_of(next(numbers))
            begin = time.perf_counter()
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            times.append((time.perf_counter() - begin) * 1000)
            if answer.status != http.client.OK:
                errors.append(f"{path}: {answer.status} {body[:300]!r}")
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise RuntimeError(errors[0])
    return pd.Series(times)
