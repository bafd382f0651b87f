"""Loading the model that the settings ask for."""

from pathlib import Path

from infra.settings import Settings
from infra.telemetry.logging import get_logger
from worker.inference.tensors import Runtime
from worker.model.cache import compile_again, find_compiled
from worker.model.self_test import expected_path, run_self_test

log = get_logger(__name__)


def load_runtime(settings: Settings) -> Runtime:
    """Load the model and pass its check.

    Raises:
        WeightsNotFoundError: there is no model to load.
        ModelError: what was loaded does not answer as it must.
    """
    compiled = find_compiled(settings)
    runtime = _open(settings, compiled)
    run_self_test(runtime, expected_path(compiled))
    return runtime


def _open(settings: Settings, compiled: Path) -> Runtime:
    if settings.runtime == "tensorflow":
        from worker.model.tensorflow import TensorFlowRuntime  # noqa: PLC0415 (only when chosen)
        from worker.model.weights import find_weights  # noqa: PLC0415

        return TensorFlowRuntime(find_weights(settings))
    from worker.model.litert import LiteRTRuntime  # noqa: PLC0415 (after the fork, and only then)

    try:
        return LiteRTRuntime(compiled)
    except (ValueError, RuntimeError) as error:
        log.warning("compiled model cannot be loaded, making it anew", reason=str(error))
        return LiteRTRuntime(compile_again(settings, compiled))
