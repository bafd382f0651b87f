"""Exports read a consistent snapshot."""

import asyncio

import psycopg

from infra.database.search.compiler import Filter
from infra.database.search.export import consistent_snapshot, copy_csv, list_models

ADD_DONE = """
    INSERT INTO images (id, sha256, name, media_type, bytes, width, height,
                        status, model, tags, scores, confidence, classified_at)
    VALUES (gen_random_uuid(), sha256('a'), 'a.png', 'image/png', 1, 1, 1,
            'done', 'new', '{1,2,3,4,5}', '{0.1,0.1,0.1,0.1,0.6}', 0.6, now())
"""


def test_export_excludes_images_added_after_its_start(database_url: str) -> None:
    async def export() -> tuple[list[str], bytes, list[str]]:
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as conn:
            async with consistent_snapshot(conn):
                models = await list_models(conn, Filter())
                with psycopg.connect(database_url, autocommit=True) as other:
                    other.execute(ADD_DONE)
                rows = b"".join([block async for block in copy_csv(conn, Filter())])
            async with consistent_snapshot(conn):
                return models, rows, await list_models(conn, Filter())

    before, rows, after = asyncio.run(export())

    assert (before, rows.count(b"\n")) == ([], 1)  # only the header
    assert after == ["new"]
