"""What planning does when a visit stops, and when somebody of a crew may not go any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldops import events
from fieldops.agents import eligibility
from fieldops.agents.events import AgentBlocked
from fieldops.cases.events import ComplaintClosed
from fieldops.planning import service, states
from fieldops.visits.events import VisitStopped
from fieldops.visits.states import STOPPED

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def take_off_plan(session: Session, event: VisitStopped) -> None:
    """A visit that stopped is no longer a stop of the day; one whose crew is at the door ends by its result."""
    if event.status in STOPPED:
        service.move_stops(session, {event.visit_id: states.CANCELLED})


def remove_from_bank(session: Session, event: ComplaintClosed) -> None:
    """An upheld complaint takes every agent it names off the bank's cases 调出专案."""
    reason = f"complaint upheld 投诉属实 {event.complaint_id}"
    for agent_id in event.agent_ids if event.upheld else ():
        eligibility.block_for_bank(session, event.actor, agent_id, bank_id=event.bank_id, reason=reason)


def take_crew_off(session: Session, event: AgentBlocked) -> None:
    """What the agent's crew was to do for that bank waits for another crew."""
    service.take_stops_of(session, event.actor, agent_id=event.agent_id, bank_id=event.bank_id, reason=event.reason)


def register_handlers() -> None:
    """Let plans hear of visits that stop, and of agents who do."""
    events.register(VisitStopped, take_off_plan)
    events.register(ComplaintClosed, remove_from_bank)
    events.register(AgentBlocked, take_crew_off)
