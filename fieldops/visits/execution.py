"""A cleared visit on its day: planned, begun at the door, ended by its result, or taken off at a gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldops.contacts.service import Made, write_contacts
from fieldops.policies.decision import Verdict
from fieldops.visits import queries, states
from fieldops.visits.moves import move_visit

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.policies.decision import Decision
    from fieldops.visits.models import Visit


def mark_planned(session: Session, actor: Actor, visit_ids: Iterable[uuid.UUID]) -> None:
    """Batched visits are on the published plan."""
    for visit in queries.lock_visits(session, visit_ids).values():
        if visit.status == states.BATCHED:
            move_visit(session, actor, visit, states.PLANNED, action="visits.plan")


def unplan(session: Session, actor: Actor, visit_ids: Iterable[uuid.UUID], *, reason: str) -> None:
    """Planned visits that a newer plan leaves out wait in their batch again."""
    for visit in queries.lock_visits(session, visit_ids).values():
        if visit.status == states.PLANNED:
            move_visit(session, actor, visit, states.BATCHED, action="visits.unplan", reason=reason)


def begin_visit(session: Session, actor: Actor, visit: Visit) -> None:
    """The crew is at the door. A visit that was stopped meanwhile stays stopped: the check-in is on record anyway."""
    if visit.status == states.PLANNED:
        move_visit(session, actor, visit, states.IN_PROGRESS, action="visits.begin")


def complete_visit(session: Session, actor: Actor, visit: Visit, *, reason: str) -> None:
    """The crew has made the visit, even if it had been stopped or planned for others; a cancelled one stays so."""
    begin_visit(session, actor, visit)
    if states.may_follow(visit.status, states.COMPLETED):
        visit.done_at = actor.at
        write_contacts(session, [Made("VISIT", visit.debtor_id, actor.at, visit.id)])
        move_visit(session, actor, visit, states.COMPLETED, action="visits.complete", reason=reason)


def give_back(session: Session, actor: Actor, visit: Visit, *, reason: str) -> None:
    """The crew has not made the visit: it waits in its batch again, unless it was stopped meanwhile."""
    if visit.status in {states.PLANNED, states.IN_PROGRESS}:
        move_visit(session, actor, visit, states.BATCHED, action="visits.not_executed", reason=reason)


def withdraw_at_gate(session: Session, actor: Actor, visit: Visit, decision: Decision) -> None:
    """A visit that a gate stops after its approval: cancelled where the rules forbid it, else back to a supervisor."""
    to = states.CANCELLED if decision.verdict is Verdict.REJECT else states.PENDING_REVIEW
    move_visit(
        session, actor, visit, to, action="visits.stop_at_gate", reason=";".join(decision.codes), stage=decision.stage
    )
