"""Entry point of the API process: `python -m api`."""

import gc
import resource

import uvicorn

from api.app import create_app
from api.auth.open_access import require_keys_on_public_address
from api.server.protocol import GuardedProtocol
from api.tuning import DEFAULTS, Tuning
from infra.bootstrap import start
from infra.settings import Settings

# Serialising a page allocates hundreds of objects without reference cycles. With Python's default
# of 700, the cycle collector takes a sixth of the time of such a request.
OBJECTS_BETWEEN_COLLECTIONS = 10_000

# Files besides connections: those of the databases, spooled uploads and storage.
OTHER_OPEN_FILES = 500


def serve(
    settings: Settings,
    *,
    tuning: Tuning = DEFAULTS,
    protocol: type[GuardedProtocol] = GuardedProtocol,
) -> None:
    """Run the API server until SIGINT or SIGTERM.

    Args:
        settings: Settings of the process.
        tuning: Internal limits.
        protocol: Protocol with the limits of request heads.

    Raises:
        ConfigurationError: An address is missing, or the service would listen on a public address
            without API keys.
    """
    settings.require_addresses()
    require_keys_on_public_address(settings)
    allow_open_files(settings.max_connections + OTHER_OPEN_FILES)
    app = create_app(settings, tuning)
    gc.freeze()  # exclude the objects allocated at start from every collection
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        http=protocol,
        ws="none",  # an upgraded connection would leave the protocol and its limits
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,  # longer than the idle timeout of a reverse proxy
        timeout_graceful_shutdown=10,  # long polls would otherwise delay the shutdown
    )


def allow_open_files(number: int) -> None:
    """Raise the limit of open files to `number`, as far as the system allows it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = number if hard == resource.RLIM_INFINITY else min(number, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def main() -> None:
    """Configure the process and run the API server."""
    start("api", serve)


if __name__ == "__main__":
    main()
