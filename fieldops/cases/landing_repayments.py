"""Rows of a repayment list into repayments; each new one is announced, and each one the bank took back 冲正."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from fieldops import audit, events
from fieldops.cases import service
from fieldops.cases.events import RepaymentReceived
from fieldops.cases.finding import FoundCase, find_cases
from fieldops.clock import local_date
from fieldops.db import uuid7
from fieldops.imports.kinds import CheckedRow, Intake, Landed, Outcome, RowRefused
from fieldops.imports.landing import Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

_SAID: Final = ("amount_fen", "paid_at", "channel")
_REPAYMENT: Final = Table(
    "repayment",
    ("id", "bank_id", "external_id", "case_id", *_SAID, "recorded_at"),
    key=("id",),
)
_KNOWN = sa.text("""
    SELECT bank_id, external_id, case_id, amount_fen, paid_at, channel FROM repayment
    JOIN unnest(CAST(:banks AS uuid[]), CAST(:numbers AS text[])) AS given (bank_id, external_id)
      USING (bank_id, external_id)
""")

_TO_TAKE_BACK = sa.text("""
    SELECT id, case_id, amount_fen, reversed_at FROM repayment
    WHERE bank_id = :bank AND external_id = :number FOR UPDATE
""")
TAKEN_BACK: Final = "the bank's file 银行文件冲正"

_Key = tuple[uuid.UUID, str]
_Said = tuple[Any, ...]


class RepaymentLander:
    """Lands repayments: a bank's serial number 流水号 is one payment, and what was said of it stays said.

    A row marked 冲正 takes the payment of its serial number back, one of this file or an earlier one.
    """

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._session = intake.session
        self._new: list[RepaymentReceived] = []
        self._taken_back: dict[uuid.UUID, uuid.UUID] = {}

    def land(self, rows: Sequence[CheckedRow]) -> list[Landed]:
        """Land one chunk; see Lander."""
        today = local_date(self._intake.actor.at)
        found = find_cases(self._intake, rows)
        cases = [_to_come(row, today) or case for case, row in zip(found, rows, strict=True)]
        said = self._known(
            [
                (case.bank_id, row.values["external_id"])
                for case, row in zip(cases, rows, strict=True)
                if isinstance(case, FoundCase)
            ]
        )
        answers: list[Landed] = []
        landed: list[tuple[uuid.UUID, FoundCase, CheckedRow]] = []
        for case, row in zip(cases, rows, strict=True):
            if isinstance(case, RowRefused) or row.values["reversed"]:
                answers.append(case if isinstance(case, RowRefused) else Outcome.UNCHANGED)
                continue
            answers.append(_decide(case, row, said))
            if answers[-1] is Outcome.CREATED:
                landed.append((uuid7(), case, row))
        self._write(landed)
        for place, (case, row) in enumerate(zip(cases, rows, strict=True)):
            if isinstance(case, FoundCase) and row.values["reversed"]:
                answers[place] = self._take_back(case, row)
        return answers

    def finish(self) -> None:
        """Announce what is new once all of it is on record, as one piece of news, and then what was taken back."""
        events.announce_all(self._session, self._new)
        for repayment_id, case_id in self._taken_back.items():
            service.reverse_repayment(
                self._session, self._intake.actor, case_id=case_id, repayment_id=repayment_id, reason=TAKEN_BACK
            )

    def _take_back(self, case: FoundCase, row: CheckedRow) -> Landed:
        """What becomes of a row that takes a payment back; it is locked until the file has landed."""
        number = row.values["external_id"]
        known = self._session.execute(_TO_TAKE_BACK, {"bank": case.bank_id, "number": number}).first()
        if known is None:
            reason = f"流水号 {number} is no repayment on record; import the payment before its reversal"
            return RowRefused("流水号", "REPAYMENT_UNKNOWN", reason)
        if (known.case_id, known.amount_fen) != (case.id, row.values["amount_fen"]):
            reason = f"流水号 {number} is on record for another case or amount; a reversal takes back a whole payment"
            return RowRefused("流水号", "SERIAL_REUSED", reason)
        if known.reversed_at is not None or known.id in self._taken_back:
            return Outcome.UNCHANGED
        self._taken_back[known.id] = case.id
        return Outcome.CHANGED

    def _write(self, landed: list[tuple[uuid.UUID, FoundCase, CheckedRow]]) -> None:
        _REPAYMENT.land(
            self._session,
            (
                (
                    repayment_id,
                    case.bank_id,
                    row.values["external_id"],
                    case.id,
                    *(row.values[name] for name in _SAID),
                    self._intake.actor.at,
                )
                for repayment_id, case, row in landed
            ),
        )
        acts = [
            audit.Act("cases.repayment", "repayment", repayment_id, detail={"amount_fen": row.values["amount_fen"]})
            for repayment_id, _, row in landed
        ]
        audit.record_all(self._session, self._intake.actor, acts)
        self._new.extend(
            RepaymentReceived(repayment_id, case.id, case.debtor_id, self._intake.actor)
            for repayment_id, case, _ in landed
        )

    def _known(self, keys: list[_Key]) -> dict[_Key, _Said]:
        given = {"banks": [bank_id for bank_id, _ in keys], "numbers": [number for _, number in keys]}
        return {(bank_id, number): tuple(said) for bank_id, number, *said in self._session.execute(_KNOWN, given).all()}


def _to_come(row: CheckedRow, today: date) -> RowRefused | None:
    """Money of a day to come would be taken off every balance the bank sends until then."""
    paid_on = local_date(row.values["paid_at"])
    if paid_on <= today:
        return None
    return RowRefused("还款时间", "DAY_TO_COME", f"还款时间 {paid_on} is still to come; check the year and the day")


def _decide(case: FoundCase, row: CheckedRow, said: dict[_Key, _Said]) -> Landed:
    mine = (case.id, *(row.values[name] for name in _SAID))
    before = said.setdefault((case.bank_id, row.values["external_id"]), mine)
    if before is mine:
        return Outcome.CREATED
    if before == mine:
        return Outcome.UNCHANGED
    reason = (
        f"流水号 {row.values['external_id']} is on record with another content; give the new payment its own number"
    )
    return RowRefused("流水号", "SERIAL_REUSED", reason)
