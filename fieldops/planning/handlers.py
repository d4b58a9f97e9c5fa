"""What planning does when a visit stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldops import events
from fieldops.planning import service
from fieldops.visits.events import VisitStopped

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def take_off_plan(session: Session, event: VisitStopped) -> None:
    """A visit that stopped is no longer a stop of the day."""
    service.cancel_stop(session, event.visit_id)


def register_handlers() -> None:
    """Let plans hear of visits that stop."""
    events.register(VisitStopped, take_off_plan)
