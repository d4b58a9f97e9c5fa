"""Which case a row of a register is about."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from fieldops.imports.kinds import CheckedRow, Intake, RowRefused

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence


class FoundCase(NamedTuple):
    """What a register needs to know of a case."""

    id: uuid.UUID
    bank_id: uuid.UUID
    debtor_id: uuid.UUID
    bank_name: str
    bank_code: str


_BY_NUMBER = sa.text("""
    SELECT c.case_no, c.id, c.bank_id, c.debtor_id, b.name, b.code
    FROM "case" c JOIN bank b ON b.id = c.bank_id WHERE c.case_no = ANY(:numbers)
""")


def find_cases(intake: Intake, rows: Sequence[CheckedRow]) -> list[FoundCase | RowRefused]:
    """The case of each row by 案件编号, and by 委托银行 or the bank of the file where two banks use one number."""
    found: dict[str, list[FoundCase]] = defaultdict(list)
    numbers = list({row.values["case_no"] for row in rows})
    for case_no, *case in intake.session.execute(_BY_NUMBER, {"numbers": numbers}).all():
        found[case_no].append(FoundCase._make(case))
    return [_the_one(found[row.values["case_no"]], row, row.values["bank"] or intake.bank_code) for row in rows]


def _the_one(cases: list[FoundCase], row: CheckedRow, bank: str | None) -> FoundCase | RowRefused:
    if bank is not None:
        cases = [case for case in cases if bank in {case.bank_name, case.bank_code}]
    if len(cases) == 1:
        return cases[0]
    case_no = row.values["case_no"]
    if not cases:
        of_bank = f" of {bank}" if bank else ""
        return RowRefused(
            "案件编号", "CASE_UNKNOWN", f"There is no case {case_no}{of_bank}; import its case file first"
        )
    return RowRefused("案件编号", "CASE_AMBIGUOUS", f"Two banks have a case {case_no}; add the column 委托银行")
