"""Load the runtime selected by GALLERY_RUNTIME."""

from pathlib import Path

from infra.settings import Settings
from infra.telemetry.logging import get_logger
from worker.inference.tensors import Runtime
from worker.model.cache import Compiler, compile_again, compile_weights, find_compiled
from worker.model.self_test import expected_path, run_self_test

log = get_logger(__name__)


def load_runtime(settings: Settings, *, compiler: Compiler = compile_weights) -> Runtime:
    """Load the model and run its self-test.

    Args:
        settings: settings of the process.
        compiler: replaces a compiled model that cannot be loaded.

    Raises:
        WeightsNotFoundError: Neither a compiled model nor weights exist.
        ModelError: The model cannot be compiled, or fails its self-test.
    """
    compiled = find_compiled(settings)
    runtime = _open(settings, compiled, compiler)
    run_self_test(runtime, expected_path(compiled))
    return runtime


def _open(settings: Settings, compiled: Path, compiler: Compiler) -> Runtime:
    if settings.runtime == "tensorflow":
        from worker.model.tensorflow import TensorFlowRuntime  # noqa: PLC0415 (optional dependency)
        from worker.model.weights import find_weights  # noqa: PLC0415

        return TensorFlowRuntime(find_weights(settings))
    from worker.model.litert import LiteRTRuntime  # noqa: PLC0415 (native library: import after the fork)

    try:
        return LiteRTRuntime(compiled)
    except (ValueError, RuntimeError) as error:
        log.warning("model.load_failed", path=str(compiled), reason=str(error))
        return LiteRTRuntime(compile_again(settings, compiled, compiler))
