"""Run a worker: `python -m worker`."""

from infra.bootstrap import start
from infra.settings import Settings
from worker.celery_app import run_worker
from worker.readiness import wait_for_model


def work(settings: Settings) -> None:
    """Wait until a compiled model is available, then process messages until SIGTERM."""
    settings.require_addresses()
    wait_for_model(settings)
    run_worker(settings)


def main() -> None:
    """Start the worker with logging, settings and error handling set up."""
    start("worker", work)


if __name__ == "__main__":
    main()
