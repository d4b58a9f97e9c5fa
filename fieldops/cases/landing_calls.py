"""Rows of a call list into calls, and into promises where one was made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import sqlalchemy as sa

from fieldops.cases.finding import FoundCase, find_cases
from fieldops.contacts.service import Made, write_contacts
from fieldops.db import uuid7
from fieldops.imports.kinds import CheckedRow, Intake, Landed, Outcome, RowRefused
from fieldops.imports.landing import Table

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence
    from datetime import datetime

SOURCE: Final = "CALL"
"""``source_kind`` of a promise made in a call."""

_SAID: Final = ("connected", "duration_s", "recording_id", "result")
_CALL: Final = Table(
    "call_record",
    ("id", "case_id", "started_at", "outbound", "callee", *_SAID, "import_id", "recorded_at", "row_sha256"),
    key=("id",),
    update=("import_id", "row_sha256"),
    kept=_SAID,
)
_PROMISE: Final = Table(
    "promise",
    ("id", "case_id", "amount_fen", "due_on", "made_at", "source_kind", "source_id"),
    key=("source_kind", "source_id", "case_id"),
    update=("amount_fen", "due_on"),
)
_KNOWN = sa.text("""
    SELECT case_id, started_at, outbound, callee, id, row_sha256 FROM call_record
    JOIN unnest(
        CAST(:cases AS uuid[]), CAST(:starts AS timestamptz[]), CAST(:out AS boolean[]), CAST(:callees AS text[])
    ) AS given (case_id, started_at, outbound, callee) USING (case_id, started_at, outbound, callee)
""")
_NO_PROMISE = sa.text("DELETE FROM promise WHERE source_kind = :source AND source_id = ANY(:calls)")


class _CallKey(NamedTuple):
    case_id: uuid.UUID
    started_at: datetime
    outbound: bool
    callee: str


class CallLander:
    """Lands calls: one case, instant, direction and callee are one call; a recording may be told later."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._session = intake.session

    def land(self, rows: Sequence[CheckedRow]) -> list[Landed]:
        """Land one chunk; see Lander."""
        cases = find_cases(self._intake, rows)
        debtors = {case.id: case.debtor_id for case in cases if isinstance(case, FoundCase)}
        keys = [
            case if isinstance(case, RowRefused) else _key(case, row) for case, row in zip(cases, rows, strict=True)
        ]
        known = self._known([key for key in keys if isinstance(key, _CallKey)])
        landing: dict[_CallKey, tuple[uuid.UUID, CheckedRow]] = {}
        answers = [_decide(key, row, known, landing) for key, row in zip(keys, rows, strict=True)]
        at, import_id = self._intake.actor.at, self._intake.import_id
        _CALL.land(
            self._session,
            (
                (call_id, *key, *(row.values[name] for name in _SAID), import_id, at, row.fingerprint)
                for key, (call_id, row) in landing.items()
            ),
        )
        self._write_promises(landing, {call_id for call_id, _ in known.values()})
        write_contacts(
            self._session,
            [
                Made("CALL", debtors[key.case_id], key.started_at, call_id, key.case_id, row.values["connected"])
                for key, (call_id, row) in landing.items()
                if key.outbound
            ],
        )
        return answers

    def finish(self) -> None:
        """Nothing follows calls: rules ask for them when they decide."""

    def _known(self, keys: list[_CallKey]) -> dict[_CallKey, tuple[uuid.UUID, bytes]]:
        cases, starts, outbound, callees = zip(*keys, strict=True) if keys else ((), (), (), ())
        given = {"cases": list(cases), "starts": list(starts), "out": list(outbound), "callees": list(callees)}
        return {_CallKey(*key): (call_id, said) for *key, call_id, said in self._session.execute(_KNOWN, given).all()}

    def _write_promises(self, landing: dict[_CallKey, tuple[uuid.UUID, CheckedRow]], known: set[uuid.UUID]) -> None:
        """A promise needs its day; one that a changed row no longer tells of is taken back."""
        gone = [call_id for call_id, row in landing.values() if call_id in known and row.values["promise_on"] is None]
        if gone:
            self._session.execute(_NO_PROMISE, {"source": SOURCE, "calls": gone})
        made: list[tuple[Any, ...]] = [
            (uuid7(), key.case_id, row.values["promise_fen"], row.values["promise_on"], key.started_at, SOURCE, call_id)
            for key, (call_id, row) in landing.items()
            if row.values["promise_on"] is not None
        ]
        _PROMISE.land(self._session, made)


def _key(case: FoundCase, row: CheckedRow) -> _CallKey | RowRefused:
    values = row.values
    if values["promise_fen"] is not None and values["promise_on"] is None:
        return RowRefused(
            "承诺日期", "PROMISE_WITHOUT_DAY", "承诺日期 is blank though 承诺金额 is filled; fill in the day"
        )
    return _CallKey(case.id, values["started_at"], values["outbound"], values["callee"])


def _decide(
    key: _CallKey | RowRefused,
    row: CheckedRow,
    known: dict[_CallKey, tuple[uuid.UUID, bytes]],
    landing: dict[_CallKey, tuple[uuid.UUID, CheckedRow]],
) -> Landed:
    if isinstance(key, RowRefused):
        return key
    if key in landing:
        return RowRefused(
            "呼叫时间", "ROW_TWICE", "The bank is named in one row and not in the other; keep one of them"
        )
    call_id, said = known.get(key, (None, None))
    if said == row.fingerprint:
        return Outcome.UNCHANGED
    landing[key] = (call_id or uuid7(), row)
    return Outcome.CHANGED if call_id else Outcome.CREATED
