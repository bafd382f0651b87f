"""Similar images by vectors in Postgres."""

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

IMAGES = 400

INSERT = """
    INSERT INTO images (id, sha256, name, media_type, bytes, width, height, status, model,
                        classified_at)
    SELECT id, sha256(id::text::bytea), 'x', 'image/png', 1, 1, 1, 'done', 'test', now()
      FROM unnest(%(ids)s::uuid[]) AS id
"""


@pytest.fixture
def vectors() -> np.ndarray:
    """Embeddings in clusters, like those of images of the same objects."""
    random = np.random.default_rng(1)
    centres = random.gamma(0.5, 1, (40, LONG))
    return np.repeat(centres, IMAGES // 40, axis=0) + random.gamma(0.3, 1, (IMAGES, LONG))


@pytest.fixture
def ids(database_url: str, vectors: np.ndarray) -> list[UUID]:
    ids = [new_id() for _ in range(IMAGES)]
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


def test_similar_images_are_found_before_and_after_indexing(
    database_url: str, ids: list[UUID], vectors: np.ndarray, runner: asyncio.Runner
) -> None:
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    best = [set(np.argsort(-(unit @ unit[n]), kind="stable")[1:11]) for n in range(20)]

    async def recall() -> float:
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as conn:
            found = [await list_similar(conn, ids[n], limit=10) for n in range(20)]
        hits = [len({ids.index(e.id) for e in each} & best[n]) for n, each in enumerate(found)]
        return sum(hits) / 200

    async def index_all() -> int:
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as conn:
            return sum([await grow_graph(conn, limit=100) for _ in range(5)])

    assert runner.run(recall()) >= 0.95
    assert runner.run(index_all()) == IMAGES
    assert runner.run(recall()) >= 0.95


@pytest.fixture
def copies(vectors: np.ndarray) -> range:
    """Make many images near copies of the first one."""
    numbers = range(1, 151)
    random = np.random.default_rng(2)
    vectors[numbers] = vectors[0] + random.gamma(0.3, 0.01, (len(numbers), LONG))
    return numbers


@pytest.mark.parametrize("indexed", [False, True])
def test_images_in_the_trash_do_not_displace_similar_images(
    database_url: str, copies: range, ids: list[UUID], runner: asyncio.Runner, *, indexed: bool
) -> None:
    trashed = [ids[number] for number in copies]

    async def find() -> list[UUID]:
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as conn:
            while indexed and await grow_graph(conn, limit=200):
                pass
            trash = "UPDATE images SET deleted_at = now() WHERE id = ANY(%s)"
            await conn.execute(trash, [trashed])
            return [each.id for each in await list_similar(conn, ids[0], limit=10)]

    found = runner.run(find())
    assert len(found) == 10
    assert not set(found) & {ids[0], *trashed}


def test_sketch_preserves_angles(vectors: np.ndarray) -> None:
    long = vectors[:50] / np.linalg.norm(vectors[:50], axis=1, keepdims=True)
    short = np.array([sketch_of(each) for each in vectors[:50]])
    short /= np.linalg.norm(short, axis=1, keepdims=True)

    assert np.abs(long @ long.T - short @ short.T).max() < 0.2


def test_similar_search_is_off_without_the_extension(
    database_url: str, ids: list[UUID], runner: asyncio.Runner
) -> None:
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("DROP TABLE sketches, sketches_waiting, embeddings, custom_tag_weights")
        conn.execute("DROP EXTENSION vector")

    async def search() -> None:
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as conn:
            assert await grow_graph(conn, limit=1) == 0
            await list_similar(conn, ids[0], limit=1)

    with pytest.raises(FeatureOffError, match="vector"):
        runner.run(search())
    with psycopg.connect(database_url, autocommit=True) as conn:
        assert create_embeddings(conn)
