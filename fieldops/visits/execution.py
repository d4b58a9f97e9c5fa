"""A cleared visit on its day: planned, begun at the door, ended by its result, or taken off at a gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldops.contacts.service import Made, write_contacts
from fieldops.policies.decision import Verdict
from fieldops.visits import queries, states
from fieldops.visits.moves import Move, move_visit, move_visits

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Mapping

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.policies.decision import Decision
    from fieldops.visits.models import Visit
    from fieldops.visits.queries import Locked


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


def begin_visits(session: Session, actor: Actor, visits: Iterable[Visit]) -> None:
    """Crews are at the door. A visit that was stopped meanwhile stays stopped: the check-in is on record anyway."""
    move_visits(session, actor, [_begin(each) for each in visits if each.status == states.PLANNED])


def complete_visits(session: Session, actor: Actor, reasons: Mapping[Locked, str]) -> None:
    """Crews have made these visits, even if they had been stopped or planned for others; a cancelled one stays so."""
    made = [each for each in reasons if _may_be_complete(each)]
    move_visits(session, actor, [_complete(actor, each, reasons[each]) for each in made])
    write_contacts(session, [Made("VISIT", visit.debtor_id, actor.at, visit.id) for visit in made])


def _may_be_complete(visit: Locked) -> bool:
    return visit.status == states.PLANNED or states.may_follow(visit.status, states.COMPLETED)


def _complete(actor: Actor, visit: Locked, reason: str) -> Move:
    """A crew that has not checked in was there all the same."""
    through = states.IN_PROGRESS if visit.status == states.PLANNED else None
    return Move(visit, states.COMPLETED, "visits.complete", reason, done_at=actor.at, through=through)


def _begin(visit: Visit) -> Move:
    return Move(visit, states.IN_PROGRESS, "visits.begin")


def give_back(session: Session, actor: Actor, reasons: Mapping[Locked, str]) -> None:
    """Crews have not made these visits: they wait in their batches again, unless they were stopped meanwhile."""
    move_visits(
        session,
        actor,
        [
            Move(visit, states.BATCHED, "visits.not_executed", reason)
            for visit, reason in reasons.items()
            if visit.status in {states.PLANNED, states.IN_PROGRESS}
        ],
    )


def withdraw_at_gate(session: Session, actor: Actor, visit: Visit, decision: Decision) -> None:
    """A visit that a gate stops after its approval: cancelled where the rules forbid it, else back to a supervisor."""
    to = states.CANCELLED if decision.verdict is Verdict.REJECT else states.PENDING_REVIEW
    move_visit(
        session, actor, visit, to, action="visits.stop_at_gate", reason=";".join(decision.codes), stage=decision.stage
    )
