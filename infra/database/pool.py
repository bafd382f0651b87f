"""Postgres connections: a pool for the API, a single connection for a worker process."""

import asyncio
import os
import select
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from threading import Timer

import psycopg
from psycopg import AsyncConnection, Connection
from psycopg.conninfo import make_conninfo
from psycopg.errors import ReadOnlySqlTransaction
from psycopg_pool import AsyncConnectionPool, PoolTimeout, TooManyRequests

from core.errors import DatabaseUnavailableError
from infra.telemetry.logging import get_logger

log = get_logger(__name__)

# Detect a dead server within seconds, and limit how long one query or lock can delay a request.
# JIT compilation takes longer than the queries of this service.
_CLIENT_LIMITS: dict[str, str | int] = {
    "connect_timeout": 3,  # seconds, as all but tcp_user_timeout
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15000,  # milliseconds
    "options": "-c statement_timeout=10s -c lock_timeout=5s -c jit=off"
    " -c idle_in_transaction_session_timeout=10s",
}
_POOL_SIZE = 8
# Client-side limits. A suspended Postgres server sends no response and closes no connection, and
# its own statement_timeout does not expire either. A worker has less time: the task's time limit
# includes its queries.
QUERY_SECONDS = 12.0
_WORKER_QUERY_SECONDS = 5.0
# After a failover, the old primary rejects writes. psycopg does not raise OperationalError for it.
_CONNECTION_ERRORS = (psycopg.OperationalError, ReadOnlySqlTransaction)


class Database:
    """Bounded connection pool of an API process. Reports failures as DatabaseUnavailableError."""

    def __init__(
        self,
        pool: AsyncConnectionPool[AsyncConnection],
        *,
        query_seconds: float = QUERY_SECONDS,
    ) -> None:
        self._pool = pool
        self._query_seconds = query_seconds
        self._is_lost = False

    @asynccontextmanager
    async def connection(self, *, limited: bool = True) -> AsyncIterator[AsyncConnection]:
        """Borrow an autocommit connection. Hold it only while querying.

        Args:
            limited: Whether `query_seconds` limits the time for getting the connection and for the
                whole block.

        Raises:
            DatabaseUnavailableError: No connection is available, the connection broke, or the
                block took too long.
        """
        seconds = self._query_seconds if limited else None
        try:
            async with asyncio.timeout(seconds), self._pool.connection() as conn:
                self._log_change(is_lost=False)
                try:
                    yield conn
                except ReadOnlySqlTransaction:
                    await conn.close()  # now a standby; the next connection goes to the primary
                    raise
        except TooManyRequests as error:
            raise DatabaseUnavailableError from error
        except (*_CONNECTION_ERRORS, PoolTimeout, TimeoutError) as error:
            self._log_change(is_lost=True, reason=str(error).strip())
            raise DatabaseUnavailableError from error

    def _log_change(self, *, is_lost: bool, reason: str = "") -> None:
        """Log the first failure and the recovery, not each failed attempt."""
        if is_lost and not self._is_lost:
            log.warning("database.lost", reason=reason)
        elif self._is_lost and not is_lost:
            log.info("database.recovered")
        self._is_lost = is_lost


@asynccontextmanager
async def open_database(
    url: str, *, name: str, query_seconds: float = QUERY_SECONDS
) -> AsyncIterator[Database]:
    """Open a connection pool and close it at the end of the block.

    Opening succeeds while Postgres is unreachable; the pool connects in the background.

    Args:
        url: Postgres address as a libpq URL.
        name: Value of `application_name` in pg_stat_activity.
        query_seconds: Time limit of `Database.connection`.
    """
    async with AsyncConnectionPool(
        limited_conninfo(url),
        name=name,
        min_size=1,
        max_size=_POOL_SIZE,
        max_waiting=_POOL_SIZE * 16,  # reject further requests instead of queueing them
        timeout=2.0,
        reconnect_timeout=30,
        check=_check_connection,
        kwargs={"autocommit": True, "application_name": name},
        open=False,
    ) as pool:
        yield Database(pool, query_seconds=query_seconds)


async def _check_connection(conn: AsyncConnection) -> None:
    """Detect a closed connection without a round trip to the server.

    The server sends nothing over an idle connection unless it closes it. So only a connection
    with data to read needs the pool's own check, which runs a query.
    """
    poll = select.poll()
    poll.register(conn.fileno(), select.POLLIN)
    if poll.poll(0):
        await AsyncConnectionPool.check_connection(conn)


def limited_conninfo(url: str) -> str:
    """Return the address with the default timeouts. Timeouts in the address take precedence."""
    given = psycopg.conninfo.conninfo_to_dict(url)
    return make_conninfo(url, **{k: v for k, v in _CLIENT_LIMITS.items() if k not in given})


HAS_EMBEDDINGS = "SELECT to_regclass('embeddings') IS NOT NULL"


def has_embeddings(conn: Connection) -> bool:
    """Return whether the database has the tables of `infra.database.search.similar`."""
    row = conn.execute(HAS_EMBEDDINGS).fetchone()
    return row is not None and bool(row[0])


class WorkerConnection:
    """The single autocommit connection of a worker process. Reconnects after a failure.

    Not thread-safe.
    """

    def __init__(self, url: str, *, name: str) -> None:
        self._conninfo = limited_conninfo(url)
        self._name = name
        self._conn: Connection | None = None
        self.has_embeddings = False

    @contextmanager
    def use(self, *, seconds: float = _WORKER_QUERY_SECONDS) -> Iterator[Connection]:
        """Connect if necessary and yield the connection, for at most 5 s unless stated.

        Raises:
            DatabaseUnavailableError: Postgres is unreachable, or the connection broke or timed
                out. The running transaction may or may not be committed.
        """
        try:
            if self._conn is None or self._conn.closed:
                self._conn = psycopg.connect(
                    self._conninfo, autocommit=True, application_name=self._name
                )
                self.has_embeddings = has_embeddings(self._conn)
            with _query_timeout(seconds, self._conn):
                yield self._conn
        except _CONNECTION_ERRORS as error:
            self.close()
            raise DatabaseUnavailableError from error

    def close(self) -> None:
        """Close the connection. The next `use` opens a new one."""
        if self._conn is not None:
            self._conn.close()
            self._conn = None


@contextmanager
def _query_timeout(seconds: float, conn: Connection) -> Iterator[None]:
    """Shut the socket of a connection down after some seconds, so that a hanging query fails."""
    timer = Timer(seconds, _shut_down_socket, [conn.fileno()])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _shut_down_socket(descriptor: int) -> None:
    with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as duplicate:
        duplicate.shutdown(socket.SHUT_RDWR)
