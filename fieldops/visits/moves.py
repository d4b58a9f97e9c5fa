"""The one way a visit changes its state: checked against the table, audited, announced."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fieldops import audit, events
from fieldops.errors import NotNow
from fieldops.visits import states
from fieldops.visits.events import VisitStopped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from fieldops.visits.models import Visit


@dataclass(frozen=True, slots=True)
class Move:
    """One step of a locked visit.

    ``action`` names the act in the audit log (``visits.approve``), ``reason`` is shown beside the state.
    """

    visit: Visit
    to: str
    action: str
    reason: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)


def move_visit(
    session: Session,
    actor: audit.Actor,
    visit: Visit,
    to: str,
    *,
    action: str,
    reason: str | None = None,
    **detail: Any,
) -> None:
    """Move a locked visit to another state, as a ``Move`` says it. Raises: NotNow when the table has no such step."""
    move_visits(session, actor, [Move(visit, to, action, reason, detail)])


def move_visits(session: Session, actor: audit.Actor, moves: Sequence[Move]) -> None:
    """Make these steps in their order; one visit may take several. Raises: NotNow when the table has no such step.

    Cost: two statements, however many, and what hears of visits that stop.
    """
    acts, stopped = [], []
    for move in moves:
        visit, was = move.visit, move.visit.status
        if not states.may_follow(was, move.to):
            detail = f"Visit {visit.no} is {was} and cannot become {move.to}; read it again."
            raise NotNow("VISIT_STATE", detail, status=was, wanted=move.to)
        visit.status = move.to
        visit.status_before_hold = was if move.to == states.SUSPENDED else None
        visit.status_reason = move.reason
        visit.version += 1
        said = {"was": was, "status": move.to, **move.detail}
        acts.append(audit.Act(move.action, "visit", visit.id, move.reason, said))
        if was in states.CLEARED and move.to in states.STOPPED:
            urgent = was == states.PLANNED
            stopped.append(VisitStopped(visit.id, move.reason or move.to, urgent, was, move.to, actor))
    audit.record_all(session, actor, acts)
    events.announce_all(session, stopped)


def stop_crew(session: Session, actor: audit.Actor, visit: Visit, *, reason: str) -> None:
    """Tell the crew that is at the door to leave; the visit ends by their result (ABORTED_BY_OFFICE)."""
    audit.record(session, actor, "visits.stop_crew", "visit", visit.id, reason=reason)
    events.announce(session, VisitStopped(visit.id, reason, True, visit.status, visit.status, actor))
