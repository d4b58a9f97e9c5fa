"""Plans made from plans: re-planning a day that has begun, and cancelling a search with the best plan so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldops import audit, jobs
from fieldops.agents import queries as agents
from fieldops.auth.roles import may
from fieldops.errors import NotAllowed, NotNow, NotUnderstood
from fieldops.planning import queries, states
from fieldops.planning.asking import REPLAN
from fieldops.planning.service import new_version, refuse_day_over

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.planning.models import DayPlan

TO_GO_ON_FROM = (states.OPTIMISED, states.PUBLISHED)


def ask_for_replan(
    session: Session,
    actor: Actor,
    plan_id: uuid.UUID,
    *,
    stand_ins: Sequence[dict[str, uuid.UUID]],
    budget_s: int,
    seed: int,
    **how: Any,
) -> DayPlan:
    """Open a new version that goes on from this plan, and queue its solving.

    What is done or under way stays; ``how`` says what else does, and whether to ``publish`` it once it is made. The
    new version holds what is still to be made.
    Raises: NotNow for a plan that holds no routes to go on from, NotUnderstood for crews that do not work that day,
    NotAllowed for ``publish`` by somebody who may not.
    """
    if how.get("publish") and not may(actor.roles, "plans.publish"):
        raise NotAllowed("PUBLISH_IS_THE_SUPERVISORS", "Ask without publish; a supervisor publishes the re-plan.")
    base = base_of_change(session, actor, plan_id)
    codes = {crew.id: crew.code for crew in agents.crews(session)}
    working = {crew.id for crew in agents.crews_on(session, base.on_date)}
    for each in stand_ins:
        if each["by_crew_id"] not in working or each["crew_id"] not in codes or each["crew_id"] == each["by_crew_id"]:
            raise NotUnderstood(
                "SUBSTITUTE_NOT_ON_DUTY", "Name a crew, and as its substitute another crew that works on this day."
            )
    asked = {
        "kind": REPLAN,
        **how,
        "stand_ins": {codes[each["crew_id"]]: codes[each["by_crew_id"]] for each in stand_ins},
        "asked_by": str(actor.user_id) if actor.user_id else None,
    }
    plan = new_version(session, actor, base.on_date, budget_s=budget_s, seed=seed, base_id=base.id, asked=asked)
    audit.record(session, actor, "plans.replan", "day_plan", plan.id, base=str(base.id), **asked)
    jobs.defer(session, "planning.solve", id=str(plan.id))
    return plan


def base_of_change(session: Session, actor: Actor, plan_id: uuid.UUID) -> DayPlan:
    """The plan a new version is made from, locked. Raises: NotNow, NotUnderstood for a day that is over."""
    base = queries.plan_by_id(session, plan_id, lock=True)
    if base.status not in TO_GO_ON_FROM:
        raise NotNow(
            "PLAN_NOT_READY", f"The plan is {base.status}; only one that is {' or '.join(TO_GO_ON_FROM)} goes on."
        )
    refuse_day_over(actor, base.on_date)
    return base


def cancel_plan(session: Session, actor: Actor, plan_id: uuid.UUID) -> DayPlan:
    """Ask a running search to stop with the best plan so far; one that waits still is cut short when it begins.

    Raises: NotNow for a plan that is no longer being made.
    """
    plan = queries.plan_by_id(session, plan_id, lock=True)
    if plan.status not in states.TO_SOLVE:
        raise NotNow("PLAN_NOT_RUNNING", f"The plan is {plan.status}; there is no search to stop.")
    if plan.cancelled_by is None:
        plan.cancelled_by, plan.version = actor.name, plan.version + 1
        audit.record(session, actor, "plans.cancel", "day_plan", plan.id)
    return plan
