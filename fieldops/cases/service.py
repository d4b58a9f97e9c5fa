"""Events of a case recorded by hand, one at a time, and cases as people may see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from fieldops import audit, events
from fieldops.cases import queries
from fieldops.cases.events import ComplaintOpened, HoldOpened, RepaymentReceived, SpecialStatusRecorded
from fieldops.cases.models import Case, Complaint, Hold, Promise, Repayment, SpecialStatus
from fieldops.cases.rules import PROOF_ORDER
from fieldops.db import uuid7
from fieldops.errors import NotNow, NotUnderstood

if TYPE_CHECKING:
    import uuid
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor

Register = TypeVar("Register", Complaint, Hold, Promise, Repayment, SpecialStatus)


def record_repayment(
    session: Session,
    actor: Actor,
    *,
    case_id: uuid.UUID,
    external_id: str,
    amount_fen: int,
    paid_at: datetime,
    channel: str,
) -> Repayment:
    """Record money the bank has received, and announce it; the same slip twice is one repayment.

    Raises: NotFound; NotNow when the bank's serial number is on record with other content.
    """
    case = queries.case_by_id(session, case_id)
    key = {"bank_id": case.bank_id, "external_id": external_id}
    told = {"case_id": case_id, "amount_fen": amount_fen, "paid_at": paid_at, "channel": channel}
    repayment, fresh = _add_once(session, Repayment, key, {**told, "recorded_at": actor.at})
    if not fresh:
        if any(getattr(repayment, name) != value for name, value in told.items()):
            detail = f"The serial number {external_id} is on record with other content; check the slip."
            raise NotNow("SERIAL_REUSED", detail)
        return repayment
    audit.record(session, actor, "cases.repayment", "repayment", repayment.id, amount_fen=amount_fen)
    events.announce(session, RepaymentReceived(repayment.id, case_id, case.debtor_id, actor))
    return repayment


def record_promise(
    session: Session,
    actor: Actor,
    *,
    case_id: uuid.UUID,
    amount_fen: int | None,
    due_on: date,
    source_kind: str,
    source_id: uuid.UUID,
) -> Promise:
    """Record a promise to pay 承诺; the same source tells of one promise per case, and may correct it."""
    queries.case_by_id(session, case_id)
    key = {"source_kind": source_kind, "source_id": source_id, "case_id": case_id}
    told = {"amount_fen": amount_fen, "due_on": due_on}
    promise, fresh = _add_once(session, Promise, key, {**told, "made_at": actor.at})
    if not fresh and not _change(promise, **told):
        return promise
    audit.record(session, actor, "cases.promise", "promise", promise.id, due_on=due_on.isoformat())
    return promise


def open_hold(
    session: Session,
    actor: Actor,
    *,
    case_id: uuid.UUID,
    kind: str,
    from_on: date,
    until_on: date | None = None,
    channels: str = "ALL",
    reason: str | None = None,
) -> Hold:
    """Pause collection of a case 停催, and announce it; a case, a kind and a day are one hold.

    Opened again, it stands again, for all channels either asked for and until the later end. Raises: NotFound,
    NotUnderstood.
    """
    case = queries.case_by_id(session, case_id)
    _in_order(from_on, until_on)
    key = {"case_id": case_id, "kind": kind, "from_on": from_on}
    told = {"channels": channels, "until_on": until_on}
    hold, fresh = _add_once(session, Hold, key, {**told, "recorded_at": actor.at})
    if not fresh and hold.released_at is None:
        told = {
            "channels": channels if channels == hold.channels else "ALL",
            "until_on": max(until_on, hold.until_on) if until_on and hold.until_on else None,
        }
    if not fresh and not _change(hold, **told, released_at=None, released_by=None):
        return hold
    audit.record(session, actor, "cases.hold", "hold", hold.id, reason=reason, case_no=case.case_no, kind=kind)
    events.announce(session, HoldOpened(hold.id, case_id, case.debtor_id, kind, actor))
    return hold


def open_complaint(
    session: Session, actor: Actor, *, case_id: uuid.UUID, grade: str, received_on: date, reason: str | None = None
) -> Complaint:
    """Record a complaint 投诉, and announce it; a case, a grade and a day are one, opened again if it was closed.

    Raises: NotFound.
    """
    case = queries.case_by_id(session, case_id)
    key = {"case_id": case_id, "grade": grade, "received_on": received_on}
    complaint, fresh = _add_once(session, Complaint, key, {"debtor_id": case.debtor_id, "recorded_at": actor.at})
    if not fresh and not _change(complaint, closed_at=None):
        return complaint
    audit.record(session, actor, "cases.complaint", "complaint", complaint.id, reason=reason, grade=grade)
    events.announce(session, ComplaintOpened(complaint.id, case_id, case.debtor_id, grade, actor))
    return complaint


def record_special_status(
    session: Session,
    actor: Actor,
    *,
    case_id: uuid.UUID,
    kind: str,
    proof: str,
    from_on: date,
    until_on: date | None = None,
    reason: str | None = None,
) -> SpecialStatus:
    """Record a special status 特殊状态 or a better proof of it, and announce it; a proof never gets worse here.

    Raises: NotFound, NotUnderstood.
    """
    case = queries.case_by_id(session, case_id)
    _in_order(from_on, until_on)
    key = {"case_id": case_id, "kind": kind, "from_on": from_on}
    told = {"proof": proof, "until_on": until_on}
    status, fresh = _add_once(
        session, SpecialStatus, key, {**told, "debtor_id": case.debtor_id, "recorded_at": actor.at}
    )
    told["proof"] = max(proof, status.proof, key=PROOF_ORDER.index)
    if not fresh and not _change(status, **told):
        return status
    audit.record(
        session, actor, "cases.status", "special_status", status.id, reason=reason, kind=kind, proof=status.proof
    )
    events.announce(session, SpecialStatusRecorded(status.id, case_id, case.debtor_id, kind, status.proof, actor))
    return status


def list_cases(
    session: Session, *, case_no: str | None, status: str | None, after: uuid.UUID | None, limit: int
) -> dict[str, Any]:
    """Cases, masked; ``next`` is the cursor of the page that follows, None on the last."""
    found = queries.cases_page(session, case_no=case_no, status=status, after=after, limit=limit)
    page = found[:limit]
    return {"items": page, "after": page[-1]["id"] if len(found) > limit else None}


def show_case(session: Session, case_id: uuid.UUID) -> dict[str, Any]:
    """One case, masked, with everything on record about it and every row the bank has sent. Raises: NotFound."""
    case = queries.masked_case(session, case_id)
    repayments = queries.repayments_by_case(session, [case_id])[case_id]
    debtor_id = case["debtor_id"]
    return {
        **case,
        "balance_after_repayments_fen": queries.balance_after_repayments_fen(
            session.get_one(Case, case_id), repayments
        ),
        "repayments": repayments,
        "calls": queries.calls_by_case(session, [case_id])[case_id],
        "promises": queries.promises_by_case(session, [case_id])[case_id],
        "holds": queries.holds_by_case(session, [case_id])[case_id],
        "complaints": queries.complaints_by_debtor(session, [debtor_id])[debtor_id],
        "special_statuses": queries.special_statuses_by_debtor(session, [debtor_id])[debtor_id],
        "addresses": queries.addresses_by_case(session, [case_id])[case_id],
        "versions": queries.versions_of(session, case_id),
    }


def _in_order(from_on: date, until_on: date | None) -> None:
    if until_on is not None and until_on < from_on:
        raise NotUnderstood("ENDS_BEFORE_IT_BEGINS", "until_on is before from_on; correct one of them.")


def _add_once(
    session: Session, register: type[Register], key: dict[str, Any], told: dict[str, Any]
) -> tuple[Register, bool]:
    """The row of that key, locked, and whether it is new; of two at once the second waits and finds the first's."""
    session.flush()
    fresh = insert(register).values(id=uuid7(), **key, **told).on_conflict_do_nothing(index_elements=list(key))
    added = session.scalar(fresh.returning(register.id))
    row = session.scalars(
        sa.select(register).filter_by(**key).with_for_update().execution_options(populate_existing=True)
    ).one()
    return row, added is not None


def _change(row: Hold | Complaint | SpecialStatus | Promise, **told: Any) -> bool:
    """Let ``row`` say what it is told, and whether that is anything new."""
    new = {name: value for name, value in told.items() if getattr(row, name) != value}
    for name, value in new.items():
        setattr(row, name, value)
    return bool(new)
