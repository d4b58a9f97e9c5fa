"""The grade of an address on its report card 地址评级: A to E, the first row of the table that fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

SIGNED_BY_HOUSEHOLD: Final = frozenset({"SELF", "FAMILY"})
"""Who must have signed for a letter for it to speak for the address."""


@dataclass(frozen=True, slots=True)
class AddressRecord:
    """What is known of one address: its verdict (None unjudged), its state, and what calls and mail have shown."""

    verdict: str | None
    register_state: str
    letters_blocked: bool = False
    phone_confirmed: bool = False
    mail_taken: bool = False


@dataclass(frozen=True, slots=True)
class AddressGrade:
    """One grade with what it says in both languages."""

    grade: str
    meaning_zh: str
    meaning_en: str
    holds: Callable[[AddressRecord], bool]


def grade_of(record: AddressRecord) -> AddressGrade:
    """Give the grade of an address.

    >>> grade_of(AddressRecord("VALID", "INVALID", phone_confirmed=True)).grade
    'E'
    """
    return next(row for row in GRADES if row.holds(record))


GRADES: Final = (
    AddressGrade("E", "已证实无效，禁止外访和寄信", "Proved dead: no visit, no letter",
                 lambda r: r.register_state == "INVALID"),
    AddressGrade("D", "存疑：退信、空置或多次无人", "In doubt: returned mail, vacant, or nobody there again and again",
                 lambda r: r.letters_blocked or r.register_state == "DOUBTFUL"),
    AddressGrade("D", "地址本身未通过判定", "The address itself is not well-formed or not permitted",
                 lambda r: r.verdict != "VALID"),
    AddressGrade("A", "外访已证实", "Confirmed at the door",
                 lambda r: r.register_state == "VALID"),
    AddressGrade("B", "电话确认，或本人、家人已签收挂号信", "Confirmed in a call, or mail signed for by the household",
                 lambda r: r.phone_confirmed or r.mail_taken),
    AddressGrade("C", "格式完整，尚未核实", "Well-formed, not verified yet", lambda _: True),
)  # fmt: skip
"""Bad news first: a call does not outweigh what was seen at the door or came back by post."""
