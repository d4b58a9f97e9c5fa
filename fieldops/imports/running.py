"""One file from its headings to its last row: check, set repeats aside, land, count; in the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final

from fieldops.imports.kinds import CheckedRow, Kind, Lander, Outcome, RowRefused
from fieldops.imports.reading import Checker, FoundSheet, Notes, row_as_sent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fieldops.imports.converters import Cell
    from fieldops.imports.xlsx_parts import Row

CHUNK_ROWS: Final = 2000


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A row for the error file."""

    row_no: int
    why: RowRefused
    sent: list[str]


@dataclass(slots=True)
class Tally:
    """Rows so far; created, changed, unchanged and errors add up to the rows read."""

    rows_read: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    errors: int = 0

    def count(self, outcome: Outcome) -> None:
        """Count one row that landed."""
        name = outcome.value.lower()
        setattr(self, name, getattr(self, name) + 1)


@dataclass(slots=True)
class Bringing:
    """The state of one import while its rows come in."""

    kind: Kind
    sheet: FoundSheet
    lander: Lander
    fingerprint: Callable[[str], bytes]
    tally: Tally = field(default_factory=Tally)
    notes: Notes = field(default_factory=Notes)
    _seen: dict[int, int] = field(default_factory=dict)  # hash of the key → row number and what the row said
    _refused: dict[int, RowRefused] = field(default_factory=dict)

    def chunks(self) -> Iterator[list[ListedRow]]:
        """Land a chunk of rows at a time; after each, hand out the rows of it that could not land."""
        checker = Checker(self.kind, self.sheet.layout, self.fingerprint)
        while chunk := list(islice(self.sheet.rows, CHUNK_ROWS)):
            refused = self._bring(chunk, checker)
            self.tally.rows_read += len(chunk)
            self.tally.errors += len(refused)
            yield self._listed(chunk, refused)

    def _bring(self, chunk: list[Row], checker: Checker) -> dict[int, RowRefused]:
        refused: dict[int, RowRefused] = {}
        fresh: list[CheckedRow] = []
        repeats: list[tuple[CheckedRow, int, int]] = []
        for row_no, cells in chunk:
            row = checker.check(row_no, cells)
            if isinstance(row, RowRefused):
                refused[row_no] = row
                continue
            self._note_doubt(row)
            told = row_no << 64 | _short(row.fingerprint)
            first_no, said = divmod(self._seen.setdefault(hash(self.kind.key(row.values)), told), 1 << 64)
            if first_no == row_no:
                fresh.append(row)
            else:
                repeats.append((row, first_no, said))
        self._land(fresh, refused)
        for row, first_no, said in repeats:
            self._settle_repeat(row, first_no, said, refused)
        return refused

    def _land(self, fresh: list[CheckedRow], refused: dict[int, RowRefused]) -> None:
        for row, landed in zip(fresh, self.lander.land(fresh), strict=True):
            if isinstance(landed, RowRefused):
                refused[row.row_no] = self._refused[row.row_no] = landed
            else:
                self.tally.count(landed)

    def _settle_repeat(self, row: CheckedRow, first_no: int, said: int, refused: dict[int, RowRefused]) -> None:
        """A row that repeats an earlier one word for word shares its fate; one that contradicts it is listed."""
        if _short(row.fingerprint) != said:
            reason = f"Row {first_no} says something else about the same thing; keep the right one of the two"
            refused[row.row_no] = RowRefused(None, "ROW_TWICE", reason)
        elif first_no in self._refused:
            refused[row.row_no] = self._refused[first_no]
        else:
            self.tally.count(Outcome.UNCHANGED)

    def _note_doubt(self, row: CheckedRow) -> None:
        doubt = self.kind.doubt(row.values)
        if doubt:
            self.notes.add(doubt, row.row_no)

    def _listed(self, chunk: list[Row], refused: dict[int, RowRefused]) -> list[ListedRow]:
        if not refused:
            return []
        cells_of: dict[int, list[Cell]] = dict(chunk)
        layout = self.sheet.layout
        return [ListedRow(no, refused[no], row_as_sent(layout, cells_of[no])) for no in sorted(refused)]


def _short(fingerprint: bytes) -> int:
    """Eight bytes of a fingerprint: a hundred thousand rows of one file never meet in them by chance."""
    return int.from_bytes(fingerprint[:8])
