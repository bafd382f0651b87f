"""Cache of compiled models: compiled once, named by content hash, shared by all workers."""

import fcntl
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypeAlias

from core.errors import ModelError, WeightsNotFoundError
from infra.settings import Precision, Settings
from infra.telemetry.logging import get_logger
from worker.model.weights import find_weights

log = get_logger(__name__)

# Version of compile.py's output. Increment it when the same weights compile to another model.
RECIPE = 1

_DOWNLOAD_SECONDS = 600

Compiler: TypeAlias = Callable[[Path, Path, Precision], None]
"""Function that compiles weights to a path with a precision."""


def find_compiled(settings: Settings) -> Path:
    """Return the path of the compiled model; compile it first if it is not in the cache.

    Takes milliseconds if it is cached, else 20 s (float32) or 60 s (int8) in a subprocess.

    Raises:
        WeightsNotFoundError: Neither a compiled model nor weights exist.
        ModelError: The weights could not be compiled.
    """
    folder = settings.data_dir / "models" / "compiled"
    try:
        weights = find_weights(settings)
    except WeightsNotFoundError as missing:
        if settings.weights is not None:
            raise
        prebuilt = _find_prebuilt(folder, settings.precision)
        if prebuilt is not None:
            return prebuilt
        weights = _download(missing)
    compiled = folder / _file_name(_fingerprint(weights), settings.precision)
    if not compiled.is_file():
        if not _can_compile():
            return _require_prebuilt(folder, settings.precision)
        with _compile_lock(folder):
            if not compiled.is_file():
                compile_weights(weights, compiled, settings.precision)
    return compiled


def compile_again(settings: Settings, broken: Path, compiler: Compiler) -> Path:
    """Replace a compiled model that cannot be loaded, unless another process replaced it already.

    Args:
        settings: settings of the process.
        broken: path of the compiled model.
        compiler: writes the new compiled model.

    Raises:
        ModelError: No weights were found, or they could not be compiled.
    """
    try:
        weights = find_weights(settings)
    except WeightsNotFoundError as error:
        raise ModelError(
            f"The compiled model {broken} cannot be loaded or recompiled: {error}"
        ) from error
    inode = broken.stat().st_ino
    with _compile_lock(broken.parent):
        if broken.stat().st_ino == inode:
            compiler(weights, broken, settings.precision)
    return broken


def _file_name(fingerprint: str, precision: Precision) -> str:
    suffix = "" if precision == "float32" else f"_{precision}"
    return f"mobilenet_v2{suffix}-{fingerprint}.tflite"


def _find_prebuilt(folder: Path, precision: Precision) -> Path | None:
    """Return the newest model compiled elsewhere, as in the container image without weights."""
    found = folder.glob(_file_name("*", precision))
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def _fingerprint(weights: Path) -> str:
    digest = hashlib.sha256(weights.read_bytes())
    digest.update(json.dumps([RECIPE, _converter_version()]).encode())
    return digest.hexdigest()[:16]


def _require_prebuilt(folder: Path, precision: Precision) -> Path:
    """Return a model compiled elsewhere, where TensorFlow is not installed.

    Raises:
        ModelError: The folder contains none.
    """
    prebuilt = _find_prebuilt(folder, precision)
    if prebuilt is None:
        raise ModelError(
            "Compiling weights requires TensorFlow, which is not installed; it has wheels for "
            "Python 3.11 to 3.13. Run the gallery with one of these versions, or copy "
            f"data/models/compiled from a machine that has compiled the weights to {folder}."
        )
    return prebuilt


def _can_compile() -> bool:
    """Return whether TensorFlow is installed, which the worker images omit."""
    return _converter_version() != "none"


def _converter_version() -> str:
    try:
        return version("tensorflow")
    except PackageNotFoundError:
        return "none"


@contextmanager
def _compile_lock(folder: Path) -> Iterator[None]:
    """Hold the lock that lets one process compile. The kernel frees it when the process dies."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def compile_weights(weights: Path, compiled: Path, precision: Precision) -> None:
    """Compile weights in a subprocess.

    Raises:
        ModelError: the weights could not be compiled.
    """
    log.info("model.compilation_started", weights=str(weights), precision=precision)
    result = _run_compiler(str(weights), str(compiled), precision)
    if result.returncode != 0:
        raise ModelError(f"Compiling {weights} failed: {_last_line(result.stderr)}")


def _download(missing: WeightsNotFoundError) -> Path:
    if not _can_compile():
        raise missing
    try:
        result = _run_compiler("--download")
    except subprocess.TimeoutExpired as error:
        raise WeightsNotFoundError(
            f"{missing} Downloading them with Keras timed out after {_DOWNLOAD_SECONDS} s."
        ) from error
    if result.returncode != 0:
        raise WeightsNotFoundError(
            f"{missing} Downloading them with Keras failed: {_last_line(result.stderr)}"
        )
    return Path(_last_line(result.stdout))


def _run_compiler(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Keras in a subprocess, which frees TensorFlow's 500 MB of memory when it ends."""
    return subprocess.run(
        [sys.executable, "-m", "worker.model.compile", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=_DOWNLOAD_SECONDS,
    )


def _last_line(output: str) -> str:
    return (output.strip().splitlines() or ["no output"])[-1]
