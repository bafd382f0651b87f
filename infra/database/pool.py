"""How processes reach Postgres: a pool for the API, one connection for a worker process."""

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

# Notice a dead server within seconds, and never let one query or lock hold a request for long.
_CLIENT_LIMITS: dict[str, str | int] = {
    "connect_timeout": 3,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15000,
    "options": "-c statement_timeout=10s -c lock_timeout=5s -c jit=off"
    " -c idle_in_transaction_session_timeout=10s",
}
_POOL_SIZE = 8
# A worker waits less: it must be done, one way or the other, before its task's time is up.
_WORKER_QUERY_SECONDS = 5.0
# A server that is stopped, not gone, answers nothing and breaks nothing; its own time limits stand
# still with it. So whoever asks stops waiting by himself.
_QUERY_SECONDS = 12.0
# After a failover, a server that is still there may only be read; psycopg files that elsewhere.
_AWAY = (psycopg.OperationalError, ReadOnlySqlTransaction)


class Database:
    """The API's way to Postgres: a bounded pool whose errors are ours."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection]) -> None:
        self._pool = pool
        self._is_lost = False

    @asynccontextmanager
    async def connection(
        self, *, seconds: float | None = _QUERY_SECONDS
    ) -> AsyncIterator[AsyncConnection]:
        """Borrow an autocommit connection; hold it only while querying.

        Raises:
            DatabaseUnavailableError: there is none to be had, it broke, or what was asked took
                longer than `seconds`.
        """
        try:
            async with asyncio.timeout(seconds), self._pool.connection() as conn:
                self._note(is_lost=False)
                try:
                    yield conn
                except ReadOnlySqlTransaction:
                    await conn.close()  # a standby by now; the next one finds the new primary
                    raise
        except TooManyRequests as error:
            raise DatabaseUnavailableError from error
        except (*_AWAY, PoolTimeout, TimeoutError) as error:
            self._note(is_lost=True, reason=str(error).strip())
            raise DatabaseUnavailableError from error

    def _note(self, *, is_lost: bool, reason: str = "") -> None:
        """One line when Postgres goes, one when it is back."""
        if is_lost and not self._is_lost:
            log.warning("database lost", reason=reason)
        elif self._is_lost and not is_lost:
            log.info("database back")
        self._is_lost = is_lost


@asynccontextmanager
async def open_database(url: str, *, name: str) -> AsyncIterator[Database]:
    """Open a pool. It comes up without Postgres and finds it later."""
    async with AsyncConnectionPool(
        limited_conninfo(url),
        name=name,
        min_size=1,
        max_size=_POOL_SIZE,
        max_waiting=_POOL_SIZE * 16,  # past that, refuse instead of queueing
        timeout=2.0,
        reconnect_timeout=30,
        check=_check_connection,
        kwargs={"autocommit": True, "application_name": name},
        open=False,
    ) as pool:
        yield Database(pool)


async def _check_connection(conn: AsyncConnection) -> None:
    """Notice that the server has gone, without a round trip to it each time.

    A connection that rests has nothing to say: one that has is closed, or about to be.
    """
    socket = select.poll()
    socket.register(conn.fileno(), select.POLLIN)
    if socket.poll(0):
        await AsyncConnectionPool.check_connection(conn)


def limited_conninfo(url: str) -> str:
    """The address with our time limits, which settings in the address itself override."""
    given = psycopg.conninfo.conninfo_to_dict(url)
    return make_conninfo(url, **{k: v for k, v in _CLIENT_LIMITS.items() if k not in given})


HAS_EMBEDDINGS = "SELECT to_regclass('embeddings') IS NOT NULL"


def has_embeddings(conn: Connection) -> bool:
    """Whether this database has a place for embeddings: see `embeddings`."""
    row = conn.execute(HAS_EMBEDDINGS).fetchone()
    return row is not None and bool(row[0])


class WorkerConnection:
    """A worker process's single autocommit connection, opened again after it broke.

    Not for sharing between threads.
    """

    def __init__(self, url: str, *, name: str) -> None:
        self._conninfo = limited_conninfo(url)
        self._name = name
        self._conn: Connection | None = None
        self.has_embeddings = False

    @contextmanager
    def use(self) -> Iterator[Connection]:
        """Yield the connection.

        Raises:
            DatabaseUnavailableError: Postgres cannot be reached, or the connection broke; what
                was under way may or may not have been committed.
        """
        try:
            if self._conn is None or self._conn.closed:
                self._conn = psycopg.connect(
                    self._conninfo, autocommit=True, application_name=self._name
                )
                self.has_embeddings = has_embeddings(self._conn)
            with _query_timeout(_WORKER_QUERY_SECONDS, self._conn):
                yield self._conn
        except _AWAY as error:
            self.close()
            raise DatabaseUnavailableError from error

    def close(self) -> None:
        if self._conn is not None:
            self._conn.close()
            self._conn = None


@contextmanager
def _query_timeout(seconds: float, conn: Connection) -> Iterator[None]:
    """Break the connection under a query that gets no answer, so that the query fails."""
    timer = Timer(seconds, _break_connection, [conn.fileno()])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _break_connection(descriptor: int) -> None:
    with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as ours:
        ours.shutdown(socket.SHUT_RDWR)
