"""What batches do when a visit stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldops import events
from fieldops.batching.service import take_out
from fieldops.visits import states
from fieldops.visits.events import VisitStopped

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def after_stop(session: Session, event: VisitStopped) -> None:
    """A visit that stopped leaves its batch; one that is being made stays in it."""
    if event.status in states.STOPPED:
        take_out(session, [event.visit_id])


def register_handlers() -> None:
    """Let batches hear of visits that stop."""
    events.register(VisitStopped, after_stop)
