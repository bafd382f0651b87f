"""Write the report: docs/explanation/benchmarks-scale.md, and a query plan in benchmarks.md."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import psycopg
from psycopg.sql import SQL

from core.search import parse_query
from infra.database.search.compiler import Filter, Parameters, condition
from tests.perf.scale.service import Row
from tests.support.paths import ROOT

DOCS = ROOT / "docs" / "explanation"

LIST_INDEXES = """
    SELECT c.relname || '.' || i.indexrelid::regclass AS "index",
           pg_size_pretty(pg_relation_size(i.indexrelid)) AS size
      FROM pg_index AS i
      JOIN pg_class AS c ON c.oid = i.indrelid
     WHERE c.relname IN ('images', 'predictions', 'embeddings', 'sketches')
     ORDER BY pg_relation_size(i.indexrelid) DESC
"""


def write_report(rows: list[Row], database_url: str, images: int, embeddings: int) -> None:
    """Replace the measured rows, the index sizes and the plan of the slowest search.

    Args:
        rows: Measured rows.
        database_url: Filled database.
        images: Number of images.
        embeddings: Number of embeddings.
    """
    with psycopg.connect(database_url) as conn:
        version = conn.execute("SHOW server_version").fetchone()
        buffers = conn.execute("SHOW shared_buffers").fetchone()
        sizes = conn.execute(LIST_INDEXES).fetchall()
        plan = _plan(conn, "dog ball -cat")
    calls = _table(
        [
            "call",
            "goal",
            "eight clients",
            "one client",
            "eight, during writes",
            "processor time per call",
            "remark",
        ],
        [
            [r.call, r.goal, r.measured, r.alone, r.during_writes, r.processor, r.remark]
            for r in rows
        ],
    )
    load = os.getloadavg()[2]
    measured = (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores for Postgres, two API "
        f"processes and the clients together (load average of a quarter of an hour {load:.1f}), "
        f"Python {platform.python_version()}, Postgres {version and version[0]} with "
        f"{buffers and buffers[0]} of shared buffers; {images:,} images, "
        f"{5 * images:,} predictions, {embeddings:,} embeddings.\n\n{calls}\n\n"
        f"Sizes of the indexes:\n\n{_table(['index', 'size'], sizes)}\n"
    )
    _replace(DOCS / "benchmarks-scale.md", "measured", measured)
    _replace(DOCS / "benchmarks.md", "slowest plan", f"```\n{plan}\n```\n")


def _replace(page: Path, part: str, text: str) -> None:
    """Replace the text between the markers of a part; keep the rest of the page."""
    begin, end = f"<!-- {part} -->\n", f"<!-- end of {part} -->"
    head, _, rest = page.read_text().partition(begin)
    page.write_text(f"{head}{begin}{text}{end}{rest.partition(end)[2]}")


def _table(columns: list[str], rows: Sequence[Sequence[object]]) -> str:
    frame = pd.DataFrame(rows, columns=columns)
    lines = [columns, ["---"] * len(columns), *frame.astype(str).to_numpy().tolist()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _plan(conn: psycopg.Connection, query: str) -> str:
    given = Parameters()
    found = condition(Filter(query=parse_query(query)), given)
    asked = SQL("EXPLAIN (ANALYZE, BUFFERS) SELECT count(*) FROM images AS i WHERE {}")
    lines = conn.execute(asked.format(found), given.values).fetchall()
    return "\n".join(line if len(line) < 120 else f"{line[:117]}..." for (line,) in lines)
