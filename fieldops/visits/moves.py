"""The one way a visit changes its state: checked against the table, audited, announced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldops import audit, events
from fieldops.errors import NotNow
from fieldops.visits import states
from fieldops.visits.events import VisitStopped

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from fieldops.visits.models import Visit


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
    """Move a locked visit to another state.

    ``action`` names the act in the audit log (``visits.approve``), ``reason`` is shown beside the state.
    Raises: NotNow when the table has no such step.
    """
    was = visit.status
    if not states.may_follow(was, to):
        raise NotNow(
            "VISIT_STATE", f"Visit {visit.no} is {was} and cannot become {to}; read it again.", status=was, wanted=to
        )
    visit.status = to
    visit.status_before_hold = was if to == states.SUSPENDED else None
    visit.status_reason = reason
    visit.version += 1
    audit.record(session, actor, action, "visit", visit.id, reason=reason, was=was, status=to, **detail)
    if was in states.CLEARED and to in states.STOPPED:
        session.flush()
        urgent = was == states.PLANNED
        events.announce(session, VisitStopped(visit.id, reason or to, urgent, was, to, actor))


def stop_crew(session: Session, actor: audit.Actor, visit: Visit, *, reason: str) -> None:
    """Tell the crew that is at the door to leave; the visit ends by their result (ABORTED_BY_OFFICE)."""
    audit.record(session, actor, "visits.stop_crew", "visit", visit.id, reason=reason)
    events.announce(session, VisitStopped(visit.id, reason, True, visit.status, visit.status, actor))
