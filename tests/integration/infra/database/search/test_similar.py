"""Pictures that look alike, by vectors in a real Postgres."""

import asyncio
from collections.abc import Iterator
from uuid import UUID

import numpy as np
import psycopg
import pytest

from core.errors import FeatureOffError
from core.ids import new_id
from infra.database.search.similar import create_embeddings, grow_graph, list_similar
from infra.database.vectors import write_vector
from worker.inference.sketch import LONG, sketch_of

PICTURES = 400

INSERT = """
    INSERT INTO images (id, sha256, name, media_type, bytes, width, height, status, model,
                        classified_at)
    SELECT id, sha256(id::text::bytea), 'x', 'image/png', 1, 1, 1, 'done', 'test', now()
      FROM unnest(%(ids)s::uuid[]) AS id
"""


@pytest.fixture
def vectors() -> np.ndarray:
    """Clusters, as embeddings of pictures of the same things are."""
    random = np.random.default_rng(1)
    centres = random.gamma(0.5, 1, (40, LONG))
    return np.repeat(centres, PICTURES // 40, axis=0) + random.gamma(0.3, 1, (PICTURES, LONG))


@pytest.fixture
def ids(database_url: str, vectors: np.ndarray) -> list[UUID]:
    ids = [new_id() for _ in range(PICTURES)]
    with psycopg.connect(database_url) as conn:
        conn.execute(INSERT, {"ids": ids})
        conn.execute(
            "INSERT INTO embeddings (image_id, embedding)"
            " SELECT * FROM unnest(%s::uuid[], %s::text[]::halfvec[])",
            (ids, [write_vector(each) for each in vectors]),
        )
        conn.execute(
            "INSERT INTO sketches_waiting (image_id, sketch)"
            " SELECT * FROM unnest(%s::uuid[], %s::text[]::halfvec[])",
            (ids, [write_vector(sketch_of(each)) for each in vectors]),
        )
    return ids


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


def test_what_looks_alike_is_found_before_and_after_it_is_in_the_graph(
    database_url: str, ids: list[UUID], vectors: np.ndarray, runner: asyncio.Runner
) -> None:
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    best = [set(np.argsort(-(unit @ unit[n]), kind="stable")[1:11]) for n in range(20)]

    async def get() -> float:
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as conn:
            found = [await list_similar(conn, ids[n], limit=10) for n in range(20)]
        hits = [len({ids.index(e.id) for e in each} & best[n]) for n, each in enumerate(found)]
        return sum(hits) / 200

    async def grow() -> int:
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as conn:
            return sum([await grow_graph(conn, limit=100) for _ in range(5)])

    assert runner.run(get()) >= 0.95
    assert runner.run(grow()) == PICTURES
    assert runner.run(get()) >= 0.95


@pytest.fixture
def copies(vectors: np.ndarray) -> range:
    """Many near copies of the first picture."""
    numbers = range(1, 151)
    random = np.random.default_rng(2)
    vectors[numbers] = vectors[0] + random.gamma(0.3, 0.01, (len(numbers), LONG))
    return numbers


@pytest.mark.parametrize("grown", [False, True])
def test_copies_in_the_trash_do_not_hide_what_else_looks_alike(
    database_url: str, copies: range, ids: list[UUID], runner: asyncio.Runner, *, grown: bool
) -> None:
    gone = [ids[number] for number in copies]

    async def find() -> list[UUID]:
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as conn:
            while grown and await grow_graph(conn, limit=200):
                pass
            trash = "UPDATE images SET deleted_at = now() WHERE id = ANY(%s)"
            await conn.execute(trash, [gone])
            return [each.id for each in await list_similar(conn, ids[0], limit=10)]

    found = runner.run(find())
    assert len(found) == 10
    assert not set(found) & {ids[0], *gone}


def test_a_sketch_keeps_angles(vectors: np.ndarray) -> None:
    long = vectors[:50] / np.linalg.norm(vectors[:50], axis=1, keepdims=True)
    short = np.array([sketch_of(each) for each in vectors[:50]])
    short /= np.linalg.norm(short, axis=1, keepdims=True)

    assert np.abs(long @ long.T - short @ short.T).max() < 0.2


def test_without_the_extension_the_feature_is_off_and_says_so(
    database_url: str, ids: list[UUID], runner: asyncio.Runner
) -> None:
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("DROP TABLE sketches, sketches_waiting, embeddings")
        conn.execute("DROP EXTENSION vector")

    async def ask() -> None:
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as conn:
            assert await grow_graph(conn, limit=1) == 0
            await list_similar(conn, ids[0], limit=1)

    with pytest.raises(FeatureOffError, match="vector"):
        runner.run(ask())
    with psycopg.connect(database_url, autocommit=True) as conn:
        assert create_embeddings(conn)
