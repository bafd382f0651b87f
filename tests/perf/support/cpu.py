"""Processor time and memory by part of the stack."""

import os
from dataclasses import dataclass

import psutil

from tests.perf.service.bench_stack import Stack


@dataclass(frozen=True, slots=True)
class Meter:
    """Processor time so far, in seconds, by part of the stack."""

    seconds: dict[str, float]

    @classmethod
    def read(cls, stack: Stack) -> "Meter":
        """Read the processor time of all processes of the stack and of the clients."""
        parts = stack.stores | stack.running
        seconds = {name: _tree_seconds(child.pid) for name, child in parts.items()}
        return cls(seconds | {"clients": _own_seconds(psutil.Process(os.getpid()))})

    def since(self, before: "Meter", images: int) -> dict[str, float]:
        """Return the milliseconds per image since an earlier reading, by part of the stack."""
        return {
            name: (seconds - before.seconds.get(name, 0.0)) * 1000 / images
            for name, seconds in self.seconds.items()
        }


def resident_megabytes(stack: Stack) -> float:
    """Return the resident memory of the largest worker process, in MiB."""
    children = psutil.Process(stack.running["worker"].pid).children(recursive=True)
    return max(child.memory_info().rss for child in children) / 2**20


def _tree_seconds(pid: int) -> float:
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    # The time of ended sessions is counted for their parent.
    ended = process.cpu_times()
    return sum(_own_seconds(each) for each in family) + ended.children_user + ended.children_system


def _own_seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return times.user + times.system
