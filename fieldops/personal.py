"""Card and identity numbers typed into free text: found however they are spaced, so that they can be refused.

Source: GB 11643 (identity numbers and their check character), GB 11643-1989 (the 15-digit form), ISO/IEC 7812-1 (Luhn).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHINESE_DIGITS: Final = str.maketrans("〇零一二三四五六七八九", "00123456789")
_RUN: Final = re.compile(r"[0-9]+|X")
_GAP: Final = re.compile(r"[\s\W_]{0,3}")
_BETWEEN_TIMES: Final = ":："
_SHORTEST, _LONGEST = 15, 19
_IDENTITY, _OLD_IDENTITY = 18, 15
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS: Final = "10X98765432"
_CARD_FIRST: Final = "34569"
_MONTHS, _DAYS = 12, 31
_LONG: Final = re.compile(r"(?<!\d)(?:\d{4}(?:[ -]\d{4}){2,}(?:[ -]?\d{1,3})?|\d{10,}[\dXx])(?!\d)")
"""Eleven digits and more in a row, or in groups of four: no door has such a number, cards and telephones have."""
HIDDEN: Final = "（含个人号码，不予显示）"


def has_personal_number(text: str) -> bool:
    """Whether a text holds what reads as a card or identity number.

    Fifteen to nineteen digits in one piece always do; pieces with gaps between them do when together they are a valid
    number, so that dates and times beside each other are not taken for one.
    Example: ``has_personal_number("卡号 6222 0280 3356 1339 212")`` is True.
    """
    if sum(map(_digits_in, text)) < _SHORTEST:
        return False
    runs = list(_runs(_plain(text)))
    if any(_SHORTEST <= len(run) <= _LONGEST for group in runs for run in group):
        return True
    return any(_is_number(joined) for group in runs for joined in _joined(group))


def without_numbers(text: str) -> str:
    """A text others have written, an address for example, with its long numbers masked; hidden where one is left.

    >>> without_numbers("首开东里1号楼2单元502室 13812345678")
    '首开东里1号楼2单元502室 ****5678'
    """
    shown = _LONG.sub(lambda found: f"****{found[0][-4:]}", text)
    return HIDDEN if has_personal_number(shown) else shown


@lru_cache(maxsize=8192)
def _digits_in(char: str) -> int:
    """How much of a number one character can be: two for ⑮, none for most of what people write."""
    return len(re.findall(r"[0-9X]", _plain(char)))


def _plain(text: str) -> str:
    """Digits of every script as 0–9; what cannot be seen is gone."""
    folded = unicodedata.normalize("NFKC", text).translate(_CHINESE_DIGITS).upper()
    seen = (char for char in folded if unicodedata.category(char) != "Cf")
    return "".join(str(unicodedata.digit(char, char)) for char in seen)


def _runs(text: str) -> Iterator[list[str]]:
    """Runs of digits (and the check letter X), grouped as long as only gaps lie between them."""
    group: list[str] = []
    ended = 0
    for found in _RUN.finditer(text):
        between = text[ended : found.start()]
        near = _GAP.fullmatch(between) and not any(mark in between for mark in _BETWEEN_TIMES)
        if group and not near:
            yield group
            group = []
        group.append(found.group())
        ended = found.end()
    if group:
        yield group


def _joined(group: list[str]) -> Iterator[str]:
    for first in range(len(group)):
        joined = ""
        for run in group[first:]:
            joined += run
            if len(joined) > _LONGEST:
                break
            if len(joined) >= _SHORTEST:
                yield joined


def _is_number(joined: str) -> bool:
    return _is_identity(joined) or _is_old_identity(joined) or _is_card(joined)


def _is_identity(joined: str) -> bool:
    if len(joined) != _IDENTITY or not joined[:-1].isdigit():
        return False
    total = sum(int(digit) * weight for digit, weight in zip(joined, _WEIGHTS, strict=False))
    return _CHECKS[total % 11] == joined[-1]


def _is_old_identity(joined: str) -> bool:
    if len(joined) != _OLD_IDENTITY or not joined.isdigit() or joined[0] not in "123456789":
        return False
    return 1 <= int(joined[8:10]) <= _MONTHS and 1 <= int(joined[10:12]) <= _DAYS


def _is_card(joined: str) -> bool:
    if not joined.isdigit() or joined[0] not in _CARD_FIRST:
        return False
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(joined))]
    return sum(sum(divmod(each, 10)) for each in doubled) % 10 == 0
