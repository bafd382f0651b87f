"""The API: `python -m api`."""

import uvicorn

from api.app import create_app
from infra.entry import start
from infra.settings import Settings


def serve(settings: Settings) -> None:
    """Serve until a signal says stop."""
    settings.require_addresses()
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,  # longer than a reverse proxy keeps its idle connections
        timeout_graceful_shutdown=10,  # long polls would otherwise hold the process up
    )


def main() -> None:
    start("api", serve)


if __name__ == "__main__":
    main()
