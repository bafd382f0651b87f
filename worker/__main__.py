"""A worker: `python -m worker`."""

from infra.errors import GalleryError
from infra.log import configure_logging, get_logger
from infra.settings import Settings
from worker.app import run_worker
from worker.readiness import wait_for_model


def main() -> None:
    """Wait until there is a model, then take work."""
    settings = Settings()
    configure_logging(settings.log_format)
    try:
        wait_for_model(settings)
        run_worker(settings)
    except GalleryError as error:
        get_logger("worker").critical("worker stopped", reason=str(error))
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
