"""Lists of the house as paper: columns, pages with their totals, boxes to sign. Values in, HTML out."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from math import ceil
from unicodedata import east_asian_width

from letters.errors import FieldRefused
from letters.letter import clean

PAGE_WIDTH_MM = {False: 186.0, True: 273.0}  # by landscape, within margins of 12 mm
# What fits, reckoned on the safe side so that the pages that were totalled are the pages that come out
_ROWS_HEIGHT_MM = {False: 230.0, True: 143.0}
_LAST_PAGE_MM = 42.0  # grand total, notes, boxes to sign
_CHAR_MM, _LINE_MM, _CELL_MM = 3.0, 4.1, 2.2  # 8.5 pt hanzi, line, padding both ways


class Align(StrEnum):
    """How a column stands."""

    LEFT = "left"
    CENTRE = "center"
    RIGHT = "right"


@dataclass(frozen=True)
class Column:
    """One column: its heading, its width and how it stands."""

    title: str
    width_mm: float
    align: Align = Align.LEFT


@dataclass(frozen=True)
class TablePage:
    """The rows of one page and the line of totals under them."""

    rows: tuple[tuple[str, ...], ...]
    total: str


@dataclass(frozen=True, kw_only=True)
class TableDocument:
    """A list to print: every page was totalled before layout, so what is signed is what was counted.

    Raises: FieldRefused when a row does not fit the columns or the columns do not fit the page.
    """

    title: str
    document_no: str
    heading: tuple[tuple[str, str], ...]
    columns: tuple[Column, ...]
    pages: tuple[TablePage, ...]
    grand_total: str
    signatures: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    landscape: bool = True
    own_numbers: tuple[str, ...] = ()  # long numbers the list carries by right

    def __post_init__(self) -> None:
        if not self.pages:
            raise FieldRefused(f"{self.title} has no page: a list has one at least, if an empty one.")
        width = sum(column.width_mm for column in self.columns)
        if width > PAGE_WIDTH_MM[self.landscape]:
            raise FieldRefused(
                f"{self.title}: the columns are {width} mm wide; {PAGE_WIDTH_MM[self.landscape]} mm fit."
            )
        for page in self.pages:
            for row in page.rows:
                if len(row) != len(self.columns):
                    raise FieldRefused(f"{self.title}: a row has {len(row)} cells for {len(self.columns)} columns.")


def paginate(
    rows: Sequence[tuple[str, ...]], columns: tuple[Column, ...], *, landscape: bool = True
) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """Return the rows page by page; the last page leaves room for the grand total and the signatures."""
    room = _ROWS_HEIGHT_MM[landscape]
    pages: list[list[tuple[str, ...]]] = [[]]
    used = 0.0
    for row in rows:
        height = _row_height_mm(row, columns)
        if pages[-1] and used + height > room:
            pages.append([])
            used = 0.0
        pages[-1].append(row)
        used += height
    if used > room - _LAST_PAGE_MM and len(pages[-1]) > 1:
        pages.append([pages[-1].pop()])
    return tuple(tuple(page) for page in pages)


def _row_height_mm(row: tuple[str, ...], columns: tuple[Column, ...]) -> float:
    lines = max(_lines(cell, column.width_mm) for cell, column in zip(row, columns, strict=True))
    return max(5.0 + _CELL_MM, lines * _LINE_MM + _CELL_MM)


def _lines(text: str, width_mm: float) -> int:
    """Return how many lines a cell may take; a line that breaks is reckoned one hanzi short."""
    room = (width_mm - _CELL_MM) / _CHAR_MM
    units = sum(1.0 if east_asian_width(char) in "WFA" else 0.62 for char in text)
    return 1 if units <= room else ceil(units / max(1.0, room - 1))


def table_css(table: TableDocument) -> str:
    """Return the style sheet of a list."""
    size = "A4 landscape" if table.landscape else "A4"
    return f"@page {{ size: {size}; }}\n{_CSS}"


def table_html(table: TableDocument) -> str:
    """Return the list as HTML, everything escaped and cleaned."""
    count = len(table.pages)
    pages = "".join(_page(table, number, page, last=number == count) for number, page in enumerate(table.pages, 1))
    title = escape(table.title)
    return f'<!DOCTYPE html><html lang="zh-CN"><head><title>{title}</title></head><body>{pages}</body></html>'


def _page(table: TableDocument, number: int, page: TablePage, *, last: bool) -> str:
    heading = "".join(f"<span><b>{_cell(name)}</b>{_cell(value)}</span>" for name, value in table.heading)
    columns = "".join(f'<col style="width:{column.width_mm}mm">' for column in table.columns)
    titles = "".join(f"<th>{_cell(column.title)}</th>" for column in table.columns)
    rows = "".join(
        "<tr>"
        + "".join(
            f'<td style="text-align:{column.align}">{_cell(cell)}</td>'
            for column, cell in zip(table.columns, row, strict=True)
        )
        + "</tr>"
        for row in page.rows
    )
    total = f'<tr class="total"><td colspan="{len(table.columns)}">{_cell(page.total)}</td></tr>'
    return (
        f'<section><p class="number">第{number}页 / 共{len(table.pages)}页</p><h1>{_cell(table.title)}</h1>'
        f'<p class="heading">{heading}</p><table><colgroup>{columns}</colgroup>'
        f"<thead><tr>{titles}</tr></thead><tbody>{rows}{total}{_grand_total(table) if last else ''}</tbody></table>"
        f"{_foot(table) if last else ''}</section>"
    )


def _grand_total(table: TableDocument) -> str:
    return f'<tr class="total grand"><td colspan="{len(table.columns)}">{_cell(table.grand_total)}</td></tr>'


def _foot(table: TableDocument) -> str:
    notes = "".join(f"<p class='note'>{_cell(note)}</p>" for note in table.notes)
    if not table.signatures:
        return notes
    width = 100 / len(table.signatures)
    boxes = "".join(f'<td style="width:{width:.2f}%">{_cell(one)}</td>' for one in table.signatures)
    return f'{notes}<table class="signatures"><tr>{boxes}</tr></table>'


def _cell(text: str) -> str:
    return escape(clean(text))


_CSS = """
@font-face { font-family: "List"; font-weight: 400; src: url(NotoSansSC-GB2312-400.ttf); }
@font-face { font-family: "List"; font-weight: 700; src: url(NotoSansSC-GB2312-700.ttf); }
@font-face { font-family: "List Rare"; font-weight: 400; src: url(NotoSansSC-Rare-400.ttf); }
@font-face { font-family: "List Rare"; font-weight: 700; src: url(NotoSansSC-Rare-700.ttf); }
@page { margin: 12mm 12mm 10mm; }
body { font: 8.5pt/1.35 "List", "List Rare"; margin: 0; color: #000; }
section { break-after: page; }
section:last-child { break-after: auto; }
h1 { font-size: 15pt; font-weight: 700; text-align: center; letter-spacing: 2pt; margin: 0 0 2mm; }
.number { height: 4mm; margin: 0 0 -4mm; text-align: right; font-size: 8.5pt; }
.heading { margin: 0 0 2mm; }
.heading span { margin-right: 7mm; }
.heading b { font-weight: 700; margin-right: 1mm; }
table { border-collapse: collapse; table-layout: fixed; width: 100%; }
th, td { box-sizing: border-box; border: 0.4pt solid #000; padding: 0.9mm 1.1mm; }
th, td { vertical-align: middle; overflow-wrap: anywhere; }
th { font-weight: 700; text-align: center; background: #eee; }
tbody td { height: 5mm; }
.total td { text-align: right; font-weight: 700; }
.grand td { border-top: 1.2pt solid #000; }
.note { margin: 2mm 0 0; font-size: 8pt; }
.signatures { margin-top: 4mm; }
.signatures td { height: 20mm; vertical-align: top; }
"""
