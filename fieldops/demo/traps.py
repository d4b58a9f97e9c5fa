"""The traps: cases the demo plants beside any folder, each of which must be caught.

They stand in buildings of the folder's own gazetteer, in flats nobody else has, and their debtors are invented.
"""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from fieldops.demo.sample import (
    CALL_HEADINGS,
    CASE_HEADINGS,
    REPAYMENT_HEADINGS,
    card_number,
    identity_number,
    write_workbook,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

BANK = "示范银行A"
PREFIX = "TRAP"
FLAT = "9单元9901室"


@dataclass(frozen=True, slots=True)
class Trap:
    """One planted case: what is special about it."""

    name: str
    balance_fen: int = 888_800
    called: bool = True
    appointment: str = ""

    @property
    def case_no(self) -> str:
        """Its number."""
        return f"{PREFIX}-{self.name.upper().replace('_', '-')}"


PAYS_AFTER_APPROVAL = Trap("pays_after_approval", 9_999_900, appointment="15:00-17:30")
NO_RECORDED_CALL = Trap("no_recorded_call", called=False)
JUST_BELOW = Trap("just_below", 499_999)
EXACTLY_ENOUGH = Trap("exactly_enough", 500_000)
IMPOSSIBLE_STOP = Trap("impossible_stop", appointment="20:45-21:00")
DEMOLISHED = Trap("demolished", 9_999_900, appointment="09:30-11:30")
LETTER_TWICE = Trap("letter_twice")
PLANTED = (
    PAYS_AFTER_APPROVAL, NO_RECORDED_CALL, JUST_BELOW, EXACTLY_ENOUGH, IMPOSSIBLE_STOP, DEMOLISHED, LETTER_TWICE,
)  # fmt: skip


def plant(folder: Path, sites: list[str], first_day: date) -> None:
    """Write the planted cases and their calls into ``folder``, at these buildings."""
    rng = random.Random(20261124)  # noqa: S311 - invented data, not a secret
    cases, calls = [], []
    for number, (trap, site) in enumerate(zip(PLANTED, _spread(sites, len(PLANTED)), strict=True)):
        owed, principal, least = (round(trap.balance_fen * share) / 100 for share in (1, 0.9, 0.1))
        cases.append([
            "WA-TRAP", trap.case_no, BANK, "信用卡", f"陷阱{'甲乙丙丁戊己庚辛'[number]}",
            identity_number(f"3101991980010{rng.randrange(1, 9)}{number:03d}"), f"1710000{number:04d}",
            card_number(f"622202{rng.randrange(10**12):012d}"), owed, principal, least,
            65, (first_day - timedelta(days=1)).isoformat(), (first_day - timedelta(days=20)).isoformat(),
            (first_day + timedelta(days=40)).isoformat(), f"{site}{FLAT}", "", "", trap.appointment, "",
        ])  # fmt: skip
        if trap.called:
            at = datetime.combine(first_day - timedelta(days=2), time(10, number))
            calls.append(
                [
                    trap.case_no,
                    f"{at:%Y-%m-%d %H:%M:%S}",
                    "呼出",
                    "本人",
                    "是",
                    60,
                    f"REC-TRAP-{number}",
                    "拒绝还款",
                    "",
                    "",
                ]
            )
    folder.mkdir(parents=True, exist_ok=True)
    write_workbook(folder / "trap-cases.xlsx", CASE_HEADINGS, cases)
    write_csv(folder / "trap-calls.csv", CALL_HEADINGS, calls)


def payment_file(folder: Path, paid_at: datetime) -> Path:
    """The repayment in full that comes while the crews are out."""
    amount = f"{PAYS_AFTER_APPROVAL.balance_fen / 100:.2f}"
    row = ["TRAP-PAY-1", PAYS_AFTER_APPROVAL.case_no, amount, f"{paid_at:%Y-%m-%d %H:%M:%S}", "手机银行"]
    return write_csv(folder / "trap-repayments.csv", REPAYMENT_HEADINGS, [row])


def write_csv(path: Path, headings: tuple[str, ...], rows: Sequence[Sequence[object]]) -> Path:
    """A csv file in UTF-8."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([headings, *rows])
    return path


def _spread(sites: list[str], count: int) -> list[str]:
    """Buildings taken evenly from the list, so that no two traps share one where there are enough."""
    return [sites[i * len(sites) // count] for i in range(count)]
