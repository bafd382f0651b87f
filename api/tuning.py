"""Internal limits of an API process. They are not settings; tests pass smaller ones."""

from dataclasses import dataclass

from api.slow_client import UPLOAD_RATE, MinimumRate
from infra.database.pool import QUERY_SECONDS
from infra.database.search.estimate import LIMITS, SearchLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """Limits of an API process that no setting changes.

    Attributes:
        upload_rate: Minimum rate of request bodies.
        exports: Maximum number of concurrent exports. Each holds a database connection.
        export_wait_seconds: Maximum time that an export waits until another one ends.
        query_seconds: Time limit of the queries of one request.
        search: Sizes from which searches are estimated and ranked in part.
    """

    upload_rate: MinimumRate = UPLOAD_RATE
    exports: int = 3
    export_wait_seconds: float = 5.0
    query_seconds: float = QUERY_SECONDS
    search: SearchLimits = LIMITS


DEFAULTS = Tuning()
