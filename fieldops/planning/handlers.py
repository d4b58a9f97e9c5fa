"""What planning does when a visit stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldops import events
from fieldops.planning import service, states
from fieldops.visits.events import VisitStopped
from fieldops.visits.states import STOPPED

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def take_off_plan(session: Session, event: VisitStopped) -> None:
    """A visit that stopped is no longer a stop of the day; one whose crew is at the door ends by its result."""
    if event.status in STOPPED:
        service.move_stop(session, event.visit_id, states.CANCELLED)


def register_handlers() -> None:
    """Let plans hear of visits that stop."""
    events.register(VisitStopped, take_off_plan)
