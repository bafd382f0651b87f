"""The API: `python -m api`."""

import gc

import uvicorn

from api.app import create_app
from api.auth.open_access import require_keys_on_public_address
from api.server.protocol import GuardedProtocol
from infra.bootstrap import start
from infra.settings import Settings

# A page makes hundreds of objects and drops them. Looking for circles among them after each 700,
# as Python does, takes a sixth of its time.
OBJECTS_BETWEEN_COLLECTIONS = 10_000

# Past that, new requests are refused at once with 503.
MAX_CONNECTIONS = 1000


def serve(settings: Settings) -> None:
    """Serve until a signal says stop."""
    settings.require_addresses()
    require_keys_on_public_address(settings)
    app = create_app(settings)
    gc.freeze()  # what is there now stays: no collection needs to look through it
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        http=GuardedProtocol,
        limit_concurrency=MAX_CONNECTIONS,
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
