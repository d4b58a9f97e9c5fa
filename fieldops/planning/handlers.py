"""What planning does when a visit stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldops.planning import service

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from fieldops.visits.events import VisitStopped


def take_off_plan(session: Session, event: VisitStopped) -> None:
    """A visit that stopped is no longer a stop of the day."""
    service.cancel_stop(session, event.visit_id)
