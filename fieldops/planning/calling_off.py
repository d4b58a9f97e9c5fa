"""A day called off 当日外访取消 before any crew has begun it: a storm, a closed office."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fieldops import audit
from fieldops.errors import NotNow
from fieldops.planning import queries, states
from fieldops.planning.service import refuse_day_begun, refuse_day_over, take_stops
from fieldops.visits import queries as visit_queries

if TYPE_CHECKING:
    import uuid

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.planning.models import DayPlan

SAID: Final = "day called off 当日外访取消"
"""How the reason begins that phones are told."""


def call_off(session: Session, actor: Actor, plan_id: uuid.UUID, *, reason: str) -> DayPlan:
    """End a plan that is being made, waits to be published, or is published and not begun; it is CANCELLED.

    The visits of a published plan wait in their batches again, and leave the phones as recalls. Another plan of the day
    may follow. A check-in that arrives later is on record, and changes nothing.
    Raises: NotNow for a plan that has ended, or naming the re-plan when a crew has begun the day; NotUnderstood for a
    day that is over.
    """
    plan = queries.plan_by_id(session, plan_id, lock=True)
    if plan.status not in states.TO_CALL_OFF:
        ready = ", ".join(states.TO_CALL_OFF)
        raise NotNow("PLAN_ENDED", f"The plan is {plan.status}; only one that is {ready} can be called off.")
    refuse_day_over(actor, plan.on_date)
    given_back = _give_back(session, actor, plan, reason) if plan.status == states.PUBLISHED else 0
    said = {"was": plan.status, "given_back": given_back}
    plan.status, plan.version = states.CANCELLED, plan.version + 1
    plan.called_off_by, plan.called_off_at, plan.called_off_reason = actor.name, actor.at, reason
    audit.record(session, actor, "plans.call_off", "day_plan", plan.id, reason=reason, **said)
    return plan


def _give_back(session: Session, actor: Actor, plan: DayPlan, reason: str) -> int:
    """Let the visits of the published plan wait again, how many. Raises: NotNow when a crew has begun the day."""
    visits = visit_queries.lock_visits(session, queries.pending_visits_of(session, plan))  # a check-in locks them too
    refuse_day_begun(session, plan.on_date)
    stops = {stop.visit_id: stop for stop in queries.stops_of(session, plan.id) if stop.status == states.PENDING}
    if stops:
        take_stops(session, actor, stops, reason=f"{SAID}: {reason}")
    return len(visits)
