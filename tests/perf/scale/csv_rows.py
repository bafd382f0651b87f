"""Benchmark of the CSV export: rows per second and additional memory of the API."""

import csv
import http.client
import io
import time

import psutil

from tests.perf.scale.service import Environment, Row


def measure_csv(environment: Environment, call: str) -> Row:
    """Export the gallery once and return the row `call`."""
    api = psutil.Process(environment.api[0])
    before = peak = api.memory_info().rss
    connection = http.client.HTTPConnection("127.0.0.1", environment.port, timeout=600)
    start, spent = time.perf_counter(), environment.processor_time()
    connection.request("GET", "/api/v1/export")
    response = connection.getresponse()
    first = response.read(1)
    first_byte = time.perf_counter() - start
    rows, rest = 0, first
    while block := response.read(1 << 20):
        rows += block.count(b"\n")
        rest = block
        peak = max(peak, api.memory_info().rss)
    took = time.perf_counter() - start
    spent = environment.processor_time() - spent
    assert len(next(csv.reader(io.StringIO(rest.decode(errors="replace").splitlines()[-1])))) == 13
    return Row(
        call,
        "≥ 60,000 rows/s, memory ≤ +100 MB",
        f"{(rows - 1) / took:,.0f} rows/s, +{(peak - before) / 2**20:.0f} MB",
        processor=f"{spent / rows * 1e6:.0f} µs per row",
        remark=f"{rows - 1:,} rows; starts after {first_byte:.2f} s",
    )
