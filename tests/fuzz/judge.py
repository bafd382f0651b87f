"""Validate and decode files in a subprocess with the memory limit of a worker."""

import atexit
import io
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.paths import ROOT

if TYPE_CHECKING:
    from api.uploads.inspection.pool import InspectorPool

MEMORY = 1536 << 20  # bytes
SECONDS = 30  # per file


@dataclass(frozen=True, slots=True)
class Verdict:
    """Result of one file.

    Attributes:
        name: Path of the file.
        outcome: `tags` if the file could be classified, else the code of the error.
        seconds: Duration.
        peak_bytes: Peak resident memory of the process so far.
    """

    name: str
    outcome: str
    seconds: float
    peak_bytes: int


def judge_all(files: Iterable[Path]) -> list[Verdict]:
    """Process files in one subprocess.

    Raises:
        AssertionError: The subprocess died.
    """
    paths = "\n".join(str(path) for path in files)
    ended = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.judge"],
        input=paths,
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if not k.startswith("GALLERY_")},
    )
    verdicts = [Verdict(**json.loads(line)) for line in ended.stdout.splitlines()]
    if ended.returncode != 0:
        reason = ended.stderr[-2000:]
        raise AssertionError(f"the process died after {verdicts[-1:]}: {reason}")
    return verdicts


def outcome_of(data: bytes) -> str:
    """Run validation, decoding, preprocessing and thumbnail of a file, without the model.

    Returns:
        `tags`, the code of the error, or `no sentence` if the error's detail is not a sentence.
    """
    from api.uploads.multipart import Upload  # noqa: PLC0415
    from api.uploads.validation import inspect  # noqa: PLC0415 (native: load after the limit is set)
    from core.errors import CodedError  # noqa: PLC0415
    from infra.settings import Settings  # noqa: PLC0415
    from worker.imaging.decode import decode  # noqa: PLC0415
    from worker.imaging.thumbnail import make_thumbnail  # noqa: PLC0415
    from worker.inference.tensors import to_tensor  # noqa: PLC0415

    settings = Settings()
    upload = Upload("a", io.BytesIO())
    upload.write(data, settings.max_upload_bytes)
    try:
        found = inspect(upload, settings, _inspectors())
        pixels = decode(data, found.media_type, max_pixels=settings.max_pixels).pixels
    except CodedError as error:
        return error.code if error.detail.endswith(".") else "no sentence"
    tensor = to_tensor(pixels)
    assert tensor.shape == (224, 224, 3)
    assert abs(tensor).max() <= 1
    assert make_thumbnail(pixels).startswith(b"\xff\xd8\xff")
    return "tags"


@cache
def _inspectors() -> "InspectorPool":
    from api.uploads.inspection.pool import InspectorPool  # noqa: PLC0415

    pool = InspectorPool(children=1)
    atexit.register(pool.close)
    return pool


def main() -> None:
    """Read paths from stdin; write one JSON result per line to stdout."""
    import time  # noqa: PLC0415

    from worker.memory_limit import limit_memory  # noqa: PLC0415

    outcome_of(b"\xff\xd8\xff")  # load all libraries before limiting memory
    limit_memory(MEMORY)
    for line in sys.stdin.read().splitlines():
        start = time.monotonic()
        outcome = outcome_of(Path(line).read_bytes())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(  # noqa: T201 (read by judge_all)
            json.dumps(
                {
                    "name": line,
                    "outcome": outcome,
                    "seconds": time.monotonic() - start,
                    "peak_bytes": peak,
                }
            ),
            flush=True,
        )


if __name__ == "__main__":
    main()
