"""Complaints 投诉: taken in by source and grade, answered in time, reported to the bank, closed by who may.

A complaint holds back by its grade as long as it is open (rule VR-051), so closing it is the release of its hold.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from fieldops import audit, events
from fieldops.auth.roles import Role
from fieldops.auth.service import agent_id_of
from fieldops.cases import queries
from fieldops.cases.events import ComplaintClosed, ComplaintOpened
from fieldops.cases.models import Complaint
from fieldops.cases.service import add_once, not_to_come
from fieldops.cases.states import CLOSED, CLOSERS, COMPLAINT_STEPS
from fieldops.cases.terms import policies_of_cases
from fieldops.clock import at_local, local_date
from fieldops.errors import NotAllowed, NotFound, NotNow
from fieldops.policies.working_days import WorkingDays
from fieldops.tasks import service as tasks

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor

OFFICE_CLOSES_S: Final = 18 * 3600
REPLY, REPORT = "REPLY_TO_COMPLAINT", "REPORT_COMPLAINT_TO_BANK"
REPORT_WITHIN: Final = timedelta(days=1)


def open_complaint(
    session: Session,
    actor: Actor,
    *,
    case_id: uuid.UUID,
    grade: str,
    received_on: date,
    source: str = "BANK",
    agent_id: uuid.UUID | None = None,
    reason: str | None = None,
) -> Complaint:
    """Take in a complaint 投诉, and announce it; a case, a grade and a day are one, opened again if it was closed.

    ``agent_id`` is a field agent it is about; told again with another one it is about both.
    Raises: NotFound; NotUnderstood for a day to come.
    """
    case = queries.case_by_id(session, case_id)
    if agent_id is not None:
        queries.check_agent(session, agent_id)
    not_to_come("received_on", received_on, actor.at)
    key = {"case_id": case_id, "grade": grade, "received_on": received_on}
    told = {"debtor_id": case.debtor_id, "recorded_at": actor.at, "source": source, "status": "OPEN"}
    due_at, about = _due_at(session, case_id, received_on, actor.at), [agent_id] if agent_id is not None else []
    complaint, fresh = add_once(session, Complaint, key, {**told, "agent_ids": about, "due_at": due_at})
    if not fresh:
        return _told_again(session, actor, complaint, agent_id, reason)
    audit.record(
        session, actor, "cases.complaint", "complaint", complaint.id, reason=reason, grade=grade, source=source,
        due_at=due_at.isoformat(),
    )  # fmt: skip
    begin(session, actor, [complaint])
    return complaint


def begin(session: Session, actor: Actor, complaints: Sequence[Complaint]) -> None:
    """Let open complaints hold back, and ask for their reply and for the word to the bank."""
    for each in complaints:
        detail = {"case_id": str(each.case_id), "grade": each.grade, "source": each.source}
        answers = Role.MANAGER if each.grade == "MAJOR" else Role.SUPERVISOR
        tasks.open_task(session, actor, REPLY, answers, "complaint", each.id, each.due_at, detail, again=True)
        if each.reported_at is None:
            due_at = actor.at + REPORT_WITHIN
            tasks.open_task(
                session, actor, REPORT, Role.BUSINESS_DEPT, "complaint", each.id, due_at, detail, again=True
            )
    events.announce_all(
        session, [ComplaintOpened(each.id, each.case_id, each.debtor_id, each.grade, actor) for each in complaints]
    )


def begin_landed(session: Session, actor: Actor, complaint_ids: Sequence[uuid.UUID]) -> None:
    """Begin the complaints a bank's file has brought."""
    if complaint_ids:
        begin(session, actor, queries.complaints_by_ids(session, complaint_ids))


def replies_due_at(
    session: Session, received: Collection[tuple[uuid.UUID, date]], told_at: datetime
) -> dict[tuple[uuid.UUID, date], datetime]:
    """When the reply to a complaint is due, by case and day: so many working days later, by the case's policy then.

    The policy says 1, the next working day; 0 is the same, where it is one.
    """
    policies = policies_of_cases(session, {case_id for case_id, _ in received}, local_date(told_at))
    worked = WorkingDays(session)
    return {
        (case_id, on): at_local(worked.after(on, policies[case_id].case.complaint_reply_working_days), OFFICE_CLOSES_S)
        for case_id, on in received
    }


def _due_at(session: Session, case_id: uuid.UUID, received_on: date, told_at: datetime) -> datetime:
    return replies_due_at(session, [(case_id, received_on)], told_at)[case_id, received_on]


def investigate(session: Session, actor: Actor, complaint_id: uuid.UUID, *, reason: str) -> Complaint:
    """Begin to investigate. Raises: NotFound, NotAllowed, NotNow."""
    return _step(session, actor, complaint_id, "INVESTIGATE", reason)


def reply(session: Session, actor: Actor, complaint_id: uuid.UUID, *, reply: str) -> Complaint:
    """Record the reply that was given. Raises: NotFound, NotAllowed, NotNow."""
    complaint = _step(session, actor, complaint_id, "REPLY", reply, late=actor.at)
    complaint.reply, complaint.replied_at = reply, actor.at
    tasks.finish_if_open(session, actor, REPLY, complaint.id)
    return complaint


def report_to_bank(session: Session, actor: Actor, complaint_id: uuid.UUID, *, report_ref: str) -> Complaint:
    """Record that the entrusting bank was told 上报委托方, and under which reference. Raises: NotFound, NotNow."""
    complaint = _locked(session, complaint_id)
    if complaint.reported_at is not None:
        raise NotNow("COMPLAINT_REPORTED", f"The bank was told already, see {complaint.report_ref}.")
    complaint.reported_at, complaint.report_ref = actor.at, report_ref
    audit.record(session, actor, "complaints.report", "complaint", complaint.id, report_ref=report_ref)
    tasks.finish_if_open(session, actor, REPORT, complaint.id)
    return complaint


def close_complaint(session: Session, actor: Actor, complaint_id: uuid.UUID, *, upheld: bool, reason: str) -> Complaint:
    """Close a complaint that was answered and reported: it holds nothing back any longer.

    Raises: NotFound; NotAllowed for a major one by anybody but a manager; NotNow before reply or report.
    """
    complaint = _locked(session, complaint_id)
    closers = CLOSERS[complaint.grade]
    if actor.roles.isdisjoint(closers):
        raise NotAllowed("COMPLAINT_NOT_YOURS", f"A {complaint.grade} complaint is closed by {', '.join(closers)}.")
    if complaint.reported_at is None and complaint.status != CLOSED:
        raise NotNow("COMPLAINT_NOT_REPORTED", "The bank was not told yet; report it first (POST …/report).")
    _step(session, actor, complaint_id, "CLOSE", reason, upheld=upheld)
    complaint.upheld, complaint.closed_at, complaint.closed_by = upheld, actor.at, actor.name
    case = queries.case_by_id(session, complaint.case_id)
    parties = (complaint.case_id, complaint.debtor_id, case.bank_id, tuple(complaint.agent_ids))
    events.announce(session, ComplaintClosed(complaint.id, *parties, upheld, actor))
    return complaint


def reopen_complaint(session: Session, actor: Actor, complaint_id: uuid.UUID, *, reason: str) -> Complaint:
    """Open a closed complaint again: it holds back as before and wants a new reply. Raises: NotFound, NotNow."""
    complaint = _step(session, actor, complaint_id, "REOPEN", reason)
    complaint.closed_at = complaint.closed_by = complaint.upheld = complaint.reply = complaint.replied_at = None
    complaint.due_at = _due_at(session, complaint.case_id, local_date(actor.at), actor.at)
    begin(session, actor, [complaint])
    return complaint


def list_complaints(
    session: Session, *, status: str | None, grade: str | None, after: uuid.UUID | None, limit: int
) -> dict[str, Any]:
    """Complaints in the order they came in."""
    found = queries.complaints_page(session, status=status, grade=grade, after=after, limit=limit)
    return {"items": found[:limit], "after": found[limit - 1].id if len(found) > limit else None}


def _told_again(
    session: Session, actor: Actor, complaint: Complaint, agent_id: uuid.UUID | None, reason: str | None
) -> Complaint:
    """The same complaint told again: it may name who else it is about, and one that was closed is open again."""
    if agent_id is not None and agent_id not in complaint.agent_ids:
        complaint.agent_ids = [*complaint.agent_ids, agent_id]
        audit.record(session, actor, "complaints.name_agent", "complaint", complaint.id, agent_id=str(agent_id))
        if complaint.status != CLOSED:
            begin(session, actor, [complaint])
    if complaint.status == CLOSED:
        return reopen_complaint(session, actor, complaint.id, reason=reason or "told again 再次投诉")
    return complaint


def _step(session: Session, actor: Actor, complaint_id: uuid.UUID, code: str, reason: str, **told: Any) -> Complaint:
    complaint, step = _locked(session, complaint_id), COMPLAINT_STEPS[code]
    if complaint.status not in step.froms:
        may = ", ".join(each.code for each in COMPLAINT_STEPS.values() if complaint.status in each.froms)
        raise NotNow(
            "COMPLAINT_STATE", f"The complaint is {complaint.status}: {code} may not follow, {may} may.",
            complaint_status=complaint.status,
        )  # fmt: skip
    if complaint.agent_ids and agent_id_of(session, actor.user_id) in complaint.agent_ids:
        raise NotAllowed("COMPLAINT_ABOUT_YOU", "You are who is complained of; let somebody else take it on.")
    if "late" in told:
        told["late"] = told["late"] > complaint.due_at
    was, complaint.status = complaint.status, step.to
    told |= {"was": was, "status": complaint.status}
    audit.record(session, actor, f"complaints.{code.lower()}", "complaint", complaint.id, reason=reason, **told)
    return complaint


def _locked(session: Session, complaint_id: uuid.UUID) -> Complaint:
    complaint = session.get(Complaint, complaint_id, with_for_update=True, populate_existing=True)
    if complaint is None:
        raise NotFound("COMPLAINT_UNKNOWN", f"There is no complaint {complaint_id}; list them with GET /complaints.")
    return complaint
