"""Rows of a case file into banks, debtors, cases, their versions and their addresses, thousands at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
import sqlalchemy as sa

from fieldops import audit, events
from fieldops.addresses.intake import BANK_SOURCE, defer_judging, record_addresses
from fieldops.cases.events import CaseChanged, DebtorCorrected
from fieldops.cases.landing_banks import BankBook
from fieldops.cases.landing_corrections import follow_cases, take_from_another
from fieldops.cases.landing_debtors import DebtorBook, GivenDebtor
from fieldops.cases.states import ACTIVE, steps_between
from fieldops.db import uuid7
from fieldops.house import house_of
from fieldops.imports.kinds import CheckedRow, Intake, Landed, Outcome, RowRefused
from fieldops.imports.landing import Table
from fieldops.vault import mask_card

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence
    from datetime import date

    from fieldops.cases.models import Bank
    from fieldops.cases.states import Step

ADDRESS_KINDS: Final = {"home": "HOME", "hukou": "HUKOU"}
"""A bare company name (单位名称) makes no address. Source: addresses.md."""

_TAKEN: Final = ("batch_no", "product", "balance_fen", "principal_fen", "min_due_fen", "overdue_days", "entrusted_on")
_WHERE_FILLED: Final = ("appointment", "employer", "remark")
"""What a blank cell says nothing new about. An address, a telephone and a state are kept so as well."""
_SEALED: Final = ("card_no_sealed", "card_no_index", "card_last4")
_CASE: Final = Table(
    "case",
    (
        "id", "bank_id", "case_no", "created_at", "debtor_id", "status", "expiry_on", "balance_as_of", *_TAKEN,
        *_WHERE_FILLED, *_SEALED, "row_sha256", "version",
    ),
    key=("id",),
    update=("debtor_id", "status", "expiry_on", "balance_as_of", *_TAKEN, *_SEALED, "row_sha256", "version"),
    kept=_WHERE_FILLED,
)  # fmt: skip
_VERSION: Final = Table(
    "case_version",
    ("case_id", "version", "import_id", "row_no", "recorded_at", "fields"),
    key=("case_id", "version"),
)
_CASE_ADDRESS: Final = Table("case_address", ("case_id", "kind", "address_id"), key=("case_id", "kind", "address_id"))
_KNOWN_CASES = sa.text("""
    SELECT c.bank_id, c.case_no, c.id, c.debtor_id, c.status, c.balance_fen, c.balance_as_of, c.expiry_on, c.row_sha256,
        c.version
    FROM "case" c
    JOIN unnest(CAST(:banks AS uuid[]), CAST(:numbers AS text[])) AS given (bank_id, case_no) USING (bank_id, case_no)
""")
_LOCKED_CASES = sa.text("""
    SELECT bank_id, case_no, id, debtor_id, status, balance_fen, balance_as_of, expiry_on, row_sha256, version
    FROM "case" WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE
""")
_GIVEN_ANEW = sa.text("""
    DELETE FROM case_address link
    USING address a, unnest(CAST(:cases AS uuid[]), CAST(:kinds AS text[])) AS given (case_id, kind)
    WHERE link.case_id = given.case_id AND link.kind = given.kind AND a.id = link.address_id AND a.source = :source
""")
_CaseKey = tuple["uuid.UUID", str]


class _KnownCase(NamedTuple):
    bank_id: uuid.UUID
    case_no: str
    id: uuid.UUID
    debtor_id: uuid.UUID
    status: str
    balance_fen: int
    balance_as_of: Any
    expiry_on: Any
    row_sha256: bytes
    version: int


class _Row(NamedTuple):
    """A row that is to land, with the ids it will have."""

    sent: CheckedRow
    bank_id: uuid.UUID
    debtor: GivenDebtor
    case_id: uuid.UUID
    status: str
    expiry_on: date | None
    balance_as_of: date | None
    version: int


class CaseLander:
    """Lands case rows; a row that is there and says the same is left alone, one that differs is a new version."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._session = intake.session
        self._vault = house_of(intake.session).vault
        self._banks = BankBook(intake)
        self._landed_any = False
        self._stepped: list[tuple[uuid.UUID, str, tuple[Step, ...]]] = []

    def land(self, rows: Sequence[CheckedRow]) -> list[Landed]:
        """Land one chunk; see Lander."""
        banks = [self._banks.bank_of(row) for row in rows]
        known = self._known_cases(rows, [bank.id if bank else None for bank in banks])
        debtors = DebtorBook(self._intake, rows)
        landing: dict[_CaseKey, _Row] = {}
        answers = [self._decide(row, bank, known, debtors, landing) for row, bank in zip(rows, banks, strict=True)]
        changed = [(known[key], row) for key, row in landing.items() if key in known]
        debtors.write(row.debtor for row in landing.values())
        corrected = [(case, row) for case, row in changed if case.debtor_id != row.debtor.id]
        self._write(list(landing.values()), [case.id for case, _ in corrected])
        self._write_steps()
        self._correct_debtors(corrected)
        self._announce(changed)
        return answers

    def _decide(
        self,
        row: CheckedRow,
        bank: Bank | None,
        known: dict[_CaseKey, _KnownCase],
        debtors: DebtorBook,
        landing: dict[_CaseKey, _Row],
    ) -> Landed:
        """What becomes of one row; one that is to be written is put into ``landing``."""
        if bank is None:
            return RowRefused("委托银行", "BANK_BLANK", "委托银行 is blank; fill it in, or import with a bank code")
        key = (bank.id, row.values["case_no"])
        case = known.get(key)
        if key in landing:
            return RowRefused(
                "案件编号", "ROW_TWICE", "The bank is named by its name and by its code; keep one of the rows"
            )
        if case is not None and case.row_sha256 == row.fingerprint:
            return Outcome.UNCHANGED
        steps = steps_between(case.status, row.values["status"] or case.status) if case else ()
        if case is not None and steps is None:
            return RowRefused(
                "案件状态", "CASE_STATE", f"A case that is {case.status} cannot be {row.values['status']} again; "
                "send a new case number, or leave 案件状态 blank",
            )  # fmt: skip
        debtor = debtors.debtor_of(row, case.debtor_id if case else None)
        if isinstance(debtor, RowRefused):
            return debtor
        if case is not None and steps:
            self._stepped.append((case.id, case.status, steps))
        ends_on = self._banks.expiry_on(row, bank, case.expiry_on if case else None)
        landing[key] = _row_to_land(row, bank.id, case, debtor, steps or (), ends_on)
        return Outcome.CREATED if case is None else Outcome.CHANGED

    def finish(self) -> None:
        """Let a job judge the addresses that came in."""
        if self._landed_any:
            defer_judging(self._session)

    def _known_cases(
        self, rows: Sequence[CheckedRow], bank_ids: Sequence[uuid.UUID | None]
    ) -> dict[_CaseKey, _KnownCase]:
        """The cases of this chunk that are on record; the ones to be changed are locked."""
        said = {(bank, row.values["case_no"]): row.fingerprint for bank, row in zip(bank_ids, rows, strict=True)}
        given = {"banks": [bank for bank, _ in said], "numbers": [number for _, number in said]}
        known = {
            (case.bank_id, case.case_no): case
            for case in map(_KnownCase._make, self._session.execute(_KNOWN_CASES, given).all())
        }
        differing = [case.id for key, case in known.items() if case.row_sha256 != said[key]]
        if differing:
            locked = self._session.execute(_LOCKED_CASES, {"ids": differing}).all()
            known.update(((case.bank_id, case.case_no), case) for case in map(_KnownCase._make, locked))
        return known

    def _write(self, rows: Sequence[_Row], corrected: Sequence[uuid.UUID]) -> None:
        if not rows:
            return
        self._landed_any = True
        _CASE.land(self._session, map(self._case_record, rows))
        _VERSION.land(self._session, map(self._version_record, rows))
        self._write_addresses(rows, corrected)

    def _write_addresses(self, rows: Sequence[_Row], corrected: Sequence[uuid.UUID]) -> None:
        """Give cases the addresses of their rows; what a bank gave of another person is nobody's any longer."""
        take_from_another(self._session, corrected)
        links = [
            (row.case_id, kind, (row.debtor.id, row.sent.values[name]))
            for row in rows
            for name, kind in ADDRESS_KINDS.items()
            if row.sent.values[name]
        ]
        known = {row.case_id for row in rows if row.version > 1}
        before = [(case_id, kind) for case_id, kind, _ in links if case_id in known]
        if before:
            cases, kinds = zip(*before, strict=True)
            anew = {"cases": list(cases), "kinds": list(kinds), "source": BANK_SOURCE}
            self._session.execute(_GIVEN_ANEW, anew)
        new = {row.debtor.id for row in rows if row.debtor.new}
        given = (address for _, _, address in links)
        ids = record_addresses(self._session, self._intake.actor, given, new_debtors=new)
        _CASE_ADDRESS.land(self._session, ((case_id, kind, ids[address]) for case_id, kind, address in links))

    def _case_record(self, row: _Row) -> tuple[Any, ...]:
        values = row.sent.values
        card_no = values["card_no"]
        return (
            row.case_id,
            row.bank_id,
            values["case_no"],
            self._intake.actor.at,
            row.debtor.id,
            row.status,
            row.expiry_on,
            row.balance_as_of,
            *(values[name] for name in (*_TAKEN, *_WHERE_FILLED)),
            self._vault.seal(card_no, row=row.case_id, column="card_no"),
            self._vault.index(card_no, kind="card_no"),
            card_no[-4:],
            row.sent.fingerprint,
            row.version,
        )

    def _version_record(self, row: _Row) -> tuple[Any, ...]:
        told = masked_fields(row.sent.values)
        return (
            row.case_id,
            row.version,
            self._intake.import_id,
            row.sent.row_no,
            self._intake.actor.at,
            orjson.dumps(told).decode(),
        )

    def _write_steps(self) -> None:
        """Write down every step of a case that the bank's word has taken, as the endpoint does."""
        for case_id, was, steps in self._stepped:
            state = was
            for step in steps:
                following = step.to or ACTIVE
                told = {"was": state, "status": following, "import_id": str(self._intake.import_id)}
                audit.record(
                    self._session, self._intake.actor, f"cases.{step.code.lower()}", "case", case_id,
                    reason="the bank's file 银行文件", **told,
                )  # fmt: skip
                state = following
        self._stepped.clear()

    def _correct_debtors(self, corrected: Sequence[tuple[_KnownCase, _Row]]) -> None:
        """Let what came with a case follow it to the right person, and announce that first: figures come after."""
        if not corrected:
            return
        actor = self._intake.actor
        persons = [(case.id, {"was": str(case.debtor_id), "is": str(row.debtor.id)}) for case, row in corrected]
        acts = [audit.Act("cases.correct_debtor", "case", case_id, detail=told) for case_id, told in persons]
        audit.record_all(self._session, actor, acts)
        follow_cases(self._session, actor, [case.id for case, _ in corrected])
        if not self._intake.dry_run:
            events.announce_all(
                self._session,
                [DebtorCorrected(case.id, case.debtor_id, row.debtor.id, actor) for case, row in corrected],
            )

    def _announce(self, changed: Sequence[tuple[_KnownCase, _Row]]) -> None:
        if self._intake.dry_run:
            return
        events.announce_all(self._session, (self._change(case, row) for case, row in changed if _matters(case, row)))

    def _change(self, case: _KnownCase, row: _Row) -> CaseChanged:
        return CaseChanged(
            case_id=case.id,
            debtor_id=row.debtor.id,
            status_before=case.status,
            status=row.status,
            balance_before_fen=case.balance_fen,
            balance_fen=row.sent.values["balance_fen"],
            actor=self._intake.actor,
        )


def _matters(case: _KnownCase, row: _Row) -> bool:
    """Whether a new row says something that visits and letters stand on."""
    values = row.sent.values
    before = (case.status, case.balance_fen, case.balance_as_of, case.expiry_on)
    return before != (row.status, values["balance_fen"], row.balance_as_of, row.expiry_on)


def masked_fields(values: dict[str, Any]) -> dict[str, Any]:
    """What a bank's row says, without a whole card, identity or telephone number."""
    told = {name: value for name, value in values.items() if value is not None}
    told["id_no"] = f"**** {values['id_no'][-4:]}"
    told["card_no"] = mask_card(values["card_no"])
    if values["phone"]:
        told["phone"] = f"**** {values['phone'][-4:]}"
    return told


def _row_to_land(
    row: CheckedRow,
    bank_id: uuid.UUID,
    case: _KnownCase | None,
    debtor: GivenDebtor,
    steps: Sequence[Step],
    expiry_on: date | None,
) -> _Row:
    """A new case is in collection (在催) unless the row says otherwise; a known one is where its steps have led.

    A balance without a day is of the day that is known, as long as it is the same; nobody knows the day of another one.
    """
    as_of = row.values["balance_as_of"]
    if case is None:
        return _Row(row, bank_id, debtor, uuid7(), row.values["status"] or ACTIVE, expiry_on, as_of, 1)
    if as_of is None and row.values["balance_fen"] == case.balance_fen:
        as_of = case.balance_as_of
    status = steps[-1].to or ACTIVE if steps else case.status
    return _Row(row, bank_id, debtor, case.id, status, expiry_on, as_of, case.version + 1)
