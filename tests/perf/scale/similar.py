"""Benchmark of similar images: latency, recall and insertion into the index."""

import time
from random import Random
from uuid import UUID

import numpy as np
import psycopg

from tests.perf.scale.calls import get
from tests.perf.scale.service import Environment, Row
from tests.perf.scale.vectors import make_vectors

QUERIES = 200


def measure_similar(environment: Environment, call: str) -> Row:
    """Measure the latency of similar images for 200 random images."""
    ids = _ids(environment)
    chosen = _chosen(ids)
    return environment.timed(call, 50, lambda n: _path(ids[chosen[n % QUERIES]]))


def measure_recall(environment: Environment, call: str) -> Row:
    """Compare the results for 100 images with the ten nearest by brute force."""
    ids = _ids(environment)
    queries = _chosen(ids)[:100]
    vectors = np.concatenate(
        [make_vectors(1000, seed=seed).astype(np.float32) for seed in range(0, len(ids), 1000)]
    )
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    nearest = np.argsort(-(vectors[queries] @ vectors.T), axis=1)[:, :11]
    hits = 0
    for number, near in zip(queries, nearest, strict=True):
        best = {str(ids[each]) for each in near if each != number}
        found = get(environment.port, _path(ids[number]))["items"]
        hits += len(best & {each["image"]["id"] for each in found})
    return Row(call, "≥ 0.95", f"{hits / 1000:.3f}", remark="100 queries")


def measure_sketching(environment: Environment, call: str) -> Row:
    """Measure the insertion of sketches into the HNSW index, and roll it back."""
    with psycopg.connect(environment.database_url) as conn:
        rows = conn.execute("SELECT image_id, sketch::text FROM sketches LIMIT 200").fetchall()
        conn.execute("DELETE FROM sketches WHERE image_id = ANY(%s)", [[each[0] for each in rows]])
        spent, start = environment.processor_time(), time.perf_counter()
        conn.cursor().executemany("INSERT INTO sketches VALUES (%s, %s::halfvec)", rows)
        took = (time.perf_counter() - start) / len(rows) * 1000
        spent = (environment.processor_time() - spent) / len(rows) * 1000
        conn.rollback()
    return Row(call, "", f"{took:.1f} ms", processor=f"{spent:.1f} ms", remark="200 sequentially")


def _path(image_id: UUID) -> str:
    return f"/api/v1/images/{image_id}/similar?limit=10"


def _ids(environment: Environment) -> list[UUID]:
    """Return the images in the order in which `fill_vectors` assigned their embeddings."""
    with psycopg.connect(environment.database_url) as conn:
        rows = conn.execute(
            "SELECT image_id FROM embeddings JOIN images ON id = image_id"
            " ORDER BY created_at DESC, id DESC"
        )
        return [row[0] for row in rows]


def _chosen(ids: list[UUID]) -> list[int]:
    return Random(9).sample(range(len(ids)), QUERIES)
