"""The end of a day: what nobody has visited waits for another day, what was begun and not reported is asked after."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from fieldops import audit, events, jobs
from fieldops.clock import local_date
from fieldops.planning import queries, states
from fieldops.planning.events import DayClosed
from fieldops.tasks import service as tasks
from fieldops.visits import execution
from fieldops.visits import queries as visit_queries

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from fieldops.house import House
    from fieldops.planning.models import DayPlan

_log = logging.getLogger(__name__)
AFTER_MIDNIGHT: Final = "10 16 * * *"
"""Ten past midnight in Shanghai; the queue counts in UTC."""
_ANSWER: Final = timedelta(days=1)


@jobs.job("planning.close_days", cron=AFTER_MIDNIGHT)
def close_past_days(house: House, *, timestamp: int | None = None) -> None:  # noqa: ARG001 - the cron's tick
    """Close every published day that is over, each in its own transaction."""
    actor = audit.Actor("planning", house.clock.now())
    with house.transaction() as session:
        days = [plan.on_date for plan in queries.plans_to_close(session, local_date(actor.at))]
    for day in days:
        with house.transaction() as session:
            close_day(session, actor, day)


def close_day(session: Session, actor: audit.Actor, on_date: date) -> None:
    """Close the published plan of a day; none, or one that is closed already, is left alone."""
    plan = queries.published_plan(session, on_date, lock=True)
    if plan is None or on_date >= local_date(actor.at):
        return
    stops = queries.stops_of(session, plan.id)
    waiting = {stop.visit_id: stop for stop in stops if stop.status == states.PENDING}
    begun = [stop.visit_id for stop in queries.stops_begun_on(session, on_date) if stop.status == states.CHECKED_IN]
    visits = visit_queries.lock_visits(session, waiting).values()
    execution.give_back(session, actor, dict.fromkeys(visits, "day over 当日未执行"))
    for visit in visits:
        waiting[visit.id].status = states.SKIPPED
    for visit_id in begun:
        due_at = actor.at + _ANSWER
        tasks.open_task(session, actor, "RESULT_MISSING", "SUPERVISOR", "visit", visit_id, due_at)
    _close(session, actor, plan, given_back=len(waiting), unreported=len(begun))
    events.announce(session, DayClosed(plan.id, on_date, frozenset(waiting), actor))


def _close(session: Session, actor: audit.Actor, plan: DayPlan, *, given_back: int, unreported: int) -> None:
    plan.status, plan.version = states.COMPLETED, plan.version + 1
    session.flush()
    audit.record(session, actor, "plans.close", "day_plan", plan.id, given_back=given_back, unreported=unreported)
    _log.info("the plan of %s is closed: %d given back, %d unreported", plan.on_date, given_back, unreported)
