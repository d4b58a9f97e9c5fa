"""The life of an entrusted case 案件: one step at a time by a table, each announced like a bank's row."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from fieldops import audit, events
from fieldops.auth.roles import Role
from fieldops.cases import queries, states
from fieldops.cases.events import CaseChanged
from fieldops.cases.terms import policy_of_case
from fieldops.clock import local_date
from fieldops.errors import NotAllowed, NotNow, NotUnderstood
from fieldops.tasks import service as tasks

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.cases.models import Case

SETTLE_WITHIN = timedelta(days=3)


def take_step(
    session: Session, actor: Actor, *, case_id: uuid.UUID, step: str, reason: str, until_on: date | None = None
) -> dict[str, Any]:
    """Take one step of a case: ask for an extension 延期 or a withdrawal 撤案, or record the bank's answer.

    Raises: NotFound; NotAllowed for a role the step is not for; NotNow from a state the step does not leave, and for
    an extension asked too late; NotUnderstood for a last day that is none.
    """
    wanted = states.CASE_STEPS[step]
    if actor.roles.isdisjoint(wanted.roles):
        raise NotAllowed("STEP_NOT_YOURS", f"{step} is for {', '.join(sorted(wanted.roles))}.", step=step)
    case = queries.lock_case(session, case_id)
    if case.status not in wanted.froms:
        may = ", ".join(each.code for each in states.CASE_STEPS.values() if case.status in each.froms and each.roles)
        raise NotNow(
            "CASE_STATE", f"Case {case.case_no} is {case.status}: {step} may not follow, {may or 'nothing'} may.",
            case_status=case.status,
        )  # fmt: skip
    _mandate(session, actor, case, step, until_on)
    _move(session, actor, [(case, wanted)], reason)
    return queries.masked_case(session, case_id)


def expire_cases(session: Session, actor: Actor, case_ids: Sequence[uuid.UUID]) -> int:
    """End the mandate of the cases among these whose last day is over, and ask for their settlement; say how many."""
    today = local_date(actor.at)
    ended = [case for case in queries.lock_cases(session, case_ids) if _is_over(case, today)]
    _move(session, actor, [(case, states.CASE_STEPS["EXPIRE"]) for case in ended], "entrustment over 委案到期")
    for case in ended:
        detail = {"case_no": case.case_no, "last_on": str(last_on(case))}
        due_at = actor.at + SETTLE_WITHIN
        tasks.open_task(
            session, actor, "SETTLE_OR_RETURN_CASE", Role.BUSINESS_DEPT, "case", case.id, due_at, detail, again=True
        )
    return len(ended)


def last_on(case: Case) -> date | None:
    """The last day of the mandate, an approved extension counted; None where the bank gave none."""
    return max((day for day in (case.expiry_on, case.extension_until) if day is not None), default=None)


def _is_over(case: Case, today: date) -> bool:
    last = last_on(case)
    return case.status in states.IN_MANDATE and last is not None and last < today


def _mandate(session: Session, actor: Actor, case: Case, step: str, until_on: date | None) -> None:
    """What a step says of the last day of the mandate."""
    today, last = local_date(actor.at), last_on(case)
    if step == "ASK_EXTENSION":
        case.extension_asked_until = _later(until_on, last or today)
        lead_days = policy_of_case(session, case.id, today).case.extension_lead_days
        if last is not None and today > last - timedelta(days=lead_days):
            raise NotNow(
                "EXTENSION_TOO_LATE",
                f"The entrustment ends on {last}; an extension is asked for {lead_days} days before, by then. "
                "After its end ask the bank to keep the case (KEEP).",
                last_on=last,
            )
    elif step == "GRANT_EXTENSION":
        case.extension_until = _later(until_on or case.extension_asked_until, max(last or today, today))
    elif case.status == states.KEPT and step == "RESUME":
        case.extension_until = _later(until_on, today)


def _later(until_on: date | None, than: date) -> date:
    if until_on is None or until_on <= than:
        raise NotUnderstood("UNTIL_TOO_EARLY", f"Give the new last day in until_on, after {than}.", field="until_on")
    return until_on


def _move(session: Session, actor: Actor, steps: Sequence[tuple[Case, states.Step]], reason: str) -> None:
    """Let the cases change their states, write it down, and announce them all together."""
    changes = []
    for case, step in steps:
        was = case.status
        case.status = step.to or case.status_before or states.ACTIVE
        case.status_before = was if case.status == states.WITHDRAWAL_PENDING else None
        ends = {"last_on": str(last_on(case)), "asked_until": str(case.extension_asked_until)}
        audit.record(
            session, actor, f"cases.{step.code.lower()}", "case", case.id, reason=reason, was=was, status=case.status,
            **ends,
        )  # fmt: skip
        fen = case.balance_fen
        changes.append(CaseChanged(case.id, case.debtor_id, was, case.status, fen, fen, actor))
    session.flush()
    events.announce_all(session, changes)
