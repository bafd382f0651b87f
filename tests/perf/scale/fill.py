"""Fill a database by COPY: classes by Zipf's law, softmax scores, categories summed from them."""

import hashlib
import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import psycopg

from core.ids import new_id
from worker.inference.categories import sum_categories

BATCH = 10_000
# Number of distinct results that the images share; summing categories for each image takes hours.
PATTERNS = 4_000
_BEGIN = datetime(2020, 1, 1, tzinfo=UTC)

TABLES = """
    DROP INDEX images_tags, images_sample_tags, images_sample, images_confidence, images_name,
               images_newest;
    ALTER TABLE predictions DROP CONSTRAINT predictions_pkey,
                            DROP CONSTRAINT predictions_image_id_fkey;
"""


# One job per thousand images.
JOBS = """
    CREATE TEMPORARY TABLE numbered AS
    SELECT id, name, row_number() OVER (ORDER BY created_at, id) - 1 AS number FROM images;
    CREATE TEMPORARY TABLE made AS
    SELECT number, gen_random_uuid() AS id
      FROM generate_series(0, (SELECT max(number) / 1000 FROM numbered)) AS number;
    INSERT INTO jobs (id, item_count) SELECT id, 1000 FROM made;
    INSERT INTO job_items (job_id, position, name, outcome, image_id)
    SELECT m.id, n.number % 1000, n.name, 'accepted', n.id
      FROM numbered AS n
      JOIN made AS m ON m.number = n.number / 1000;
    ANALYZE jobs;
    ANALYZE job_items;
"""


class Pattern:
    """Result of an image: predictions, categories, and both as column values for COPY."""

    def __init__(self, random: np.random.Generator, popular: np.ndarray) -> None:
        probabilities = _softmax(random, popular)
        best = np.argsort(-probabilities)[:5]
        self.classes = [(int(index), float(probabilities[index])) for index in best]
        self.categories = [(each.tag, each.score) for each in sum_categories(probabilities)]
        tags = [*self.classes, *self.categories]
        ascending = sorted(tags, key=lambda tag: -tag[1])[::-1]
        self.tags = f"{{{','.join(str(tag) for tag, _ in ascending)}}}"
        self.scores = f"{{{','.join(f'{score:.6g}' for _, score in ascending)}}}"
        self.confidence = self.classes[0][1]


def _softmax(random: np.random.Generator, popular: np.ndarray) -> np.ndarray:
    """Return probabilities of a popular class, several of its neighbours, and noise."""
    logits = random.normal(0, 1, 1000)
    best = int(random.choice(1000, p=popular))
    near = np.clip(best + random.integers(-6, 7, 8), 0, 999)
    logits[near] += random.uniform(2, 7, len(near))
    logits[best] += random.uniform(4, 12)
    powers = np.exp(logits - logits.max())
    probabilities: np.ndarray = (powers / powers.sum()).astype(np.float32)
    return probabilities


def make_patterns(seed: int = 6) -> list[Pattern]:
    """Return the results from which images are drawn; the same for the same seed."""
    random = np.random.default_rng(seed)
    weights = 1 / np.arange(1, 1001) ** 0.9
    popular = random.permutation(weights / weights.sum())
    return [Pattern(random, popular) for _ in range(PATTERNS)]


def fill(database_url: str, images: int, say: Callable[[str], None]) -> None:
    """Add images to an empty, migrated database. Indexes are rebuilt, as in a restore."""
    patterns = make_patterns()
    random = np.random.default_rng(7)
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("SET maintenance_work_mem = '1GB'")
        indexes = [row[0] for row in conn.execute("SELECT indexdef FROM pg_indexes WHERE indexname"
            " IN ('images_tags', 'images_sample_tags', 'images_sample', 'images_confidence',"
            " 'images_name', 'images_newest')")]  # fmt: skip
        conn.execute(TABLES)
        for done in range(0, images, BATCH):
            with conn.transaction():
                _copy(conn, patterns, random, done, min(BATCH, images - done))
            if (done // BATCH) % 10 == 9:
                say(f"{done + BATCH:,} of {images:,} images")
        for statement in indexes:
            say(statement.partition(" USING")[0])
            conn.execute(statement)
        say("primary key of predictions")
        conn.execute("ALTER TABLE predictions ADD PRIMARY KEY (image_id, rank),"
                     " ADD FOREIGN KEY (image_id) REFERENCES images ON DELETE CASCADE")  # fmt: skip
        say("vacuum")
        conn.execute("VACUUM ANALYZE images")
        conn.execute("VACUUM ANALYZE predictions")


def fill_jobs(database_url: str) -> None:
    """Create a job for every thousand images."""
    with psycopg.connect(database_url) as conn:
        conn.execute(JOBS)


COPY_IMAGES = """
    COPY images (id, sha256, name, media_type, bytes, width, height, status, model, tags, scores,
                 confidence, created_at, changed_at, classified_at) FROM STDIN
"""


def _copy(conn: psycopg.Connection, patterns: list[Pattern], random: np.random.Generator,
          start: int, count: int) -> None:  # fmt: skip
    chosen = random.integers(0, len(patterns), count)
    ids = [new_id() for _ in range(count)]
    with conn.cursor().copy(COPY_IMAGES) as copy:
        copy.write("".join(_lines(patterns, chosen, ids, start)))
    predictions = io.StringIO()
    for image_id, pattern in zip(ids, chosen, strict=True):
        for rank, (index, score) in enumerate(patterns[pattern].classes, start=1):
            predictions.write(f"{image_id}\t{rank}\t{index}\t{score:.6g}\n")
    with conn.cursor().copy("COPY predictions FROM STDIN") as copy:
        copy.write(predictions.getvalue())


def _lines(
    patterns: list[Pattern], chosen: np.ndarray, ids: list[UUID], start: int
) -> Iterator[str]:
    for number, (image_id, pattern) in enumerate(zip(ids, chosen, strict=True), start=start):
        result = patterns[pattern]
        digest = hashlib.sha256(str(number).encode()).hexdigest()
        time = (_BEGIN + timedelta(seconds=number * 173)).isoformat()
        name = f"{('IMG', 'holiday', 'DSC', 'photo')[number % 4]}_{number:07}.jpg"
        yield (
            f"{image_id}\t\\\\x{digest}\t{name}\timage/jpeg\t{200_000 + number % 999_983}"
            f"\t1600\t1200\tdone\tbench\t{result.tags}\t{result.scores}\t{result.confidence:.6g}\t{time}\t{time}\t{time}\n"
        )
