"""An API process with short time limits: `python -m tests.support.impatient_api`."""

from functools import partial

from api.__main__ import serve
from api.server.protocol import GuardedProtocol
from api.slow_client import MinimumRate
from api.tuning import Tuning
from infra.bootstrap import start


class ImpatientProtocol(GuardedProtocol):
    """Protocol with 1 s for request heads and 4 s for slow readers."""

    head_seconds = 1.0
    linger_seconds = 1.0
    download_rate = MinimumRate(stall_seconds=4.0, bytes_per_second=16 << 10)


if __name__ == "__main__":
    tuning = Tuning(upload_rate=MinimumRate(stall_seconds=4.0, bytes_per_second=4 << 10))
    start("api", partial(serve, tuning=tuning, protocol=ImpatientProtocol))
