"""Zip exports can be read while they are received, without seeking to the central directory."""

import io
import zipfile

import pytest
from httpx2 import AsyncClient

from tests.support.exports import export
from tests.support.zip_readers import find_streaming_reader, list_streamed

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(find_streaming_reader() is None, reason="neither javac nor bsdtar found"),
]


@pytest.mark.usefixtures("ids")
@pytest.mark.parametrize(
    "parameters",
    [
        {"format": "zip"},
        {"format": "xlsx"},
        {"format": "csv", "manifest": "true"},
        {"format": "zip", "manifest": "true"},
    ],
    ids=["originals", "workbook", "table with manifest", "originals with manifest"],
)
async def test_export_is_readable_as_a_stream(
    client: AsyncClient, parameters: dict[str, str]
) -> None:
    content = (await export(client, **parameters)).content

    assert list_streamed(content) == zipfile.ZipFile(io.BytesIO(content)).namelist()
