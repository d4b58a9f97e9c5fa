"""The XML parts of a workbook, parsed as they are unpacked: texts, and the rows of one sheet.

Source: ECMA-376 part 1, 18.3 (worksheets), 18.4 (shared strings).
"""

from __future__ import annotations

from array import array
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from xml.parsers import expat

from fieldops.errors import NotUnderstood

if TYPE_CHECKING:
    from collections.abc import Callable

    from fieldops.imports.converters import Cell

MOST_COLUMNS: Final = 300
MOST_ROWS: Final = 1_048_576
_DAY_S: Final = 86_400
_LAST_DAY: Final = 2_958_465  # 9999-12-31

Row = tuple[int, "list[Cell]"]


class SharedTexts:
    """The texts the cells of a workbook share, end to end in one buffer: a third of what as many strings hold."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._ends = array("Q", [0])

    def __len__(self) -> int:
        return len(self._ends) - 1

    def append(self, text: str) -> None:
        """Add the next text."""
        self._buffer += text.encode()
        self._ends.append(len(self._buffer))

    def __getitem__(self, number: int) -> str:
        if not 0 <= number < len(self):
            raise IndexError(number)
        return self._buffer[self._ends[number] : self._ends[number + 1]].decode()


class TextReading:
    """Whether the parser stands inside a text that counts: a <t> that is no phonetic guide (<rPh>)."""

    def __init__(self) -> None:
        self.text = False
        self._guide = False

    def on(self, tag: str) -> None:
        """An element begins."""
        if tag == "rPh":
            self._guide = True
        self.text = tag == "t" and not self._guide

    def off(self, tag: str) -> None:
        """An element ends."""
        if tag == "rPh":
            self._guide = False
        self.text = False


class SheetReader:
    """Turns the XML of one sheet into rows as it is fed."""

    def __init__(self, strings: SharedTexts, dates: frozenset[str], epoch: datetime) -> None:
        self._strings = strings
        self._dates = dates
        self._epoch = epoch
        self._rows: list[Row] = []
        self._row_no = 0
        self._cells: list[Cell] = []
        self._attributes: dict[str, str] = {}
        self._text: list[str] = []
        self._reading = False
        self._inline = TextReading()
        self._columns: dict[str, int] = {}
        self._parser = parser_for(self._start, self._end, self._characters)

    def feed(self, block: bytes) -> None:
        """Parse one more block. Raises: NotUnderstood for broken XML."""
        feed(self._parser, block)

    def taken(self) -> list[Row]:
        """The rows finished since the last call."""
        rows, self._rows = self._rows, []
        return rows

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "c":
            self._attributes = attributes
            self._text.clear()
        elif tag == "v":
            self._reading = True
        elif tag == "row":
            row_no = int(attributes.get("r", self._row_no + 1))
            if not self._row_no < row_no <= MOST_ROWS:
                raise ValueError(f"row {row_no} after row {self._row_no}")
            self._row_no = row_no
            self._cells = []
        elif tag in {"t", "rPh"}:
            self._inline.on(tag)
            self._reading = self._inline.text

    def _end(self, tag: str) -> None:
        if tag in {"v", "t", "rPh"}:
            self._reading = False
            self._inline.off(tag)
        elif tag == "c":
            if self._text:
                self._place(self._attributes, "".join(self._text))
        elif tag == "row" and self._cells:
            self._rows.append((self._row_no, self._cells))

    def _characters(self, data: str) -> None:
        if self._reading:
            self._text.append(data)

    def _place(self, attributes: dict[str, str], written: str) -> None:
        cells = self._cells
        place = self._column(attributes["r"]) if "r" in attributes else len(cells)
        missing = place - len(cells)
        if missing > 0:
            cells.extend([None] * missing)
        value = self._value(attributes, written)
        if missing < 0:
            cells[place] = value
        else:
            cells.append(value)

    def _value(self, attributes: dict[str, str], written: str) -> Cell:
        kind = attributes.get("t", "n")
        try:
            if kind == "s":
                return self._strings[int(written)]
            if kind == "n":
                number = float(written)
                return self._date(number) if attributes.get("s") in self._dates else number
            if kind == "d":
                return datetime.fromisoformat(written).replace(tzinfo=None)
        except (ValueError, IndexError, OverflowError):
            return written
        return written == "1" if kind == "b" else written

    def _date(self, number: float) -> datetime:
        if number < 0 or number > _LAST_DAY:
            raise ValueError(number)
        return self._epoch + timedelta(seconds=round(number * _DAY_S))

    def _column(self, reference: str) -> int:
        letters = reference.rstrip("0123456789")
        place = self._columns.get(letters)
        if place is None:
            place = 0
            for letter in letters:
                place = place * 26 + ord(letter) - 64
            if not 0 < place <= MOST_COLUMNS:
                raise NotUnderstood(
                    "IMPORT_WORKBOOK_TOO_LARGE", f"Cell {reference} lies beyond {MOST_COLUMNS} columns; clear it."
                )
            place = self._columns[letters] = place - 1
        return place


def parser_for(start: Any, end: Any, characters: Any) -> expat.XMLParserType:
    """A parser that hands on local names and refuses a document type, where entities come from."""
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def first(tag: str, attributes: dict[str, str]) -> None:
        wrap = _without_prefix if ":" in tag else lambda handle: handle
        parser.StartElementHandler = wrap(start)
        parser.EndElementHandler = wrap(end) if end else None
        parser.StartElementHandler(tag, attributes)

    parser.StartElementHandler = first
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _without_prefix(handle: Callable[..., None]) -> Callable[..., None]:
    """Hand on the local name of a tag: some programs write <x:c> for <c>."""

    def stripped(tag: str, *attributes: Any) -> None:
        handle(tag.rpartition(":")[2], *attributes)

    return stripped


def _refuse_doctype(*_: Any) -> None:
    raise NotUnderstood("IMPORT_NOT_A_WORKBOOK", "The workbook declares a document type; save it as .xlsx again.")


def feed(parser: expat.XMLParserType, block: bytes) -> None:
    """Parse one more block. Raises: NotUnderstood for broken XML."""
    try:
        parser.Parse(block, False)
    except (expat.ExpatError, ValueError, LookupError, StopIteration) as error:  # broken, or not what a part must say
        raise NotUnderstood(
            "IMPORT_NOT_A_WORKBOOK", f"The workbook is damaged ({error}); save it as .xlsx again."
        ) from None
