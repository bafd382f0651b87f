"""The API's pool gives no connection that the server has closed."""

import psycopg
import pytest

from infra.database.pool import open_database
from tests.support.processes import until

pytestmark = pytest.mark.anyio

NAME = "pool under test"
TERMINATE = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"


async def test_connections_that_were_cut_while_resting_are_not_handed_out(
    database_url: str,
) -> None:
    async with open_database(database_url, name=NAME) as database:
        async with database.connection() as conn:
            await conn.execute("SELECT 1")
        with psycopg.connect(database_url, autocommit=True) as admin:
            query = f"{TERMINATE} WHERE application_name = %s"
            cut = admin.execute(query, [NAME]).fetchone()
            assert cut is not None
            assert cut[0] > 0
            gone = "SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = %s"
            until(lambda: admin.execute(gone, [NAME]).fetchone() == (True,), seconds=5, what="it")

        async with database.connection() as conn:
            await conn.execute("SELECT 1")
