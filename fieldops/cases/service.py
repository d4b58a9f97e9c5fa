"""Events of a case recorded by hand, one at a time, and cases as people may see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from fieldops import audit, events
from fieldops.cases import queries
from fieldops.cases.events import ComplaintOpened, HoldOpened, RepaymentReceived, SpecialStatusRecorded
from fieldops.cases.models import Bank, Case, Complaint, Hold, Repayment, SpecialStatus
from fieldops.db import uuid7
from fieldops.errors import NotNow, NotUnderstood

if TYPE_CHECKING:
    import uuid
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor


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
    """Record money the bank has received, and announce it.

    Raises: NotFound; NotNow when the bank's serial number is on record with another content. The same content twice
    is one repayment and announced once.
    """
    case = queries.case_by_id(session, case_id)
    session.get_one(
        Bank, case.bank_id, with_for_update={"key_share": True}
    )  # two clerks with one slip: one after the other
    query = sa.select(Repayment).where(Repayment.bank_id == case.bank_id, Repayment.external_id == external_id)
    known = session.scalar(query)
    if known is not None:
        if (known.case_id, known.amount_fen, known.paid_at, known.channel) == (case_id, amount_fen, paid_at, channel):
            return known
        raise NotNow(
            "SERIAL_REUSED", f"The serial number {external_id} is on record with other content; check the slip."
        )
    repayment = Repayment(
        id=uuid7(),
        bank_id=case.bank_id,
        case_id=case_id,
        external_id=external_id,
        amount_fen=amount_fen,
        paid_at=paid_at,
        channel=channel,
        recorded_at=actor.at,
    )
    session.add(repayment)
    session.flush()
    audit.record(
        session, actor, "cases.repayment", "repayment", repayment.id, case_no=case.case_no, amount_fen=amount_fen
    )
    events.announce(session, RepaymentReceived(repayment.id, case_id, case.debtor_id, actor))
    return repayment


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
    """Pause collection of a case 停催, and announce it.

    Raises: NotFound, NotUnderstood, NotNow when it is on record.
    """
    case = queries.case_by_id(session, case_id)
    _in_order(from_on, until_on)
    hold = Hold(
        id=uuid7(),
        case_id=case_id,
        kind=kind,
        channels=channels,
        from_on=from_on,
        until_on=until_on,
        recorded_at=actor.at,
    )
    _add_once(session, hold, sa.select(Hold.id).filter_by(case_id=case_id, kind=kind, from_on=from_on))
    audit.record(session, actor, "cases.hold", "hold", hold.id, reason=reason, case_no=case.case_no, kind=kind)
    events.announce(session, HoldOpened(hold.id, case_id, case.debtor_id, kind, actor))
    return hold


def open_complaint(
    session: Session, actor: Actor, *, case_id: uuid.UUID, grade: str, received_on: date, reason: str | None = None
) -> Complaint:
    """Record a complaint 投诉, and announce it. Raises: NotFound, NotNow when it is on record."""
    case = queries.case_by_id(session, case_id)
    complaint = Complaint(
        id=uuid7(),
        case_id=case_id,
        debtor_id=case.debtor_id,
        grade=grade,
        received_on=received_on,
        recorded_at=actor.at,
    )
    same = sa.select(Complaint.id).filter_by(case_id=case_id, grade=grade, received_on=received_on)
    _add_once(session, complaint, same)
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
    """Record a special status 特殊状态 or a better proof of it, and announce it. Raises: NotFound, NotUnderstood."""
    case = queries.case_by_id(session, case_id)
    _in_order(from_on, until_on)
    query = sa.select(SpecialStatus).filter_by(case_id=case_id, kind=kind, from_on=from_on).with_for_update()
    status = session.scalar(query)
    if status is None:
        status = SpecialStatus(
            id=uuid7(),
            debtor_id=case.debtor_id,
            case_id=case_id,
            kind=kind,
            from_on=from_on,
            recorded_at=actor.at,
        )
        session.add(status)
    status.proof, status.until_on = proof, until_on
    session.flush()
    audit.record(session, actor, "cases.status", "special_status", status.id, reason=reason, kind=kind, proof=proof)
    events.announce(session, SpecialStatusRecorded(status.id, case_id, case.debtor_id, kind, proof, actor))
    return status


def list_cases(
    session: Session, *, case_no: str | None, status: str | None, after: uuid.UUID | None, limit: int
) -> dict[str, Any]:
    """Cases, masked; ``next`` is the cursor of the page that follows, None on the last."""
    found = queries.cases_page(session, case_no=case_no, status=status, after=after, limit=limit)
    page = found[:limit]
    return {"items": page, "next": page[-1]["id"] if len(found) > limit else None}


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


def _add_once(session: Session, row: Hold | Complaint, same: sa.Select[Any]) -> None:
    """Add a row unless the register has it. Two at once meet at its unique key."""
    if session.scalar(same) is not None:
        raise NotNow("ON_RECORD", "This is on record for the case from that day already; nothing is left to do.")
    session.add(row)
    session.flush()
