"""A file as sheets of numbered rows, whatever it was sent as: xlsx, or csv in UTF-8 (± BOM) or GB18030."""

from __future__ import annotations

import codecs
import csv
import io
from typing import TYPE_CHECKING, Final

from fieldops.errors import NotUnderstood
from fieldops.imports.xlsx import Workbook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fieldops.imports.xlsx_parts import Row

MOST_BYTES: Final = 64 * 1024 * 1024
ENCODINGS: Final = ("utf-8-sig", "gb18030")
_BLOCK: Final = 1 << 20
_DELIMITERS: Final = ",\t;"
_PREFIX: Final = 8192


class Sheets:
    """The sheets of one file by name; a csv file is one sheet.

    Raises: NotUnderstood when the file is too large or neither workbook nor text, at construction or while rows are
    read.
    """

    def __init__(self, data: bytes) -> None:
        if len(data) > MOST_BYTES:
            raise NotUnderstood("IMPORT_TOO_LARGE", f"The file is over {MOST_BYTES >> 20} MB; split it.")
        if not data.strip(b"\xef\xbb\xbf\r\n\t ,"):
            raise NotUnderstood("IMPORT_EMPTY", "The file is empty; send one with headings and rows.")
        self._data = data
        self._workbook = Workbook(data) if data.startswith(b"PK\x03\x04") else None
        self._encoding = "" if self._workbook else _encoding_of(data)

    @property
    def names(self) -> list[str]:
        """The sheets in their order."""
        return self._workbook.sheet_names if self._workbook else [""]

    def rows(self, name: str) -> Iterator[Row]:
        """Rows that hold anything, each with the number a spreadsheet shows."""
        return self._workbook.rows(name) if self._workbook else _text_rows(self._data, self._encoding)


def _encoding_of(data: bytes) -> str:
    """The first encoding that reads the whole file; a text with control characters is no text."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise NotUnderstood(
            "IMPORT_OLD_WORKBOOK", "The file is an .xls or locked workbook; save it as .xlsx without password."
        )
    if b"\x00" in data[:_PREFIX]:
        raise NotUnderstood(
            "IMPORT_NEITHER", "The file is neither .xlsx nor text; send .xlsx, or .csv in UTF-8 or GB18030."
        )
    for encoding in ENCODINGS:
        if _reads(data, encoding):
            return encoding
    raise NotUnderstood(
        "IMPORT_NEITHER", "The file is neither UTF-8 nor GB18030 text; save it as one of them or as .xlsx."
    )


def _reads(data: bytes, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    view = memoryview(data)
    try:
        for start in range(0, len(data), _BLOCK):
            decoder.decode(view[start : start + _BLOCK], final=start + _BLOCK >= len(data))
    except UnicodeDecodeError:
        return False
    return True


def _text_rows(data: bytes, encoding: str) -> Iterator[Row]:
    text = io.TextIOWrapper(io.BytesIO(data), encoding=encoding, newline="")
    first = text.readline(_PREFIX)
    text.seek(0)
    delimiter = max(_DELIMITERS, key=first.count)
    row_no = 0
    try:
        for row_no, cells in enumerate(csv.reader(text, delimiter=delimiter, strict=True), start=1):
            row = [cell or None for cell in cells]
            if any(row):
                yield row_no, row  # type: ignore[misc]  # a list of texts is a list of cells
    except csv.Error as error:
        raise NotUnderstood(
            "IMPORT_BROKEN_ROW", f"Row {row_no + 1} cannot be read ({error}); a quotation mark is missing or too many."
        ) from None
