"""Parquet export: typed columns with nested predictions and categories."""

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from api.exports.buffer import Buffer
from api.images.serializer import serialize_image
from infra.database.queries.images import Image

_TIME = pa.timestamp("us", tz="UTC")
_PREDICTION = pa.struct(
    [
        ("rank", pa.int8()),
        ("label", pa.string()),
        ("score", pa.float32()),
        ("class_index", pa.int16()),
        ("wnid", pa.string()),
    ]
)
_CATEGORY = pa.struct([("label", pa.string()), ("score", pa.float32())])

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("name", pa.string()),
        ("status", pa.string()),
        ("media_type", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("bytes", pa.int64()),
        ("created_at", _TIME),
        ("classified_at", _TIME),
        ("model", pa.string()),
        ("failure", pa.string()),
        ("predictions", pa.list_(_PREDICTION)),
        ("categories", pa.list_(_CATEGORY)),
    ]
)


class Parquet:
    """Writer of Parquet with one row group per batch, so that memory holds one batch."""

    media_type = "application/vnd.apache.parquet"

    def __init__(self) -> None:
        self._buffer = Buffer()
        self._writer = pq.ParquetWriter(self._buffer, SCHEMA, compression="zstd")

    def write(self, images: Sequence[Image]) -> bytes:
        """Return the row group of a batch of images."""
        frame = pd.DataFrame.from_records([_row(each) for each in images])
        self._writer.write_table(pa.Table.from_pandas(frame, SCHEMA, preserve_index=False))
        return self._buffer.take()

    def finish(self) -> bytes:
        """Return the footer of the file."""
        self._writer.close()
        return self._buffer.take()


def _row(image: Image) -> dict[str, object]:
    return serialize_image(image) | {"id": str(image.id), "failure": image.failure_code}
