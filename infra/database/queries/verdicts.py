"""Verdicts: decide on tags of images, undo decisions, and list the history.

Each change is a transaction of three steps. It locks the images, so that changes of the same image
take effect one after another, whether they are decisions or the results of a worker. It writes the
decisions. Then `apply_verdicts` (migration 0013) derives the effective tags.

Decisions on an image never contradict each other: a confirmation withdraws rejections of the tags
above, and a rejection withdraws confirmations of the tags below. The last decision wins.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import args_row, scalar_row

from core.vocabulary.hierarchy import tags_above, tags_below

Verdict = Literal["confirmed", "rejected"]

UNDO_LIFETIME = timedelta(days=1)
"""Time during which an operation can be undone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision on one tag, for one or more images.

    Attributes:
        operation: Id of the request; decisions with the same id are undone together.
        tag: Tag number.
        verdict: The verdict; None withdraws an earlier one.
        by: Name of the API key; None without a key.
        sampled: Whether the images came from a random sample.
    """

    operation: UUID
    tag: int
    verdict: Verdict | None
    by: str | None
    sampled: bool = False


# In the order of ids, which prevents deadlocks between decisions.
LOCK_IMAGES = "SELECT id FROM images WHERE id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE"

# Follows the CTE `changes`: the rows of the history to insert.
_RECORD: LiteralString = """
    entries AS (
        INSERT INTO verdict_history (operation, sha256, tag, verdict, previous, decided_by, model,
                                     sampled)
        SELECT %(operation)s, sha256, tag, verdict, previous, %(by)s, model, %(sampled)s
          FROM changes
        RETURNING *
    )
"""

DECIDE: LiteralString = f"""
    WITH chosen AS (
        SELECT i.sha256, i.model, v.entry
          FROM images AS i
          LEFT JOIN verdicts AS v ON v.sha256 = i.sha256 AND v.tag = %(tag)s
         WHERE i.id = ANY(%(ids)s)
           AND v.verdict IS DISTINCT FROM %(verdict)s::text
    ),
    changes AS (
        SELECT sha256, %(tag)s::smallint AS tag, %(verdict)s::text AS verdict, entry AS previous,
               model
          FROM chosen
         UNION ALL
        SELECT v.sha256, v.tag, NULL, v.entry, c.model
          FROM verdicts AS v
          JOIN chosen AS c ON c.sha256 = v.sha256
         WHERE v.tag = ANY(%(related)s::smallint[])
           AND v.verdict <> %(verdict)s
    ),
    {_RECORD},
    written AS (
        INSERT INTO verdicts (sha256, tag, verdict, entry, decided_by, decided_at, model, sampled)
        SELECT sha256, tag, verdict, id, decided_by, decided_at, model, sampled
          FROM entries
            ON CONFLICT (sha256, tag) DO UPDATE
           SET verdict = excluded.verdict,
               entry = excluded.entry,
               decided_by = excluded.decided_by,
               decided_at = excluded.decided_at,
               model = excluded.model,
               sampled = excluded.sampled
    )
    SELECT array_agg(id) FROM images WHERE sha256 IN (SELECT sha256 FROM chosen)
"""

APPLY_VERDICTS = "SELECT apply_verdicts(%(ids)s::uuid[], false)"


async def decide(conn: AsyncConnection, ids: Sequence[UUID], decision: Decision) -> int:
    """Record a decision for images and return the number of images whose verdict changed.

    Images that do not exist are ignored. Call this in a transaction to combine it with a check of
    the image.
    """
    async with conn.transaction():
        await conn.execute(LOCK_IMAGES, {"ids": list(ids)})
        cur = await conn.execute(
            DECIDE,
            {
                "ids": list(ids),
                "operation": decision.operation,
                "tag": decision.tag,
                "verdict": decision.verdict,
                "related": _contradicted(decision),
                "by": decision.by,
                "sampled": decision.sampled,
            },
        )
        changed = (await anext(cur))[0] or []
        await conn.execute(APPLY_VERDICTS, {"ids": changed})
    return len(changed)


def _contradicted(decision: Decision) -> list[int]:
    """Return the tags whose opposite verdict contradicts a decision."""
    match decision.verdict:
        case "confirmed":
            return sorted(tags_above(decision.tag))
        case "rejected":
            return sorted(tags_below(decision.tag))
        case None:
            return []


# Entries of an operation that are still the newest on their tag.
LIST_UNDOABLE = """
    SELECT h.id
      FROM verdict_history AS h
      JOIN verdicts AS v ON v.sha256 = h.sha256 AND v.tag = h.tag AND v.entry = h.id
     WHERE h.operation = %(operation)s
       AND h.decided_at > now() - %(lifetime)s
     ORDER BY h.id
"""

LOCK_IMAGES_OF = """
    SELECT id
      FROM images
     WHERE sha256 IN (SELECT sha256 FROM verdict_history WHERE id = ANY(%(entries)s))
     ORDER BY id
       FOR NO KEY UPDATE
"""

# Restores the previous decision with its author and time. It remains withdrawn if it contradicts a
# decision made since then.
UNDO: LiteralString = f"""
    WITH undone AS (
        SELECT h.id, h.operation, h.sha256, h.tag, h.model, p.verdict, p.decided_by, p.decided_at,
               p.model AS decided_model, coalesce(p.sampled, false) AS sampled
          FROM verdict_history AS h
          JOIN verdicts AS v ON v.sha256 = h.sha256 AND v.tag = h.tag AND v.entry = h.id
          LEFT JOIN verdict_history AS p ON p.id = h.previous
         WHERE h.id = ANY(%(entries)s)
    ),
    restored AS (
        SELECT u.*,
               CASE WHEN NOT EXISTS (
                   SELECT
                     FROM verdicts AS o
                     JOIN verdict_history AS e ON e.id = o.entry
                     JOIN tag_hierarchy AS t ON t.tag = u.tag
                    WHERE o.sha256 = u.sha256
                      AND o.verdict <> u.verdict
                      AND o.tag = ANY(CASE u.verdict WHEN 'confirmed' THEN t.above ELSE t.below END)
                      AND e.operation <> u.operation
               ) THEN u.verdict END AS kept
          FROM undone AS u
    ),
    changes AS (
        SELECT sha256, tag, kept AS verdict, id AS previous, model FROM restored
    ),
    {_RECORD}
    UPDATE verdicts AS v
       SET verdict = r.kept,
           entry = e.id,
           decided_by = coalesce(r.decided_by, e.decided_by),
           decided_at = coalesce(r.decided_at, e.decided_at),
           model = coalesce(r.decided_model, e.model),
           sampled = r.sampled
      FROM restored AS r
      JOIN entries AS e ON e.previous = r.id
     WHERE v.sha256 = r.sha256
       AND v.tag = r.tag
"""


async def list_undoable(conn: AsyncConnection, operation: UUID) -> list[int]:
    """Return the entries of an operation that can be undone: its newest ones of the last day."""
    async with conn.cursor(row_factory=scalar_row) as cur:
        await cur.execute(LIST_UNDOABLE, {"operation": operation, "lifetime": UNDO_LIFETIME})
        return await cur.fetchall()


async def undo(
    conn: AsyncConnection, entries: Sequence[int], *, operation: UUID, by: str | None
) -> int:
    """Undo entries of the history and return the number of images that changed.

    Tags on which somebody has decided since then are left as they are.

    Args:
        conn: The connection.
        entries: Ids of entries.
        operation: Id of this operation, which can itself be undone.
        by: Name of the API key; None without a key.
    """
    async with conn.transaction(), conn.cursor(row_factory=scalar_row) as cur:
        await cur.execute(LOCK_IMAGES_OF, {"entries": list(entries)})
        ids = await cur.fetchall()
        await cur.execute(
            UNDO, {"entries": list(entries), "operation": operation, "by": by, "sampled": False}
        )
        await cur.execute(APPLY_VERDICTS, {"ids": ids})
    return len(ids)


@dataclass(slots=True)
class HistoryEntry:
    """One decision on a tag. `verdict` is None if it withdrew an earlier one."""

    tag: int
    verdict: Verdict | None
    by: str | None
    at: datetime
    model: str | None


LIST_HISTORY = """
    SELECT h.tag, h.verdict, h.decided_by, h.decided_at, h.model
      FROM verdict_history AS h
      JOIN images AS i ON i.sha256 = h.sha256
     WHERE i.id = %(image_id)s
     ORDER BY h.id DESC
     LIMIT %(limit)s
"""


async def list_history(conn: AsyncConnection, image_id: UUID, *, limit: int) -> list[HistoryEntry]:
    """Return the newest decisions on an image, newest first."""
    async with conn.cursor(row_factory=args_row(HistoryEntry)) as cur:
        await cur.execute(LIST_HISTORY, {"image_id": image_id, "limit": limit})
        return await cur.fetchall()
