"""Rows that come from the vocabulary: the 1,000 ImageNet classes and the hierarchy of tags."""

import psycopg

from core.vocabulary import Vocabulary
from core.vocabulary.hierarchy import tags_above, tags_below
from core.vocabulary.tags import load_tags

WRITE_CLASSES = """
    INSERT INTO classes (class_index, wnid, name)
    SELECT * FROM unnest(%(indexes)s::smallint[], %(wnids)s::text[], %(names)s::text[])
        ON CONFLICT (class_index) DO UPDATE
       SET wnid = excluded.wnid,
           name = excluded.name
     WHERE (classes.wnid, classes.name) IS DISTINCT FROM (excluded.wnid, excluded.name)
"""


def write_classes(conn: psycopg.Connection, vocabulary: Vocabulary) -> None:
    """Insert the classes of the vocabulary and update rows that differ."""
    conn.execute(
        WRITE_CLASSES,
        {
            "indexes": [each.index for each in vocabulary.classes],
            "wnids": [each.wnid for each in vocabulary.classes],
            "names": [each.name for each in vocabulary.classes],
        },
    )


WRITE_HIERARCHY = """
    INSERT INTO tag_hierarchy (tag, above, below)
    VALUES (%(tag)s, %(above)s, %(below)s)
        ON CONFLICT (tag) DO UPDATE
       SET above = excluded.above,
           below = excluded.below
     WHERE (tag_hierarchy.above, tag_hierarchy.below) <> (excluded.above, excluded.below)
"""


def write_hierarchy(conn: psycopg.Connection) -> None:
    """Insert the tags above and below each class and category, and update rows that differ."""
    with conn.cursor() as cur:
        cur.executemany(
            WRITE_HIERARCHY,
            [
                {"tag": tag, "above": sorted(tags_above(tag)), "below": sorted(tags_below(tag))}
                for tag in load_tags()
            ],
        )
