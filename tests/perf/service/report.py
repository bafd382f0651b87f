"""Write the table to docs/explanation/benchmarks.md."""

import os
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

_PACKAGES = (
    "ai-edge-litert",
    "tensorflow",
    "keras",
    "opencv-python-headless",
    "simplejpeg",
    "pillow",
    "celery",
    "redis",
    "psycopg",
    "fastapi",
    "uvicorn",
)
# `make bench` replaces the text between these markers.
_BEGIN = "<!-- begin: written by `make bench` -->"
_END = "<!-- end -->"


@dataclass(frozen=True, slots=True)
class Row:
    """Row of the table."""

    name: str
    measured: str
    ratio: str = ""
    goal: str = ""
    cpu: str = ""


def write_report(page: Path, rows: Sequence[Row], command: str, notes: Sequence[str]) -> None:
    """Replace the text between the markers of a page.

    Args:
        page: Page; created if it does not exist.
        rows: Measured rows.
        command: Command that measured them.
        notes: Paragraphs above the table.
    """
    text = page.read_text() if page.exists() else f"# Benchmarks\n\n{_BEGIN}\n{_END}\n"
    before, rest = text.split(_BEGIN)
    after = rest.split(_END)[1]
    page.write_text(f"{before}{_BEGIN}\n\n{_body(rows, command, notes)}\n{_END}{after}")


def _body(rows: Sequence[Row], command: str, notes: Sequence[str]) -> str:
    lines = [
        f"`{command}`, {time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}, on {_machine()}.",
        "",
        f"Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
        + ".",
        "",
        *notes,
        "",
        "| what | measured | ratio | goal | processor ms per image |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {row.name} | {row.measured} | {row.ratio} | {row.goal} | {row.cpu} |"
            for row in rows
        ),
        "",
    ]
    return "\n".join(lines)


def _machine() -> str:
    info = Path("/proc/cpuinfo")
    models = [
        line.partition(":")[2].strip()
        for line in (info.read_text().splitlines() if info.exists() else ())
        if line.startswith("model name")
    ]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[1]
    name = models[0] if models else platform.processor()
    return (
        f"{os.cpu_count()} cores ({name}), {memory:.0f} GiB, {platform.system()} "
        f"{platform.release().split('-')[0]}, load average over five minutes {load:.1f}"
    )
