"""Numbered stock (预印编号的信纸、信封、标签): what a sheet's number is, and what may become of sheets.

Pure values: the shell keeps which person has which numbers, and that none is ever missing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from letters.errors import MoveRefused, NumberMalformed, RangeRefused

FORM = re.compile(r"([A-Z]{0,8})([0-9]{3,12})")
MOST = 1_000_000


class StockState(StrEnum):
    """Where numbered sheets are."""

    STORE = "STORE"  # 库存
    ISSUED = "ISSUED"  # 领用, with a person
    USED = "USED"  # 已用, printed on
    SPOILED = "SPOILED"  # 作废待销毁
    DESTROYED = "DESTROYED"  # 已销毁


_S = StockState
STOCK_MOVES: Mapping[str, Mapping[StockState, StockState]] = {
    "issue": {_S.STORE: _S.ISSUED},
    "return": {_S.ISSUED: _S.STORE},
    "use": {_S.ISSUED: _S.USED},
    "spoil": {_S.STORE: _S.SPOILED, _S.ISSUED: _S.SPOILED, _S.USED: _S.SPOILED},
    "destroy": {_S.STORE: _S.DESTROYED, _S.SPOILED: _S.DESTROYED},
}


def after(state: StockState, event: str) -> StockState:
    """Return where sheets are after `event`.

    Raises: MoveRefused, naming what may happen instead.
    """
    if state not in STOCK_MOVES[event]:
        may = ", ".join(name for name, froms in STOCK_MOVES.items() if state in froms) or "not move again"
        raise MoveRefused(f"Sheets that are {state} cannot {event}: they may {may}.")
    return STOCK_MOVES[event][state]


@dataclass(frozen=True)
class StockRange:
    """Numbers of one series, first and last included.

    Raises: NumberMalformed, RangeRefused.
    Example:
        >>> sheets = StockRange("A000120", "a 000 150")
        >>> len(sheets), sheets.series, sheets.number_at(121)
        (31, 'A######', 'A000121')
    """

    first: str
    last: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "first", _read(self.first))
        object.__setattr__(self, "last", _read(self.last))
        if _series(self.first) != _series(self.last):
            raise RangeRefused(f"{self.first} and {self.last} are not of one series: letters and length must agree.")
        if self.low > self.high:
            raise RangeRefused(f"{self.first} comes after {self.last}: give the lower number first.")
        if len(self) > MOST:
            raise RangeRefused(f"{self.first} to {self.last} is {len(self)} sheets; a range holds at most {MOST}.")

    def __len__(self) -> int:
        return self.high - self.low + 1

    @property
    def series(self) -> str:
        """The letters and the length: ranges of different series cannot overlap."""
        return _series(self.first)

    @property
    def low(self) -> int:
        """The first serial."""
        return _serial(self.first)

    @property
    def high(self) -> int:
        """The last serial."""
        return _serial(self.last)

    def number_at(self, serial: int) -> str:
        """Return the number of a serial of this series."""
        return number_of(self.series, serial)


def number_of(series: str, serial: int) -> str:
    """Return the number of a serial in a series.

    Example:
        >>> number_of("A######", 7)
        'A000007'
    """
    letters = series.rstrip("#")
    return f"{letters}{serial:0{len(series) - len(letters)}d}"


def _read(raw: str) -> str:
    number = re.sub(r"[\s\-*]+", "", raw).upper()
    if not FORM.fullmatch(number):
        raise NumberMalformed(f"{raw!r} is no stock number: up to 8 letters and 3 to 12 digits.")
    return number


def _series(number: str) -> str:
    digits = number.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return f"{number[: len(number) - len(digits)]}{'#' * len(digits)}"


def _serial(number: str) -> int:
    return int(number.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
