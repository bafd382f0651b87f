"""Waiting for a model before taking any work: without one, jobs wait and nothing is made up."""

import signal
import time
from pathlib import Path
from types import FrameType

from core.errors import ModelError
from infra.settings import Settings
from infra.telemetry.logging import get_logger
from worker.heartbeat import Heartbeat
from worker.model.cache import find_compiled

log = get_logger(__name__)

# Weights that somebody is about to copy are noticed quickly; a machine without any is left alone.
_FIRST_PAUSE = 2.0
_MAX_PAUSE = 30.0


def wait_for_model(settings: Settings) -> Path:
    """Return once the compiled model is there, compiling or waiting as it takes.

    While it waits, the heartbeat says why, for `/readyz` and the page to repeat.
    """
    heartbeat = Heartbeat(settings.require_database_url())
    heartbeat.start()
    previous = signal.signal(signal.SIGTERM, _stop)
    try:
        return _wait(settings, heartbeat)
    finally:
        signal.signal(signal.SIGTERM, previous)
        heartbeat.stop()  # its thread and connection must not live on across the fork


def _wait(settings: Settings, heartbeat: Heartbeat) -> Path:
    pause = _FIRST_PAUSE
    said = ""
    while True:
        try:
            return find_compiled(settings)
        except ModelError as error:
            if str(error) != said:
                log.warning("no model", reason=str(error))
                said = str(error)
            heartbeat.say("no_weights", detail=said)
        time.sleep(pause)
        pause = min(pause * 2, _MAX_PAUSE)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
