"""The life of a search: begun, followed, lost with its process and given back to the queue, tried again by a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from fieldops import audit, jobs
from fieldops.errors import NotNow
from fieldops.planning import queries, states
from fieldops.planning.models import DayPlan
from fieldops.planning.service import refuse_day_over

if TYPE_CHECKING:
    import uuid

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor


def begin_solving(session: Session, plan_id: uuid.UUID) -> DayPlan | None:
    """Mark a plan as being solved and count the try; None when nothing is to be solved.

    It has been solved already, as the job may run twice, or its last try was lost too: then it is FAILED.
    """
    plan = queries.plan_by_id(session, plan_id, lock=True)
    if plan.status not in states.TO_SOLVE:
        return None
    if plan.tries >= states.MOST_TRIES:
        _fail(plan, plan.failure or "the process that searched was lost")
        return None
    plan.status, plan.tries = states.SOLVING, plan.tries + 1
    return plan


def note_progress(session: Session, plan_id: uuid.UUID, progress: dict[str, Any]) -> bool:
    """Write down how far the search is; True when it should stop: somebody cancelled it, or it is no longer needed."""
    running = sa.update(DayPlan).where(DayPlan.id == plan_id, DayPlan.status == states.SOLVING)
    row = session.execute(running.values(progress=progress).returning(DayPlan.cancelled_by)).first()
    return row is None or row.cancelled_by is not None


def give_back(session: Session, plan_id: uuid.UUID, why: str, *, queue: bool) -> bool:
    """Let a search that was lost with its process be made again: True while it has a try left, else it is FAILED.

    ``queue``: its job waits in the queue again; otherwise the caller makes the search.
    """
    plan = queries.plan_by_id(session, plan_id, lock=True)
    if plan.status != states.SOLVING:
        return False
    if plan.tries >= states.MOST_TRIES:
        _fail(plan, why)
        return False
    plan.status, plan.failure, plan.progress, plan.version = states.WAITING, why, {}, plan.version + 1
    if queue:
        jobs.defer(session, "planning.solve", id=str(plan.id))
    return True


def fail_plan(session: Session, plan_id: uuid.UUID, failure: str) -> None:
    """Say why a plan could not be made; one that was made meanwhile stands."""
    plan = queries.plan_by_id(session, plan_id, lock=True)
    if plan.status in states.TO_SOLVE:
        plan.status, plan.failure, plan.version = states.FAILED, failure, plan.version + 1


def try_again(session: Session, actor: Actor, plan_id: uuid.UUID) -> DayPlan:
    """Queue the search of a plan that FAILED, with all its tries. Raises: NotNow, NotUnderstood for a day over."""
    plan = queries.plan_by_id(session, plan_id, lock=True)
    if plan.status != states.FAILED:
        raise NotNow("PLAN_NOT_FAILED", f"The plan is {plan.status}; only one that FAILED is tried again.")
    refuse_day_over(actor, plan.on_date)
    audit.record(session, actor, "plans.try_again", "day_plan", plan.id, failure=plan.failure)
    plan.status, plan.failure, plan.progress, plan.tries = states.WAITING, None, {}, 0
    plan.cancelled_by, plan.version = None, plan.version + 1
    jobs.defer(session, "planning.solve", id=str(plan.id))
    return plan


def _fail(plan: DayPlan, why: str) -> None:
    plan.status, plan.version = states.FAILED, plan.version + 1
    plan.failure = f"{why} ({plan.tries} tries; POST /plans/{plan.id}/try-again begins anew)"
