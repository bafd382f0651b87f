"""Excel workbooks: real dates and percentages, written straight into a zip as rows come.

Libraries for this keep a whole sheet in memory or in a file until it is done; the format itself
asks for neither. ECMA-376, parts 1 and 2, in the few places that a table needs.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED

from api.exports.rows import COLUMNS, Cell, Percentage, table_row
from api.exports.zip_stream import ZipStream
from infra.database.queries.images import Image

# Excel opens no sheet with more rows.
MAX_ROWS: Final = 1_048_576
# Python writes no more than 2 GiB into an entry of which it was not told ahead that it is large
# (zip64), and what it writes then, Excel takes for damaged (apache/poi#154, XlsxWriter#656). So
# another sheet comes earlier, with room left for a batch of pictures. It takes a million long names
# full of ampersands.
MAX_BYTES: Final = 2_000_000_000
# Excel reads `_x0041_` as an A, by its code; of what only looks like that, the underscore is coded.
_CODE: Final = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_EPOCH: Final = datetime(1899, 12, 30, tzinfo=UTC)

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"

# Cell formats by number: 0 plain, 1 date and time, 2 percentage, 3 heading.
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
    '<fonts count="2"><font/><font><b/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="4"><xf/><xf numFmtId="164" applyNumberFormat="1"/>'
    '<xf numFmtId="10" applyNumberFormat="1"/><xf fontId="1" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)
# In characters. In a column of the default width a time is shown as ########.
_WIDTHS: Final = {"ID": 38, "Name": 40, "Timestamp": 20, "Label": 24, "Score": 10}
_COLS = "".join(
    f'<col min="{n}" max="{n}" width="{_WIDTHS[column.split()[0]]}" customWidth="1"/>'
    for n, column in enumerate(COLUMNS, start=1)
)
_SHEET_BEGIN = (
    f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView>'
    f"</sheetViews><cols>{_COLS}</cols><sheetData>"
)
_SHEET_END = "</sheetData></worksheet>"


class Xlsx:
    """One sheet, and another one whenever it is full."""

    media_type = f"{_KIND}.sheet"
    ending = "xlsx"

    def __init__(self, max_rows: int = MAX_ROWS, max_bytes: int = MAX_BYTES) -> None:
        self._archive = ZipStream(ZIP_DEFLATED)
        self._max_rows = max_rows
        self._max_bytes = max_bytes
        self._sheets = 0
        self._rows_left = 0
        self._bytes_left = 0

    def write(self, images: Sequence[Image]) -> bytes:
        """The rows of some pictures."""
        for start, room in self._rooms(len(images)):
            rows = "".join(_row(table_row(each)) for each in images[start : start + room]).encode()
            self._archive.write(rows)
            self._bytes_left -= len(rows)
        return self._archive.take()

    def _rooms(self, count: int) -> Iterator[tuple[int, int]]:
        """Where in a batch each sheet's share begins, and how many rows it takes."""
        start = 0
        while start < count:
            if self._rows_left == 0 or self._bytes_left <= 0:
                self._begin_sheet()
            room = min(self._rows_left, count - start)
            yield start, room
            start += room
            self._rows_left -= room

    def _begin_sheet(self) -> None:
        self._end_sheet()
        self._sheets += 1
        self._archive.begin(f"xl/worksheets/sheet{self._sheets}.xml")
        heading = "".join(_text(column, style=3) for column in COLUMNS)
        self._archive.write(f"{_SHEET_BEGIN}<row>{heading}</row>".encode())
        self._rows_left = self._max_rows - 1
        self._bytes_left = self._max_bytes

    def _end_sheet(self) -> None:
        if self._sheets:
            self._archive.write(_SHEET_END.encode())

    def finish(self) -> bytes:
        """What lists the sheets; a workbook has at least one."""
        if not self._sheets:
            self._begin_sheet()
        self._end_sheet()
        for name, text in _parts(self._sheets):
            self._archive.begin(name)
            self._archive.write(f"{_HEAD}{text}".encode())
        return self._archive.finish()


def _row(cells: Sequence[Cell]) -> str:
    return f"<row>{''.join(map(_cell, cells))}</row>"


def _cell(value: Cell) -> str:
    match value:
        case None:
            return "<c/>"
        case str():
            return _text(value)
        case datetime():
            return f'<c s="1"><v>{(value - _EPOCH).total_seconds() / 86400!r}</v></c>'
        case Percentage():
            return f'<c s="2"><v>{value.share!r}</v></c>'


def _text(value: str, style: int = 0) -> str:
    # XML has no way to write the other control characters.
    clean = "".join(c for c in value if c >= " " or c in "\t\n\r")
    text = escape(_CODE.sub("_x005F_", clean))
    return f'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _parts(sheets: int) -> Iterator[tuple[str, str]]:
    numbers = range(1, sheets + 1)
    listed = "".join(
        f'<sheet name="Gallery{f" {n}" if n > 1 else ""}" sheetId="{n}" r:id="rId{n}"/>'
        for n in numbers
    )
    yield (
        "xl/workbook.xml",
        (f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>'),
    )
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    yield (
        "xl/_rels/workbook.xml.rels",
        (
            f'<Relationships xmlns="{_RELATIONS}">{relations}<Relationship Id="rId{sheets + 1}" '
            f'Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
        ),
    )
    yield "xl/styles.xml", _STYLES
    yield (
        "_rels/.rels",
        (
            f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1" '
            f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
    )
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_KIND}.worksheet+xml"/>'
        for n in numbers
    )
    yield (
        "[Content_Types].xml",
        (
            f'<Types xmlns="{_TYPES}"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/>'
            f"{overrides}</Types>"
        ),
    )
