"""Excel export: typed dates and percentages, streamed into a zip row by row.

Existing libraries keep a whole sheet in memory or in a temporary file. The format (ECMA-376, parts
1 and 2) does not require it; this module writes the subset that a table needs.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final
from xml.sax.saxutils import escape
from zlib import Z_DEFAULT_COMPRESSION

from api.exports.rows import COLUMNS, Cell, Percentage, table_row
from api.exports.zip_stream import ZipStream
from infra.database.queries.images import Image

# Maximum number of rows of a sheet in Excel.
MAX_ROWS: Final = 1_048_576
# Maximum size of a sheet in bytes, with a margin for one batch of images. Excel reports zip64
# entries, which some programs require above 2 GiB, as damaged (apache/poi#154, XlsxWriter#656).
# It takes about a million long names full of ampersands to reach the limit.
MAX_BYTES: Final = 2_000_000_000
# Excel decodes `_x0041_` to "A". The underscore of literal text in this form is escaped.
_ESCAPE: Final = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
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
# Column widths in characters. With the default width, Excel displays a time as ########.
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
    """Writer of a workbook; begins a new sheet when the current one is full."""

    media_type = f"{_KIND}.sheet"

    def __init__(self, max_rows: int = MAX_ROWS, max_bytes: int = MAX_BYTES) -> None:
        self._archive = ZipStream(Z_DEFAULT_COMPRESSION)
        self._max_rows = max_rows
        self._max_bytes = max_bytes
        self._sheets = 0
        self._rows_left = 0
        self._bytes_left = 0

    def write(self, images: Sequence[Image]) -> bytes:
        """Return the rows of a batch of images."""
        for start, room in self._split(len(images)):
            rows = "".join(_row(table_row(each)) for each in images[start : start + room]).encode()
            self._archive.write(rows)
            self._bytes_left -= len(rows)
        return self._archive.take()

    def _split(self, count: int) -> Iterator[tuple[int, int]]:
        """Split a batch of rows over sheets: yield start and number of rows for each sheet."""
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
        """End the workbook and return the remaining bytes: parts that list the sheets."""
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
    # XML 1.0 cannot represent the other control characters.
    clean = "".join(c for c in value if c >= " " or c in "\t\n\r")
    text = escape(_ESCAPE.sub("_x005F_", clean))
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
