"""Excel exports, read with openpyxl."""

import io
import zipfile
from datetime import UTC, datetime
from uuid import UUID

import openpyxl
import pytest
from openpyxl.utils.escape import unescape

from api.exports.xlsx import MAX_BYTES, Xlsx
from infra.database.queries.images import Image


def make_image(number: int, name: str = "") -> Image:
    return Image(
        UUID(int=number), b"", name or f"{number}.png", "queued", "image/png", 1, 1, 1,
        datetime(2026, 1, 1, tzinfo=UTC), None, None, None, None, None, [], [], 0.0, None, None,
    )  # fmt: skip


def test_full_sheet_is_followed_by_another() -> None:
    workbook = Xlsx(max_rows=3)
    data = workbook.write([make_image(1), make_image(2), make_image(3)])
    data += workbook.write([make_image(4), make_image(5)]) + workbook.finish()
    sheets = list(openpyxl.load_workbook(io.BytesIO(data)))

    assert [sheet.title for sheet in sheets] == ["Gallery", "Gallery 2", "Gallery 3"]
    names = [[row[1].value for row in sheet.iter_rows()] for sheet in sheets]
    assert names == [["Name", "1.png", "2.png"], ["Name", "3.png", "4.png"], ["Name", "5.png"]]


def test_sheet_over_size_limit_is_followed_by_another() -> None:
    workbook = Xlsx(max_bytes=1)
    data = workbook.write([make_image(1), make_image(2)]) + workbook.write([make_image(3)])
    sheets = list(openpyxl.load_workbook(io.BytesIO(data + workbook.finish())))

    names = [[row[1].value for row in sheet.iter_rows()] for sheet in sheets]
    assert names == [["Name", "1.png", "2.png"], ["Name", "3.png"]]
    assert MAX_BYTES + (100 << 20) < zipfile.ZIP64_LIMIT


def test_columns_fit_their_content() -> None:
    workbook = Xlsx()
    sheet = openpyxl.load_workbook(
        io.BytesIO(workbook.write([make_image(1)]) + workbook.finish())
    ).active
    widths = [sheet.column_dimensions[cell.column_letter].width for cell in sheet[1]]

    assert len(widths) == 13
    assert widths[:5] == [38, 40, 20, 24, 10]
    assert widths[11:] == [24, 10]


@pytest.mark.parametrize(
    ("name", "escaped"),
    [
        ("x_x0041_.jpg", "x_x005F_x0041_.jpg"),
        ("_x000a_x0041_.jpg", "_x005F_x000a_x005F_x0041_.jpg"),
        ("_x005F_.jpg", "_x005F_x005F_.jpg"),
        ("_x41_ _X0041_ x0041_ _x0041.jpg", "_x41_ _X0041_ x0041_ _x0041.jpg"),
    ],
)
def test_name_that_looks_like_an_escape_is_preserved(name: str, escaped: str) -> None:
    workbook = Xlsx()
    data = workbook.write([make_image(1, name)]) + workbook.finish()
    cell = openpyxl.load_workbook(io.BytesIO(data)).active["B2"].value

    assert cell == escaped  # openpyxl does not unescape
    assert unescape(cell) == name
