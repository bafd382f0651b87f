"""Rows of the table `classes`: the 1,000 ImageNet classes, joined by exports and searches."""

import psycopg

from core.vocabulary import Vocabulary

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
