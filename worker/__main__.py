"""A worker: `python -m worker`."""

from infra.bootstrap import start
from infra.settings import Settings
from worker.celery_app import run_worker
from worker.readiness import wait_for_model


def work(settings: Settings) -> None:
    """Wait until there is a model, then take work until a signal says stop."""
    settings.require_addresses()
    wait_for_model(settings)
    run_worker(settings)


def main() -> None:
    start("worker", work)


if __name__ == "__main__":
    main()
