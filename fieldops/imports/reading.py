"""From a file to checked rows: find the sheet and its headings, read every cell by its column, list what cannot be.

Nothing here touches the database.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final

from fieldops.errors import NotUnderstood
from fieldops.imports.converters import CellError, narrow, text
from fieldops.imports.kinds import CheckedRow, Column, Kind, RowRefused, Values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from fieldops.imports.converters import Cell
    from fieldops.imports.files import Sheets
    from fieldops.imports.xlsx_parts import Row

_HEADING_WITHIN: Final = 10  # a title and a date may stand above the headings
_ROWS_NAMED: Final = 5
_BLANK: Final = "is blank; fill it in"
_LONGEST_SENT: Final = 200
_HIDDEN_FROM_SHORT: Final = 4  # a text of four characters or fewer shows none of them
_PERSONAL_NUMBER = re.compile(r"(?<![0-9])[0-9]{7,}(?=[0-9Xx]{4}(?![0-9]))")


@dataclass(frozen=True, slots=True)
class Layout:
    """Which cell of a row belongs to which column; ``unknown`` headings are kept out but named."""

    headings: tuple[str, ...]
    columns: tuple[tuple[int, Column], ...]
    unknown: tuple[str, ...]


@dataclass(slots=True)
class FoundSheet:
    """The sheet of a file that holds the rows, read up to its headings."""

    layout: Layout
    rows: Iterator[Row]


@dataclass(slots=True)
class Notes:
    """What a person should know although the rows could be read, with the first rows it was seen in."""

    _rows: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    _counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, doubt: str, row_no: int) -> None:
        """Count one more row of this doubt."""
        self._counts[doubt] += 1
        if len(self._rows[doubt]) < _ROWS_NAMED:
            self._rows[doubt].append(row_no)

    def sentences(self) -> list[str]:
        """One sentence per doubt."""
        return [
            f"{doubt}: {count} rows (first: {', '.join(map(str, self._rows[doubt]))})"
            for doubt, count in self._counts.items()
        ]


def find_sheet(sheets: Sheets, kind: Kind, mapping: Mapping[str, str]) -> FoundSheet:
    """The one sheet whose headings are those of ``kind``, after the bank's own names are mapped to ours.

    Raises: NotUnderstood (IMPORT_WRONG_KIND, IMPORT_EMPTY, IMPORT_TWO_SHEETS); the file is refused whole.
    """
    missing: list[tuple[str, ...]] = []
    found: FoundSheet | None = None
    for name in sheets.names:
        sheet = _read_headings(sheets.rows(name), kind, mapping)
        if isinstance(sheet, tuple):
            missing.append(sheet)
        elif found is not None:
            raise NotUnderstood("IMPORT_TWO_SHEETS", f"Two sheets hold {kind.name}; keep one and send the file again.")
        else:
            found = sheet
    if found is None:
        raise _wrong_kind(kind, min(missing, key=len, default=()))
    first = next(found.rows, None)
    if first is None:
        raise NotUnderstood("IMPORT_EMPTY", "There is no row below the headings; send a file with rows.")
    return FoundSheet(found.layout, chain([first], found.rows))


def _wrong_kind(kind: Kind, missing: tuple[str, ...]) -> NotUnderstood:
    return NotUnderstood(
        "IMPORT_WRONG_KIND",
        f"This is no file of {kind.name}: it has no column {'、'.join(missing)}. Expected: {'、'.join(kind.headings)}. "
        "If the bank names its columns otherwise, set a column mapping for it.",
        missing=list(missing),
        expected=kind.headings,
    )


def _read_headings(rows: Iterator[Row], kind: Kind, mapping: Mapping[str, str]) -> FoundSheet | tuple[str, ...]:
    """The sheet from its heading row on, or the headings it lacks; an empty sheet lacks all."""
    least: tuple[str, ...] = tuple(kind.required_headings)
    for _, cells in islice(rows, _HEADING_WITHIN):
        layout = _layout(cells, kind, mapping)
        missing = tuple(h for h in kind.required_headings if h not in {column.heading for _, column in layout.columns})
        if not missing:
            return FoundSheet(layout, rows)
        least = min(least, missing, key=len)
    return least


def _layout(cells: list[Cell], kind: Kind, mapping: Mapping[str, str]) -> Layout:
    ours = {column.heading: column for column in kind.columns}
    columns: dict[str, tuple[int, Column]] = {}
    unknown: list[str] = []
    headings: list[str] = []
    for place, cell in enumerate(cells):
        sent = narrow(str(cell or "")).strip()
        headings.append(sent)
        column = ours.get(mapping.get(sent, sent))
        if column is None:
            unknown.extend([sent] if sent else [])
        elif column.heading in columns:
            raise NotUnderstood("IMPORT_COLUMN_TWICE", f"Two columns are headed {column.heading}; remove one.")
        else:
            columns[column.heading] = (place, column)
    return Layout(tuple(headings), tuple(columns.values()), tuple(unknown))


class Checker:
    """Reads rows by a layout: to values and a fingerprint, or to why not."""

    def __init__(self, kind: Kind, layout: Layout, fingerprint: Callable[[str], bytes]) -> None:
        self._layout = layout
        self._fingerprint = fingerprint
        self._width = len(layout.headings)
        in_order = sorted(layout.columns, key=lambda placed: placed[1].name)  # a fingerprint knows no order of columns
        self._readers = [(place, column.name, column.convert, column) for place, column in in_order]
        present = {column.name for _, column in layout.columns}
        self._blank: Values = {column.name: None for column in kind.columns if column.name not in present}

    def check(self, row_no: int, cells: list[Cell]) -> CheckedRow | RowRefused:
        """The values of one row; every cell that cannot be read is named."""
        values: Values = self._blank.copy()
        told: list[tuple[str, Any]] = []
        wrong: list[tuple[int, str, str]] = []
        width = len(cells)
        for place, name, convert, column in self._readers:
            cell = cells[place] if place < width else None
            value = None
            try:
                if cell is not None:
                    value = convert(cell)
            except CellError as error:
                if not (isinstance(cell, str) and not cell.strip()):
                    wrong.append((place, column.heading, str(error)))
                    continue
            if value is None or value == "":
                values[name] = None
                if column.required:
                    wrong.append((place, column.heading, _BLANK))
            else:
                values[name] = value
                told.append((name, value))
        if width > self._width and any(cell is not None for cell in cells[self._width :]):
            wrong.append(
                (width, "", "The row has more cells than there are headings; put a text with commas in quotation marks")
            )
        if wrong:
            return _refusal(wrong)
        return CheckedRow(row_no, values, self._fingerprint(repr(told)))


def _refusal(wrong: list[tuple[int, str, str]]) -> RowRefused:
    """All that is wrong with a row, in the order of its cells."""
    wrong.sort()
    columns = "、".join(heading for _, heading, _ in wrong if heading)
    reason = _hidden("; ".join(f"{heading} {why}".strip() for _, heading, why in wrong))
    code = "CELL_BLANK" if all(why == _BLANK for *_, why in wrong) else "CELL_UNREADABLE"
    return RowRefused(columns or None, code, reason)


def row_as_sent(layout: Layout, cells: list[Cell]) -> list[str]:
    """The cells of a row under their headings as texts, personal numbers masked to their last four characters."""
    ours = dict(layout.columns)
    sent = []
    for place, _ in enumerate(layout.headings):
        cell = cells[place] if place < len(cells) else None
        sent.append(_masked(_as_text(cell), ours.get(place)))
    return sent


def _as_text(cell: Cell) -> str:
    """A cell as it was sent, its end cut off where it is no cell of a register any more."""
    if isinstance(cell, str):
        return cell[:_LONGEST_SENT].replace("\x00", " ")
    return text(cell)


def _masked(sent: str, column: Column | None) -> str:
    if column is not None and column.public:
        return sent
    if column is not None and column.personal:
        shown = sent[_HIDDEN_FROM_SHORT:][-4:]
        return "*" * (len(sent) - len(shown)) + shown
    return _hidden(narrow(sent))


def _hidden(sent: str) -> str:
    """A text with the long numbers in it masked: a shifted column puts an identity number where a day should be."""
    return _PERSONAL_NUMBER.sub(lambda match: "*" * len(match[0]), sent)
