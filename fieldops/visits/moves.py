"""The one way a visit changes its state: checked against the table, audited, announced."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise, starmap
from typing import TYPE_CHECKING, Any

from fieldops import audit, events
from fieldops.errors import NotNow
from fieldops.rows import update_rows
from fieldops.visits import states
from fieldops.visits.events import VisitStopped
from fieldops.visits.models import Visit
from fieldops.visits.queries import VisitNow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.visits.queries import Locked


@dataclass(frozen=True, slots=True)
class Move:
    """One step of a locked visit.

    ``action`` names the act in the audit log (``visits.approve``), ``reason`` is shown beside the state; ``done_at`` is
    when a crew made the visit; ``through`` a state it passes at the same instant.
    """

    visit: Locked
    to: str
    action: str
    reason: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    done_at: datetime | None = None
    through: str | None = None


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
    moved: dict[UUID, dict[str, Any]] = {}
    acts, stopped = [], []
    for move in moves:
        visit, to = move.visit, move.to
        before = moved.get(visit.id) or {"status": visit.status, "version": visit.version, "done_at": visit.done_at}
        was = before["status"]
        if not all(starmap(states.may_follow, pairwise(filter(None, (was, move.through, to))))):
            detail = f"Visit {visit.no} is {was} and cannot become {to}; read it again."
            raise NotNow("VISIT_STATE", detail, status=was, wanted=to)
        moved[visit.id] = {
            "id": visit.id,
            "status": to,
            "status_before_hold": was if to == states.SUSPENDED else None,
            "status_reason": move.reason,
            "version": before["version"] + 1,
            "done_at": move.done_at or before["done_at"],
        }
        said = {"was": was, "status": to, **move.detail}
        acts.append(audit.Act(move.action, "visit", visit.id, move.reason, said))
        if was in states.CLEARED and to in states.STOPPED:
            stopped.append(VisitStopped(visit.id, move.reason or to, was == states.PLANNED, was, to, actor))
    update_rows(session, Visit, list(moved.values()))
    for visit in (move.visit for move in moves if isinstance(move.visit, VisitNow)):
        now = moved[visit.id]
        visit.status, visit.version, visit.done_at = now["status"], now["version"], now["done_at"]
    audit.record_all(session, actor, acts)
    events.announce_all(session, stopped)


def stop_crew(session: Session, actor: audit.Actor, visit: Visit, *, reason: str) -> None:
    """Tell the crew that is at the door to leave; the visit ends by their result (ABORTED_BY_OFFICE)."""
    audit.record(session, actor, "visits.stop_crew", "visit", visit.id, reason=reason)
    events.announce(session, VisitStopped(visit.id, reason, True, visit.status, visit.status, actor))
