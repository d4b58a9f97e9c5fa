"""From a cell as sent to a value: text, yuan, days, instants, numbers, words of a table.

A cell is None (blank), a text, a number, a truth value, a date or an instant without zone, as the sheet holds it.
Every converter raises ``CellError`` with a sentence that names the mend.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from operator import mul
from typing import TYPE_CHECKING, Any, Final

from fieldops.clock import FIRST_DAY, LAST_DAY, SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Cell = str | float | bool | date | datetime | None

LONGEST_TEXT: Final = 500
_MOST_FEN: Final = 10**14
_EXACT_DIGITS: Final = 15  # Excel keeps no more digits of a number
_YEARS: Final = range(FIRST_DAY.year, LAST_DAY.year + 1)
_EXCEL_EPOCH: Final = datetime.fromisoformat("1899-12-30")
_EXCEL_DAYS: Final = range(32874, 73051)  # 1990-01-01 … 2099-12-31
_DAY_S: Final = 86_400

_PLAIN_YUAN = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,2}))?\Z")
_DECIMAL = re.compile(r"-?\d+(?:\.\d+)?\Z")
_DAY = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]0{1,2}:00(?::00(?:\.0+)?)?)?\Z|(\d{4})(\d{2})(\d{2})\Z"
)
_INSTANT = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?\Z"
    r"|(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})()\Z"
)
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::00)?\Z")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[Ee]\+?\d+\Z")
_CITIZEN = re.compile(r"[0-9]{17}[0-9X]\Z")
_CONTROL = re.compile(r"[\x00-\x20\x7f\xa0　]+")
_YES: Final = {"是": True, "Y": True, "YES": True, "1": True, "TRUE": True, "已接通": True, "接通": True}
_NO: Final = {"否": False, "N": False, "NO": False, "0": False, "FALSE": False, "未接通": False, "未接": False}


class CellError(ValueError):
    """A cell that cannot be meant; the message names the mend."""


def text(cell: Cell) -> str:
    """A text without surrounding blanks and control characters; a whole number reads as its digits.

    Raises: CellError for a text beyond 500 characters.
    """
    if isinstance(cell, str):
        if len(cell) > LONGEST_TEXT:
            raise CellError(f"is longer than {LONGEST_TEXT} characters; shorten it")
        if cell.isprintable() and cell[:1] != " " != cell[-1:]:
            return cell
        return _CONTROL.sub(" ", cell).strip()
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, int | float):
        return format(_decimal(cell), "f")
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    return "" if cell is None else cell.isoformat()


def digits(cell: Cell) -> str:
    """A number kept as text: card, identity, telephone, upper case and without blanks or hyphens.

    Raises: CellError when a spreadsheet has kept it as a number of more than 15 digits and lost its end.
    """
    if isinstance(cell, int | float) and abs(cell) >= 10**_EXACT_DIGITS:
        raise CellError(
            "is stored as a number and has lost its last digits; format the column as text and send it again"
        )
    number = narrow(text(cell)).upper().removeprefix("=").strip("'\"")  # ="6222…" and '6222… keep a number a text
    if _SCIENTIFIC.match(number):
        raise CellError(f"{number} has lost its last digits; format the column as text before saving as CSV")
    return number.replace(" ", "").replace("-", "")


def matching(pattern: str, mend: str) -> Callable[[Cell], str]:
    """A converter of ``digits`` that must match ``pattern`` whole."""
    compiled = re.compile(rf"(?:{pattern})\Z")

    def convert(cell: Cell) -> str:
        number = digits(cell)
        if not compiled.match(number):
            raise CellError(mend)
        return number

    return convert


def fen(*, least: int | None = None) -> Callable[[Cell], int]:
    """A converter of yuan (text or number) to whole fen, exactly; ``least`` is the smallest amount in fen."""

    def convert(cell: Cell) -> int:
        if isinstance(cell, str) and (plain := _PLAIN_YUAN.match(cell)):
            return _not_below(least, int(plain[1] + (plain[2] or "").ljust(2, "0")))
        yuan = _decimal(cell)
        amount = yuan * 100
        whole = int(amount)
        if whole != amount:
            raise CellError(f"{yuan} has more than two decimals; send yuan and fen, such as 1234.56")
        if abs(whole) > _MOST_FEN:
            raise CellError("is beyond a million million yuan; check the column")
        return _not_below(least, whole)

    return convert


def _not_below(least: int | None, amount_fen: int) -> int:
    if least is not None and amount_fen < least:
        amount, bound = (f"{Decimal(fen_) / 100:.2f}" for fen_ in (amount_fen, least))
        raise CellError(f"{amount} is below {bound}; check the sign and the column")
    return amount_fen


def whole(cell: Cell) -> int:
    """A whole number of 0 or more."""
    number = _decimal(cell)
    if number != int(number) or number < 0 or number > _MOST_FEN:
        raise CellError(f"{number} is not a whole number of 0 or more")
    return int(number)


def degrees(least: float, most: float) -> Callable[[Cell], float]:
    """A converter of a coordinate that must lie between two bounds."""

    def convert(cell: Cell) -> float:
        number = float(_decimal(cell))
        if not least <= number <= most:
            raise CellError(f"{number} is outside {least}…{most}; are 经度 and 纬度 swapped?")
        return number

    return convert


def day(cell: Cell) -> date:
    """A day: 2026-11-22, 2026/11/22, 2026.11.22, 2026年11月22日, 20261122, or a date cell."""
    if isinstance(cell, datetime):
        if cell.time() != time():
            raise CellError(f"{cell} has a time of day; send the day alone, such as 2026-11-22")
        return _within(cell.date())
    if isinstance(cell, date):
        return _within(cell)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if cell in _EXCEL_DAYS:
            return (_EXCEL_EPOCH + timedelta(days=cell)).date()
        cell = text(cell)
    return _day_of(text(cell))


def instant(cell: Cell) -> datetime:
    """An instant, in UTC, from a Shanghai day and time; an offset, where written, is heeded."""
    if isinstance(cell, datetime):
        return _on_shanghai_clock(cell)
    if isinstance(cell, float) and int(cell) in _EXCEL_DAYS:
        return _on_shanghai_clock(_EXCEL_EPOCH + timedelta(seconds=round(cell * _DAY_S)))
    return _instant_of(text(cell))


def instant_or_day(cell: Cell) -> datetime:
    """An instant as ``instant`` reads it; a day alone is its first instant in Shanghai."""
    try:
        return instant(cell)
    except CellError:
        return datetime.combine(day(cell), time(), SHANGHAI).astimezone(UTC)


def seconds_of_day(cell: Cell) -> int:
    """Seconds after midnight from 09:00, 9:00 or a time cell; 24:00 ends a day."""
    if isinstance(cell, datetime):
        return cell.hour * 3600 + cell.minute * 60 + cell.second
    if isinstance(cell, float) and 0 <= cell <= 1:
        return round(cell * _DAY_S)
    match = _TIME.match(narrow(text(cell)))
    seconds = int(match[1]) * 3600 + int(match[2]) * 60 if match else -1
    if not match or match[2] > "59" or seconds > _DAY_S:
        raise CellError(f"{text(cell)} is not a time of day such as 09:00")
    return seconds


def slot(cell: Cell) -> str:
    """A span of one day, 9:00～11:30 or 09:00-11:30, as HH:MM-HH:MM."""
    ends = re.split(r"[-~～—–至到]+", narrow(text(cell)).replace(" ", ""))
    try:
        start_s, end_s = (seconds_of_day(end) for end in ends)
    except ValueError:
        raise CellError(f"{text(cell)} is not a span such as 09:00-11:30") from None
    if start_s >= end_s:
        raise CellError(f"{text(cell)} ends before it begins; write it as 09:00-11:30")
    return f"{_clock(start_s)}-{_clock(end_s)}"


def yes_or_no(cell: Cell) -> bool:
    """是 or 否, in the spellings phone systems use."""
    if isinstance(cell, bool):
        return cell
    word = narrow(text(cell)).upper()
    answer = _YES.get(word, _NO.get(word))
    if answer is None:
        raise CellError(f"{word} is neither 是 nor 否")
    return answer


def word_of(table: Mapping[str, Any]) -> Callable[[Cell], Any]:
    """A converter of one of the words of ``table`` to what it stands for."""

    def convert(cell: Cell) -> Any:
        word = narrow(text(cell))
        found = table.get(word, table.get(word.upper(), table))
        if found is table:
            raise CellError(f"{word} is not known here; use one of {'、'.join(table)}")
        return found

    return convert


def narrow(value: str) -> str:
    """The text with full-width letters, digits and signs made narrow."""
    return value if value.isascii() else unicodedata.normalize("NFKC", value)


def identity_check_digit_agrees(id_no: str) -> bool | None:
    """Whether the last digit of an 18-digit identity number is the one of GB 11643; None for other documents.

    Example: ``identity_check_digit_agrees("11010519491231002X")`` is True.
    """
    if not _CITIZEN.match(id_no):
        return None
    total = sum(map(mul, map(int, id_no[:17]), _ID_WEIGHTS))
    return id_no[17] == "10X98765432"[total % 11]


_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


_DOUBLED: Final = {str(digit): sum(divmod(2 * digit, 10)) for digit in range(10)}


def born_on(id_no: str) -> date | None:
    """The birthday inside an 18-digit identity number; None for other documents or an impossible day."""
    if not _CITIZEN.match(id_no):
        return None
    try:
        return date(int(id_no[6:10]), int(id_no[10:12]), int(id_no[12:14]))
    except ValueError:
        return None


def card_check_digit_agrees(card_no: str) -> bool:
    """Whether a card number passes the Luhn check (ISO/IEC 7812)."""
    return (sum(map(int, card_no[-1::-2])) + sum(map(_DOUBLED.__getitem__, card_no[-2::-2]))) % 10 == 0


def _decimal(cell: Cell) -> Decimal:
    """An exact number; a sheet's float is read with the 15 digits Excel shows, never its binary tail."""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return Decimal(format(cell, f".{_EXACT_DIGITS}g"))
    number = narrow(text(cell)).replace(",", "").replace(" ", "").removeprefix("¥").removeprefix("¥").removesuffix("元")
    if not _DECIMAL.match(number):
        raise CellError(f"{text(cell)} is not a number such as 1234.56")
    try:
        return Decimal(number)
    except InvalidOperation:
        raise CellError(f"{text(cell)} is not a number such as 1234.56") from None


@lru_cache(maxsize=4096)
def _day_of(written: str) -> date:
    match = _DAY.match(narrow(written))
    if match is None:
        raise CellError(f"{written} is not a day such as 2026-11-22")
    try:
        found = date(*(int(part) for part in match.groups() if part is not None))
    except ValueError:
        raise CellError(f"{written} is not a day of the calendar") from None
    return _within(found)


def _within(found: date) -> date:
    if found.year not in _YEARS:
        raise CellError(f"{found} lies outside {_YEARS.start}…{_YEARS.stop - 1}; check the year")
    return found


def _instant_of(written: str) -> datetime:
    match = _INSTANT.match(narrow(written))
    if match is None:
        raise CellError(f"{written} is not a time such as 2026-11-22 15:30:00")
    *parts, offset = match.groups()[:7] if match[1] else match.groups()[7:]
    try:
        year, month, date_, hour, minute, second = (int(part or 0) for part in parts)
        naive = datetime(year, month, date_, hour, minute, second)  # noqa: DTZ001 - its zone follows
        zone = datetime.strptime(offset, "%z").tzinfo if offset else SHANGHAI
    except ValueError:
        raise CellError(f"{written} is not a time of the calendar") from None
    _within(naive.date())
    return naive.replace(tzinfo=zone).astimezone(UTC)


def _on_shanghai_clock(naive: datetime) -> datetime:
    _within(naive.date())
    return naive.replace(tzinfo=SHANGHAI).astimezone(UTC)


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"
