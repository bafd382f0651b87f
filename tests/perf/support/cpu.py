"""Whose processor time it was: what a figure alone does not tell."""

import os
from dataclasses import dataclass

import psutil

from tests.perf.service.bench_stack import Stack


@dataclass(frozen=True, slots=True)
class Meter:
    """Seconds of processor time by part of the stack, as of some moment."""

    seconds: dict[str, float]

    @classmethod
    def read(cls, stack: Stack) -> "Meter":
        parts = stack.stores | stack.running
        seconds = {name: _tree_seconds(child.pid) for name, child in parts.items()}
        return cls(seconds | {"clients": _own_seconds(psutil.Process(os.getpid()))})

    def since(self, before: "Meter", pictures: int) -> dict[str, float]:
        """Milliseconds per picture."""
        return {
            name: (seconds - before.seconds.get(name, 0.0)) * 1000 / pictures
            for name, seconds in self.seconds.items()
        }


def resident_megabytes(stack: Stack) -> float:
    """The largest worker process's resident memory."""
    children = psutil.Process(stack.running["worker"].pid).children(recursive=True)
    return max(child.memory_info().rss for child in children) / 2**20


def _tree_seconds(pid: int) -> float:
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    # Sessions that ended meanwhile are in their parent's `children` times.
    ended = process.cpu_times()
    return sum(_own_seconds(each) for each in family) + ended.children_user + ended.children_system


def _own_seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return times.user + times.system
