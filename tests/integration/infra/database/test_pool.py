"""The connection pool of the API replaces connections that the server has closed."""

import psycopg
import pytest

from infra.database.pool import open_database
from tests.support.processes import until

pytestmark = pytest.mark.anyio

NAME = "pool under test"
TERMINATE = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"


async def test_closed_idle_connection_is_replaced(
    database_url: str,
) -> None:
    async with open_database(database_url, name=NAME) as database:
        async with database.connection() as conn:
            await conn.execute("SELECT 1")
        with psycopg.connect(database_url, autocommit=True) as admin:
            query = f"{TERMINATE} WHERE application_name = %s"
            terminated = admin.execute(query, [NAME]).fetchone()
            assert terminated is not None
            assert terminated[0] > 0
            none_left = "SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = %s"
            until(
                lambda: admin.execute(none_left, [NAME]).fetchone() == (True,),
                seconds=5,
                what="the connections to be closed",
            )

        async with database.connection() as conn:
            await conn.execute("SELECT 1")
