"""The compiled model: made once from the weights, kept by content hash, shared by all workers."""

import fcntl
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from core.errors import ModelError, WeightsNotFoundError
from infra.settings import Precision, Settings
from infra.telemetry.logging import get_logger
from worker.model.weights import find_weights

log = get_logger(__name__)

# Raised whenever compile.py would make something else of the same weights.
RECIPE = 1

_DOWNLOAD_SECONDS = 600


def find_compiled(settings: Settings) -> Path:
    """Return the compiled model, compiling it first where that has not been done.

    Takes milliseconds when it is there; when not, 20 s (int8: a minute) in a process of its own.

    Raises:
        WeightsNotFoundError: there is neither a compiled model nor weights to make one of.
        ModelError: the weights could not be compiled.
    """
    folder = settings.data_dir / "models" / "compiled"
    try:
        weights = find_weights(settings)
    except WeightsNotFoundError as missing:
        if settings.weights is not None:
            raise
        shipped = _shipped(folder, settings.precision)
        if shipped is not None:
            return shipped
        weights = _download(missing)
    compiled = folder / _file_name(_fingerprint(weights), settings.precision)
    if not compiled.is_file():
        with _compile_lock(folder):
            if not compiled.is_file():
                _compile(weights, compiled, settings.precision)
    return compiled


def compile_again(settings: Settings, broken: Path) -> Path:
    """Replace a compiled model that cannot be loaded; one that another process replaced will do.

    Raises:
        ModelError: it cannot be made anew.
    """
    try:
        weights = find_weights(settings)
    except WeightsNotFoundError as error:
        raise ModelError(f"{broken} cannot be loaded, nor made anew: {error}") from error
    inode = broken.stat().st_ino
    with _compile_lock(broken.parent):
        if broken.stat().st_ino == inode:
            _compile(weights, broken, settings.precision)
    return broken


def _file_name(fingerprint: str, precision: Precision) -> str:
    suffix = "" if precision == "float32" else f"_{precision}"
    return f"mobilenet_v2{suffix}-{fingerprint}.tflite"


def _shipped(folder: Path, precision: Precision) -> Path | None:
    """A model compiled elsewhere, as in the worker's container image, which has no weights."""
    found = folder.glob(_file_name("*", precision))
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def _fingerprint(weights: Path) -> str:
    digest = hashlib.sha256(weights.read_bytes())
    digest.update(json.dumps([RECIPE, _converter()]).encode())
    return digest.hexdigest()[:16]


def _converter() -> str:
    try:
        return version("tensorflow")
    except PackageNotFoundError:
        return "none"


@contextmanager
def _compile_lock(folder: Path) -> Iterator[None]:
    """One process compiles; the others wait for it. The lock dies with its holder."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _compile(weights: Path, compiled: Path, precision: Precision) -> None:
    log.info("compiling the model, once, in 20 s or more", weights=str(weights))
    result = _run_compiler(str(weights), str(compiled), precision)
    if result.returncode != 0:
        raise ModelError(f"{weights} could not be compiled: {_last_line(result.stderr)}")


def _download(missing: WeightsNotFoundError) -> Path:
    try:
        result = _run_compiler("--download")
    except subprocess.TimeoutExpired as error:
        raise WeightsNotFoundError(f"{missing} Keras's download did not end.") from error
    if result.returncode != 0:
        raise WeightsNotFoundError(
            f"{missing} Keras's own download failed: {_last_line(result.stderr)}"
        )
    return Path(_last_line(result.stdout))


def _run_compiler(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Work with Keras in a process of its own, so that TensorFlow's 500 MB end with it."""
    return subprocess.run(
        [sys.executable, "-m", "worker.model.compile", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=_DOWNLOAD_SECONDS,
    )


def _last_line(output: str) -> str:
    return (output.strip().splitlines() or ["no reason given"])[-1]
