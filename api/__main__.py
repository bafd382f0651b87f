"""The API: `python -m api`."""

import uvicorn

from api.app import create_app
from infra.errors import GalleryError
from infra.log import configure_logging, get_logger
from infra.settings import Settings


def main() -> None:
    """Serve until a signal says stop."""
    settings = Settings()
    configure_logging(settings.log_format)
    try:
        app = create_app(settings)
    except GalleryError as error:
        get_logger("api").critical("api stopped", reason=str(error))
        raise SystemExit(1) from error
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,  # longer than a reverse proxy keeps its idle connections
        timeout_graceful_shutdown=10,  # long polls would otherwise hold the process up
    )


if __name__ == "__main__":
    main()
