"""The job that publishes a re-plan as soon as it is made, where it was asked for so: a crew handed over by one call."""

from __future__ import annotations

import logging
import uuid
from typing import TYPE_CHECKING

from fieldops import audit, jobs
from fieldops.errors import NotNow, Problem
from fieldops.planning import queries, service, states

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from fieldops.house import House
    from fieldops.planning.models import DayPlan

_log = logging.getLogger(__name__)


def publish_when_made(session: Session, plan: DayPlan) -> None:
    """Queue the publishing of a plan that was asked to be published once it is made."""
    if plan.asked.get("publish") and plan.status == states.OPTIMISED:
        jobs.defer(session, "planning.publish", id=str(plan.id))


@jobs.job("planning.publish")
def publish(house: House, *, id: str) -> None:  # noqa: A002 - as it is stored
    """Publish that plan, every rule asked again; what refuses it stands on the plan, which waits for a person."""
    plan_id = uuid.UUID(id)
    try:
        with house.transaction() as session:
            plan = queries.plan_by_id(session, plan_id, lock=True)
            if plan.status == states.OPTIMISED:
                _refuse_called_off(session, plan)
                service.publish_plan(session, _who_asked(plan, house), plan_id)
    except Problem as refused:
        _log.warning("plan %s is not published: %s", plan_id, refused)
        with house.transaction() as session:
            plan = queries.plan_by_id(session, plan_id, lock=True)
            plan.failure, plan.version = f"not published: {refused}", plan.version + 1


def _refuse_called_off(session: Session, plan: DayPlan) -> None:
    """Raises: NotNow when the day was called off after this was asked: only a person sends crews out then."""
    queries.published_plan(session, plan.on_date, lock=True)  # whoever calls it off just now is waited for
    if queries.called_off_since(session, plan.on_date, plan.created_at):
        raise NotNow(
            "DAY_CALLED_OFF", f"{plan.on_date} has been called off; POST /plans/{plan.id}/publish all the same."
        )


def _who_asked(plan: DayPlan, house: House) -> audit.Actor:
    """Whoever asked, as they were: nobody publishes a day of their own by way of a job either."""
    user_id = plan.asked.get("asked_by")
    return audit.Actor(plan.made_by, house.clock.now(), user_id=uuid.UUID(user_id) if user_id else None)
