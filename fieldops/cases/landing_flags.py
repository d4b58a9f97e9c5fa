"""Rows of a flags file into special statuses, holds and complaints; what is new or changed is announced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import sqlalchemy as sa

from fieldops import audit, events
from fieldops.cases import complaints
from fieldops.cases.events import HoldOpened, SpecialStatusRecorded
from fieldops.cases.finding import FoundCase, find_cases
from fieldops.cases.rules import CLAIMED, COMPLAINT, FLAGS, HOLD, STATUS
from fieldops.clock import local_date
from fieldops.db import uuid7
from fieldops.imports.kinds import CheckedRow, Intake, Landed, Outcome, RowRefused
from fieldops.imports.landing import Table

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence
    from datetime import date


class _Key(NamedTuple):
    register: str
    case_id: uuid.UUID
    kind: str
    from_on: date


class _Flagged(NamedTuple):
    """A row of a register as it is to be written."""

    id: uuid.UUID
    debtor_id: uuid.UUID
    proof: str
    until_on: date | None


_STATUS: Final = Table(
    "special_status",
    ("id", "debtor_id", "case_id", "kind", "proof", "from_on", "until_on", "recorded_at", "lifted_at", "lifted_by"),
    key=("id",),
    update=("proof", "until_on", "lifted_at", "lifted_by"),
)
_HOLD: Final = Table(
    "hold",
    ("id", "case_id", "kind", "channels", "from_on", "until_on", "recorded_at", "released_at", "released_by"),
    key=("id",),
    update=("until_on", "released_at", "released_by"),
)
_COMPLAINT: Final = Table(
    "complaint",
    ("id", "case_id", "debtor_id", "grade", "received_on", "recorded_at", "source", "status", "due_at"),
    key=("id",),
)
_KNOWN = sa.text("""
    SELECT 'STATUS', case_id, kind, from_on, id, debtor_id, proof, until_on
    FROM special_status WHERE case_id = ANY(:cases)
    UNION ALL
    SELECT 'HOLD', case_id, kind, from_on, id, NULL, '', until_on FROM hold WHERE case_id = ANY(:cases)
    UNION ALL
    SELECT 'COMPLAINT', case_id, grade, received_on, id, debtor_id, '', NULL FROM complaint WHERE case_id = ANY(:cases)
""")
_CHANNELS: Final = "ALL"
_RECEIVED: Final = frozenset(flag for flag in FLAGS.values() if flag.register == COMPLAINT or flag.kind == "DISPUTE")


class FlagLander:
    """Lands flags: a case, a kind and the day it began are one flag; its proof and its end may change."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._session = intake.session
        self._news: list[object] = []
        self._complaints: list[uuid.UUID] = []

    def land(self, rows: Sequence[CheckedRow]) -> list[Landed]:
        """Land one chunk; see Lander."""
        cases = find_cases(self._intake, rows)
        known = self._known([case.id for case in cases if isinstance(case, FoundCase)])
        landing: dict[_Key, _Flagged] = {}
        at = self._intake.actor.at
        today = local_date(at)
        answers = [
            _to_come(row, today) or _decide(case, row, known, landing) for case, row in zip(cases, rows, strict=True)
        ]
        for register, write in ((STATUS, self._status), (HOLD, self._hold), (COMPLAINT, self._complaint)):
            write([(key, row) for key, row in landing.items() if key.register == register], at)
        return answers

    def finish(self) -> None:
        """Announce what is new or changed once all of it is on record."""
        events.announce_all(self._session, self._news)
        complaints.begin_landed(self._session, self._intake.actor, self._complaints)

    def _known(self, case_ids: list[uuid.UUID]) -> dict[_Key, _Flagged]:
        found = self._session.execute(_KNOWN, {"cases": case_ids}).all()
        return {_Key(*row[:4]): _Flagged(*row[4:]) for row in found}

    def _status(self, rows: list[tuple[_Key, _Flagged]], at: Any) -> None:
        """A status the bank speaks of again stands again, whoever had lifted it."""
        _STATUS.land(
            self._session,
            ((f.id, f.debtor_id, k.case_id, k.kind, f.proof, k.from_on, f.until_on, at, None, None) for k, f in rows),
        )
        self._write_down("cases.status", "special_status", rows)
        self._news.extend(
            SpecialStatusRecorded(f.id, k.case_id, f.debtor_id, k.kind, f.proof, self._intake.actor) for k, f in rows
        )

    def _hold(self, rows: list[tuple[_Key, _Flagged]], at: Any) -> None:
        """A hold the bank speaks of again stands again, whoever had released it."""
        _HOLD.land(
            self._session,
            ((f.id, k.case_id, k.kind, _CHANNELS, k.from_on, f.until_on, at, None, None) for k, f in rows),
        )
        self._write_down("cases.hold", "hold", rows)
        self._news.extend(HoldOpened(f.id, k.case_id, f.debtor_id, k.kind, self._intake.actor) for k, f in rows)

    def _complaint(self, rows: list[tuple[_Key, _Flagged]], at: Any) -> None:
        due_at = complaints.replies_due_at(self._session, {(key.case_id, key.from_on) for key, _ in rows}, at)
        _COMPLAINT.land(
            self._session,
            (
                (f.id, k.case_id, f.debtor_id, k.kind, k.from_on, at, "BANK", "OPEN", due_at[k.case_id, k.from_on])
                for k, f in rows
            ),
        )
        self._write_down("cases.complaint", "complaint", rows)
        self._complaints.extend(flagged.id for _, flagged in rows)

    def _write_down(self, action: str, entity: str, rows: list[tuple[_Key, _Flagged]]) -> None:
        acts = [audit.Act(action, entity, flagged.id, detail=_told(key, flagged)) for key, flagged in rows]
        audit.record_all(self._session, self._intake.actor, acts)


def _to_come(row: CheckedRow, today: date) -> RowRefused | None:
    """A complaint or a dispute was received, unlike a hold or a status that may begin later."""
    from_on = row.values["from_on"]
    if from_on <= today or row.values["flag"] not in _RECEIVED:
        return None
    return RowRefused("开始日期", "DAY_TO_COME", f"开始日期 {from_on} is still to come; check the year and the day")


def _decide(
    case: FoundCase | RowRefused, row: CheckedRow, known: dict[_Key, _Flagged], landing: dict[_Key, _Flagged]
) -> Landed:
    if isinstance(case, RowRefused):
        return case
    values = row.values
    until_on = values["until_on"]  # blank is no news: an end and a proof that are known stay
    if until_on is not None and until_on < values["from_on"]:
        return RowRefused("截止日期", "ENDS_BEFORE_IT_BEGINS", "截止日期 is before 开始日期; correct one of them")
    register, kind = values["flag"]
    key = _Key(register, case.id, kind, values["from_on"])
    before = known.get(key)
    until_on = until_on or (before.until_on if before else None)
    proof = (values["proof"] or (before.proof if before else CLAIMED)) if register == STATUS else ""
    if before is not None and (before.proof, before.until_on) == (proof, until_on if register != COMPLAINT else None):
        return Outcome.UNCHANGED
    landing[key] = known[key] = _Flagged(before.id if before else uuid7(), case.debtor_id, proof, until_on)
    return Outcome.CHANGED if before else Outcome.CREATED


def _told(key: _Key, flagged: _Flagged) -> dict[str, Any]:
    """What the audit log says of a flag."""
    until_on = {"until_on": flagged.until_on.isoformat()} if flagged.until_on else {}
    proof = {"proof": flagged.proof} if flagged.proof else {}
    return {"kind": key.kind, "from_on": key.from_on.isoformat(), **until_on, **proof}
