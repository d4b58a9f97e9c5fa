"""Money, promises, holds and special statuses of a case recorded by hand, and cases as people may see them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from fieldops import audit, events
from fieldops.auth.roles import Role
from fieldops.cases import queries
from fieldops.cases.events import (
    HoldOpened,
    HoldReleased,
    RepaymentReceived,
    RepaymentReversed,
    SpecialStatusLifted,
    SpecialStatusRecorded,
)
from fieldops.cases.models import Case, Complaint, DoNotContact, Hold, Promise, Repayment, SpecialStatus
from fieldops.cases.rules import PROOF_ORDER
from fieldops.cases.states import HOLD_RELEASERS, RELEASERS
from fieldops.clock import local_date
from fieldops.db import uuid7
from fieldops.errors import NotAllowed, NotNow, NotUnderstood
from fieldops.tasks import service as tasks

if TYPE_CHECKING:
    import uuid
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor

Register = TypeVar("Register", Complaint, DoNotContact, Hold, Promise, Repayment, SpecialStatus)
LOOK_WITHIN: Final = timedelta(days=1)


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

    Raises: NotFound; NotUnderstood for a day to come; NotNow when the bank's serial number is on record with other
    content.
    """
    case = queries.case_by_id(session, case_id)
    not_to_come("paid_at", local_date(paid_at), actor.at)
    key = {"bank_id": case.bank_id, "external_id": external_id}
    told = {"case_id": case_id, "amount_fen": amount_fen, "paid_at": paid_at, "channel": channel}
    repayment, fresh = add_once(session, Repayment, key, {**told, "recorded_at": actor.at})
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
    promise, fresh = add_once(session, Promise, key, {**told, "made_at": actor.at})
    if not fresh and not change_row(promise, **told):
        return promise
    audit.record(session, actor, "cases.promise", "promise", promise.id, due_on=due_on.isoformat())
    return promise


def note_appointment(session: Session, actor: Actor, *, case_id: uuid.UUID, appointment: str) -> None:
    """Keep when the debtor wants to be visited 预约时段: the next request for this card keeps to it."""
    queries.case_by_id(session, case_id).appointment = appointment
    audit.record(session, actor, "cases.appointment", "case", case_id, appointment=appointment)


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
    hold, fresh = add_once(session, Hold, key, {**told, "recorded_at": actor.at})
    if not fresh and hold.released_at is None:
        told = {
            "channels": channels if channels == hold.channels else "ALL",
            "until_on": max(until_on, hold.until_on) if until_on and hold.until_on else None,
        }
    if not fresh and not change_row(hold, **told, released_at=None, released_by=None):
        return hold
    audit.record(session, actor, "cases.hold", "hold", hold.id, reason=reason, case_no=case.case_no, kind=kind)
    events.announce(session, HoldOpened(hold.id, case_id, case.debtor_id, kind, actor))
    return hold


def open_dispute(session: Session, actor: Actor, *, case_id: uuid.UUID, received_on: date, reason: str) -> Hold:
    """Record that the debtor disputes 异议 a transaction, an amount or the account: all pauses, the bank hears.

    Raises: NotFound; NotUnderstood for a day to come.
    """
    not_to_come("received_on", received_on, actor.at)
    hold = open_hold(session, actor, case_id=case_id, kind="DISPUTE", from_on=received_on, reason=reason)
    detail = {"kind": "DISPUTE", "hold_id": str(hold.id)}
    tasks.open_task(session, actor, "REPORT_TO_BANK", Role.BUSINESS_DEPT, "hold", hold.id, actor.at, detail, again=True)
    return hold


def release_hold(session: Session, actor: Actor, *, case_id: uuid.UUID, hold_id: uuid.UUID, reason: str) -> Hold:
    """Release a hold before its end 解除停催, and announce it.

    Raises: NotFound; NotAllowed for a role that may not release its kind; NotNow when it is released already.
    """
    hold = queries.lock_row(session, Hold, case_id, hold_id)
    releasers = HOLD_RELEASERS.get(hold.kind, RELEASERS)
    if actor.roles.isdisjoint(releasers):
        raise NotAllowed("HOLD_NOT_YOURS", f"A hold {hold.kind} is released by {', '.join(sorted(releasers))}.")
    if hold.released_at is not None:
        raise NotNow("HOLD_RELEASED", f"{hold.released_by} released this hold already; nothing is left to do.")
    hold.released_at, hold.released_by = actor.at, actor.name
    audit.record(session, actor, "cases.release_hold", "hold", hold.id, reason=reason, kind=hold.kind)
    debtor_id = queries.case_by_id(session, case_id).debtor_id
    events.announce(session, HoldReleased(hold.id, case_id, debtor_id, hold.kind, actor))
    return hold


def reverse_repayment(
    session: Session, actor: Actor, *, case_id: uuid.UUID, repayment_id: uuid.UUID, reason: str
) -> Repayment:
    """Record that the bank took a repayment back 冲正, announce it, and ask a supervisor to look.

    What the payment cancelled stays cancelled. Raises: NotFound; NotNow when it is reversed already.
    """
    repayment = queries.lock_row(session, Repayment, case_id, repayment_id)
    if repayment.reversed_at is not None:
        raise NotNow("REPAYMENT_REVERSED", f"{repayment.reversed_by} recorded this reversal already.")
    repayment.reversed_at, repayment.reversed_by = actor.at, actor.name
    told = {"external_id": repayment.external_id, "amount_fen": repayment.amount_fen}
    audit.record(session, actor, "cases.reverse_repayment", "repayment", repayment.id, reason=reason, **told)
    case = queries.case_by_id(session, case_id)
    due_at, detail = actor.at + LOOK_WITHIN, {"case_no": case.case_no, **told}
    tasks.open_task(session, actor, "LOOK_AT_REVERSAL", Role.SUPERVISOR, "repayment", repayment.id, due_at, detail)
    events.announce(session, RepaymentReversed(repayment.id, case_id, case.debtor_id, actor))
    return repayment


def record_special_status(
    session: Session,
    actor: Actor,
    *,
    case_id: uuid.UUID,
    kind: str,
    proof: str,
    from_on: date,
    until_on: date | None = None,
    evidence: str | None = None,
    reason: str | None = None,
) -> SpecialStatus:
    """Record a special status 特殊状态 or a better proof of it, and announce it; a proof never gets worse here.

    ``evidence`` names the papers. Raises: NotFound, NotUnderstood.
    """
    case = queries.case_by_id(session, case_id)
    _in_order(from_on, until_on)
    key = {"case_id": case_id, "kind": kind, "from_on": from_on}
    told = {"proof": proof, "until_on": until_on}
    status, fresh = add_once(
        session, SpecialStatus, key, {**told, "debtor_id": case.debtor_id, "recorded_at": actor.at}
    )
    told |= {"proof": max(proof, status.proof, key=PROOF_ORDER.index), "evidence": evidence or status.evidence}
    if not change_row(status, **told, lifted_at=None, lifted_by=None) and not fresh:
        return status
    audit.record(
        session, actor, "cases.status", "special_status", status.id, reason=reason, kind=kind, proof=status.proof,
        evidence=status.evidence,
    )  # fmt: skip
    events.announce(session, SpecialStatusRecorded(status.id, case_id, case.debtor_id, kind, status.proof, actor))
    return status


def lift_special_status(
    session: Session, actor: Actor, *, case_id: uuid.UUID, status_id: uuid.UUID, reason: str
) -> SpecialStatus:
    """Record that a special status was disproved 解除特殊状态. Raises: NotFound; NotNow when it is lifted already."""
    status = queries.lock_row(session, SpecialStatus, case_id, status_id)
    if status.lifted_at is not None:
        raise NotNow("STATUS_LIFTED", f"{status.lifted_by} lifted this status already; nothing is left to do.")
    status.lifted_at, status.lifted_by = actor.at, actor.name
    audit.record(session, actor, "cases.lift_status", "special_status", status.id, reason=reason, kind=status.kind)
    events.announce(session, SpecialStatusLifted(status.id, case_id, status.debtor_id, status.kind, actor))
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
    repayments = queries.every_repayment_by_case(session, [case_id])[case_id]
    standing = [row for row in repayments if row.reversed_at is None]
    debtor_id = case["debtor_id"]
    return {
        **case,
        "balance_after_repayments_fen": queries.balance_after_repayments_fen(session.get_one(Case, case_id), standing),
        "repayments": repayments,
        "calls": queries.calls_by_case(session, [case_id])[case_id],
        "promises": queries.promises_by_case(session, [case_id])[case_id],
        "holds": queries.holds_by_case(session, [case_id])[case_id],
        "complaints": queries.complaints_by_debtor(session, [debtor_id])[debtor_id],
        "special_statuses": queries.special_statuses_by_debtor(session, [debtor_id])[debtor_id],
        "third_parties": queries.third_parties_by_debtor(session, [debtor_id])[debtor_id],
        "addresses": queries.addresses_by_case(session, [case_id])[case_id],
        "versions": queries.versions_of(session, case_id),
    }


def not_to_come(field: str, day: date, at: datetime) -> None:
    """Raises: NotUnderstood when what is told as past lies on a day to come: it would hold nothing back until then."""
    if day > local_date(at):
        raise NotUnderstood("DAY_TO_COME", f"{field} {day} is still to come; check the year and the day.", field=field)


def _in_order(from_on: date, until_on: date | None) -> None:
    if until_on is not None and until_on < from_on:
        raise NotUnderstood("ENDS_BEFORE_IT_BEGINS", "until_on is before from_on; correct one of them.")


def add_once(
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


def change_row(row: Hold | Complaint | DoNotContact | SpecialStatus | Promise, **told: Any) -> bool:
    """Let ``row`` say what it is told, and whether that is anything new."""
    new = {name: value for name, value in told.items() if getattr(row, name) != value}
    for name, value in new.items():
        setattr(row, name, value)
    return bool(new)
