"""Wait for a compiled model before the worker receives messages. Until then, images stay queued."""

import signal
import time
from pathlib import Path
from types import FrameType

from core.backoff import Backoff
from core.errors import ModelError
from infra.settings import Settings
from infra.telemetry.logging import get_logger
from worker.heartbeat import Heartbeat
from worker.model.cache import find_compiled

log = get_logger(__name__)


def wait_for_model(settings: Settings) -> Path:
    """Return the path of the compiled model, compiling it or waiting for weights as necessary.

    Meanwhile the heartbeat reports the reason, which `/readyz` and the status page show.
    """
    heartbeat = Heartbeat(settings.require_database_url())
    heartbeat.start()
    previous = signal.signal(signal.SIGTERM, _exit)
    try:
        return _wait(settings, heartbeat)
    finally:
        signal.signal(signal.SIGTERM, previous)
        heartbeat.stop()  # its thread and connection must not exist across the fork


def _wait(settings: Settings, heartbeat: Heartbeat) -> Path:
    # Check often at first, in case the weights are being copied.
    backoff = Backoff(first=2.0, longest=30.0)
    reason = ""
    while True:
        try:
            return find_compiled(settings)
        except ModelError as error:
            if str(error) != reason:
                reason = str(error)
                log.warning("model.missing", reason=reason)
            heartbeat.set_state("no_weights", detail=reason)
        time.sleep(backoff.next_delay())


def _exit(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
