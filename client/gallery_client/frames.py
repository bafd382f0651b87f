"""Data frames of images, from the Parquet export."""

import tempfile
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from gallery_client.errors import GalleryError
from gallery_client.flow import Block, Caller, Flow
from gallery_client.operations import Parameter, export_images

if TYPE_CHECKING:
    import pandas as pd


def fetch_frame(caller: Caller, **query: Parameter) -> "Flow[pd.DataFrame]":
    """Export images to a temporary Parquet file and return it as a data frame.

    Raises:
        GalleryError: pandas or pyarrow is not installed, or the export failed.
    """
    if not (find_spec("pandas") and find_spec("pyarrow")):
        raise GalleryError(
            "Data frames require pandas: pip install 'ai-image-gallery-client[pandas]'"
        )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "images.parquet"
        yield from caller.call(export_images("parquet", **query), target=file)
        frame: pd.DataFrame = yield Block(partial(_read, file))
    return frame


def _read(file: Path) -> "pd.DataFrame":
    import pandas as pd  # noqa: PLC0415 (optional, and importing pandas takes 0.5 s)

    return pd.read_parquet(file)
