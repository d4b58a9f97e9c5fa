"""Reads of cases: one case, many cases, and the registers the rules ask, each in one statement."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from fieldops.cases.models import (
    Bank,
    CallRecord,
    Case,
    CaseAddress,
    CaseVersion,
    Complaint,
    Debtor,
    DoNotContact,
    Hold,
    Promise,
    Repayment,
    SpecialStatus,
)
from fieldops.cases.rules import (
    balance_after_repayments_fen as balance_after_repayments_fen,  # noqa: PLC0414 - features above ask it here
)
from fieldops.cases.states import IN_MANDATE
from fieldops.errors import NotFound, NotUnderstood

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Sequence
    from datetime import date

    from sqlalchemy.orm import InstrumentedAttribute, Session

Register = TypeVar(
    "Register",
    CallRecord, CaseAddress, CaseVersion, Complaint, DoNotContact, Hold, Promise, Repayment, SpecialStatus,
)  # fmt: skip


def case_by_id(session: Session, case_id: uuid.UUID) -> Case:
    """The case of that id. Raises: NotFound."""
    case = session.get(Case, case_id)
    if case is None:
        raise NotFound("CASE_UNKNOWN", f"There is no case {case_id}; look it up with GET /cases?case_no=.")
    return case


def case_by_no(session: Session, case_no: str, *, bank_code: str | None = None) -> Case:
    """The case of that number 案件编号.

    Raises: NotFound; NotUnderstood when two banks use the number and ``bank_code`` does not say which is meant.
    """
    query = sa.select(Case).where(Case.case_no == case_no)
    if bank_code is not None:
        query = query.join(Bank, Bank.id == Case.bank_id).where(Bank.code == bank_code)
    found = session.scalars(query.limit(2)).all()
    if not found:
        raise NotFound("CASE_UNKNOWN", f"There is no case {case_no}; import its case file first.")
    if len(found) > 1:
        raise NotUnderstood("CASE_AMBIGUOUS", f"Two banks have a case {case_no}; name the bank as well.")
    return found[0]


def cases_by_ids(session: Session, case_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Case]:
    """The cases of these ids that exist, by id."""
    return {case.id: case for case in session.scalars(sa.select(Case).where(_among(Case.id, case_ids)))}


def cases_of_debtors(session: Session, debtor_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[Case]]:
    """Every case of these debtors, by debtor and in the order of their numbers."""
    query = sa.select(Case).where(_among(Case.debtor_id, debtor_ids)).order_by(Case.case_no, Case.id)
    found: dict[uuid.UUID, list[Case]] = defaultdict(list)
    for case in session.scalars(query):
        found[case.debtor_id].append(case)
    return found


def cases_in_order(session: Session, *, after: uuid.UUID | None = None, limit: int = 1000) -> Sequence[Case]:
    """The next cases in the order of their ids, whatever their state: to walk through all of them by keyset."""
    query = sa.select(Case).order_by(Case.id).limit(limit)
    return session.scalars(query if after is None else query.where(Case.id > after)).all()


def lock_cases(session: Session, case_ids: Iterable[uuid.UUID]) -> list[Case]:
    """These cases, locked for change in the order of their ids."""
    query = sa.select(Case).where(_among(Case.id, case_ids)).order_by(Case.id).with_for_update()
    return list(session.scalars(query.execution_options(populate_existing=True)))


def lock_case(session: Session, case_id: uuid.UUID) -> Case:
    """The case of that id, locked for change. Raises: NotFound."""
    case_by_id(session, case_id)
    return lock_cases(session, [case_id])[0]


def lock_row(session: Session, register: type[Register], case_id: uuid.UUID, row_id: uuid.UUID) -> Register:
    """One row of a register of a case, locked for change. Raises: NotFound, also for a row of another case."""
    row: Register | None = session.get(register, row_id, with_for_update=True, populate_existing=True)
    if row is None or row.case_id != case_id:
        name = register.__tablename__
        raise NotFound(
            f"{name.upper()}_UNKNOWN", f"Case {case_id} has no {name} {row_id}; GET /cases/{{id}} lists them."
        )
    return row


def cases_past_their_end(session: Session, today: date, *, limit: int) -> list[uuid.UUID]:
    """Cases in mandate whose last day, extended or not, is over."""
    last_on = sa.func.greatest(Case.expiry_on, Case.extension_until)
    query = sa.select(Case.id).where(Case.status.in_(IN_MANDATE), last_on < today)
    return list(session.scalars(query.order_by(Case.id).limit(limit)))


def debtors_by_ids(session: Session, debtor_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Debtor]:
    """The debtors of these ids, by id."""
    return {debtor.id: debtor for debtor in session.scalars(sa.select(Debtor).where(_among(Debtor.id, debtor_ids)))}


def banks_by_ids(session: Session, bank_ids: Iterable[uuid.UUID] | None = None) -> dict[uuid.UUID, Bank]:
    """The banks of these ids, by id; all banks without ids."""
    query = sa.select(Bank) if bank_ids is None else sa.select(Bank).where(_among(Bank.id, bank_ids))
    return {bank.id: bank for bank in session.scalars(query)}


def calls_by_case(session: Session, case_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[CallRecord]]:
    """Calls 电催记录 by case, oldest first."""
    return _by_case(session, CallRecord, case_ids, CallRecord.started_at)


def promises_by_case(session: Session, case_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[Promise]]:
    """Promises to pay 承诺 by case, oldest first."""
    return _by_case(session, Promise, case_ids, Promise.made_at)


def repayments_by_case(session: Session, case_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[Repayment]]:
    """Repayments 还款 that stand by case, oldest first; reversed ones are left out."""
    found = every_repayment_by_case(session, case_ids)
    standing: dict[uuid.UUID, list[Repayment]] = defaultdict(list)
    standing.update({case: [row for row in rows if row.reversed_at is None] for case, rows in found.items()})
    return standing


def every_repayment_by_case(session: Session, case_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[Repayment]]:
    """Repayments 还款 by case, oldest first, reversed ones 冲正 included."""
    return _by_case(session, Repayment, case_ids, Repayment.paid_at)


def holds_by_case(session: Session, case_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[Hold]]:
    """Holds 停催 by case, oldest first, released and ended ones included."""
    return _by_case(session, Hold, case_ids, Hold.from_on)


def complaints_by_debtor(session: Session, debtor_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[Complaint]]:
    """Complaints 投诉 by debtor, whichever case they came with, closed ones included."""
    return _by(session, Complaint, Complaint.debtor_id, debtor_ids, Complaint.received_on)


def special_statuses_by_debtor(
    session: Session, debtor_ids: Iterable[uuid.UUID]
) -> dict[uuid.UUID, list[SpecialStatus]]:
    """Special statuses 特殊状态 by debtor, whichever case they came with, ended ones included."""
    return _by(session, SpecialStatus, SpecialStatus.debtor_id, debtor_ids, SpecialStatus.from_on)


def complaints_page(
    session: Session, *, status: str | None, grade: str | None, after: uuid.UUID | None, limit: int
) -> list[Complaint]:
    """Up to ``limit + 1`` complaints in the order they came in."""
    query = sa.select(Complaint).order_by(Complaint.id).limit(limit + 1)
    for column, value in ((Complaint.status, status), (Complaint.grade, grade)):
        if value is not None:
            query = query.where(column == value)
    return list(session.scalars(query if after is None else query.where(Complaint.id > after)))


def complaints_by_ids(session: Session, complaint_ids: Iterable[uuid.UUID]) -> list[Complaint]:
    """These complaints, in the order they came in."""
    return list(session.scalars(sa.select(Complaint).where(_among(Complaint.id, complaint_ids)).order_by(Complaint.id)))


def check_agent(session: Session, agent_id: uuid.UUID) -> None:
    """Raises: NotFound when there is no such agent. Agents are a neighbour: only the key of the table is looked at."""
    agent = sa.table("agent", sa.column("id", sa.Uuid))
    if session.scalar(sa.select(agent.c.id).where(agent.c.id == agent_id)) is None:
        raise NotFound("AGENT_UNKNOWN", f"There is no agent {agent_id}; list them with GET /agents.")


def complained_of(session: Session, debtor_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, dict[uuid.UUID, str]]:
    """By debtor, the agents their complaints name, open or upheld, each with the complaint's grade."""
    found: dict[uuid.UUID, dict[uuid.UUID, str]] = defaultdict(dict)
    for debtor_id, complaints in complaints_by_debtor(session, debtor_ids).items():
        for each in complaints:
            if each.agent_ids and (each.closed_at is None or each.upheld):
                found[debtor_id].update(dict.fromkeys(each.agent_ids, each.grade))
    return found


def third_parties_by_debtor(session: Session, debtor_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[DoNotContact]]:
    """Third parties who asked not to be contacted 不再联系名单, by debtor, lifted entries included."""
    return _by(session, DoNotContact, DoNotContact.debtor_id, debtor_ids, DoNotContact.recorded_at)


def not_to_be_contacted(
    session: Session, places: Iterable[tuple[uuid.UUID, uuid.UUID]]
) -> dict[tuple[uuid.UUID, uuid.UUID], list[str]]:
    """By debtor and address, the relations of those who asked not to be contacted there, or anywhere."""
    wanted = list(places)
    entries = third_parties_by_debtor(session, {debtor_id for debtor_id, _ in wanted})
    return {
        (debtor_id, address_id): sorted(
            {
                each.relation
                for each in entries.get(debtor_id, ())
                if each.lifted_at is None and each.address_id in (None, address_id)
            }
        )
        for debtor_id, address_id in wanted
    }


def call_by_id(session: Session, call_id: uuid.UUID) -> CallRecord:
    """The call of that id. Raises: NotFound."""
    call = session.get(CallRecord, call_id)
    if call is None:
        raise NotFound("CALL_UNKNOWN", f"There is no call {call_id}; a case lists its calls.")
    return call


def addresses_by_case(session: Session, case_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[CaseAddress]]:
    """Which address each case file gives as what."""
    return _by_case(session, CaseAddress, case_ids, CaseAddress.kind)


def versions_of(session: Session, case_id: uuid.UUID) -> list[CaseVersion]:
    """The rows the bank has sent for a case, newest first."""
    query = sa.select(CaseVersion).where(CaseVersion.case_id == case_id).order_by(CaseVersion.version.desc())
    return list(session.scalars(query))


def cases_page(
    session: Session, *, case_no: str | None = None, status: str | None = None, after: uuid.UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Up to ``limit + 1`` masked cases after ``after`` (the extra one says that there are more); prefix of a number."""
    query = _masked_cases().order_by(Case.id).limit(limit + 1)
    if case_no:
        query = query.where(Case.case_no.startswith(case_no, autoescape=True))
    if status:
        query = query.where(Case.status == status)
    if after is not None:
        query = query.where(Case.id > after)
    return [dict(row) for row in session.execute(query).mappings()]


def masked_case(session: Session, case_id: uuid.UUID) -> dict[str, Any]:
    """One case as a person may see it. Raises: NotFound."""
    row = session.execute(_masked_cases().where(Case.id == case_id)).mappings().first()
    if row is None:
        raise NotFound("CASE_UNKNOWN", f"There is no case {case_id}; look it up with GET /cases?case_no=.")
    return dict(row)


def _masked_cases() -> sa.Select[Any]:
    """Cases without any sealed column: what is not selected cannot leak."""
    columns = (
        "id", "debtor_id", "batch_no", "case_no", "product", "status", "card_last4", "balance_fen", "principal_fen",
        "min_due_fen", "overdue_days", "balance_as_of", "entrusted_on", "expiry_on", "extension_until",
        "extension_asked_until", "appointment", "employer", "remark", "version",
    )  # fmt: skip
    return (
        sa.select(
            *(getattr(Case, name) for name in columns),
            Bank.code.label("bank_code"),
            Bank.name.label("bank_name"),
            Debtor.name.label("debtor_name"),
            Debtor.id_no_last4,
        )
        .join(Bank, Bank.id == Case.bank_id)
        .join(Debtor, Debtor.id == Case.debtor_id)
    )


def _by_case(
    session: Session, register: type[Register], case_ids: Iterable[uuid.UUID], order: InstrumentedAttribute[Any]
) -> dict[uuid.UUID, list[Register]]:
    return _by(session, register, register.case_id, case_ids, order)


def _by(
    session: Session,
    register: type[Register],
    owner: InstrumentedAttribute[uuid.UUID],
    owner_ids: Iterable[uuid.UUID],
    order: InstrumentedAttribute[Any],
) -> dict[uuid.UUID, list[Register]]:
    """Rows of a register by their owner; an owner without rows reads as an empty list."""
    found: dict[uuid.UUID, list[Register]] = defaultdict(list)
    tie = sa.inspect(register).primary_key
    for row in session.scalars(sa.select(register).where(_among(owner, owner_ids)).order_by(order, *tie)):
        found[getattr(row, owner.key)].append(row)
    return found


def _among(column: InstrumentedAttribute[uuid.UUID], ids: Iterable[uuid.UUID]) -> sa.ColumnElement[bool]:
    """``column = ANY(ids)``: one parameter however many ids, so that one statement serves thousands."""
    return column == sa.any_(sa.bindparam(None, list(ids), sa.ARRAY(sa.Uuid)))
