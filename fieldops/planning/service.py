"""Use cases of planning: ask for a plan, store what the engine found, publish it, take a stop off it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from fieldops import audit, events, jobs
from fieldops.agents import queries as agents
from fieldops.clock import at_local
from fieldops.errors import NotNow
from fieldops.planning import queries
from fieldops.planning.events import PlanPublished
from fieldops.planning.models import CrewRoute, DayPlan, LeftOutVisit, RouteStop
from fieldops.planning.recheck import Withdrawn, ask_before_publishing
from fieldops.policies import service as policies
from fieldops.visits import execution

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    import routing
    from fieldops.audit import Actor
    from fieldops.planning.problem import Day


def ask_for_plan(
    session: Session, actor: Actor, *, on_date: date, budget_s: int, seed: int, queue: bool = True
) -> DayPlan:
    """Open the next version of a day's plan and queue its solving (``queue`` False: the caller solves it).

    Raises: NotNow when nothing is batched.
    """
    if not queries.visits_to_plan(session, on_date):
        raise NotNow("NOTHING_BATCHED", f"No visit is batched for {on_date}; make batches first (POST /batches).")
    newest = session.scalar(sa.select(sa.func.max(DayPlan.number)).where(DayPlan.on_date == on_date))
    plan = DayPlan(
        on_date=on_date,
        number=(newest or 0) + 1,
        status="WAITING",
        budget_s=budget_s,
        seed=seed,
        made_by=actor.name,
    )
    session.add(plan)
    session.flush()
    audit.record(session, actor, "plans.ask", "day_plan", plan.id, on_date=str(on_date), number=plan.number)
    if queue:
        jobs.defer(session, "planning.solve", id=str(plan.id))
    return plan


def begin_solving(session: Session, plan_id: uuid.UUID) -> DayPlan | None:
    """Mark a plan as being solved, or None when it has been solved already: the job may run twice."""
    plan = queries.plan_by_id(session, plan_id, lock=True)
    if plan.status not in {"WAITING", "SOLVING"}:
        return None
    plan.status = "SOLVING"
    return plan


def store_plan(session: Session, plan_id: uuid.UUID, day: Day, found: routing.Plan) -> None:
    """Keep what the engine found, whole; a second run of the job finds it kept and changes nothing."""
    plan = queries.plan_by_id(session, plan_id, lock=True)
    if plan.status != "SOLVING":
        return
    area_of = {crew_id: area.name for area in found.areas for crew_id in area.crew_ids}
    for route in found.routes:
        session.add(_route_row(plan, route, area_of.get(route.crew_id, "")))
        session.add_all(_stop_rows(plan, route))
    for left in (*day.unasked, *found.left_out):
        session.add(_left_out_row(plan, left))
    plan.status = "OPTIMISED"
    plan.engine = {
        "engine": found.engine,
        "seed": found.seed,
        "budget_s": found.budget_s,
        "versions": dict(found.versions),
        "travel": found.matrix_source,
        "notes": list(found.notes),
    }
    plan.totals = {
        "asked": len(day.problem.stops) + len(day.unasked),
        "planned": found.planned,
        "left_out": len(found.left_out) + len(day.unasked),
        "areas": len(found.areas),
        "crews": sum(1 for route in found.routes if route.visits),
        "travel_s": sum(route.travel_s for route in found.routes),
        "distance_m": sum(route.distance_m for route in found.routes),
        "cost": found.cost,
        "terms": dict(found.terms),
    }


def fail_plan(session: Session, plan_id: uuid.UUID, failure: str) -> None:
    """Say why a plan could not be made."""
    plan = queries.plan_by_id(session, plan_id, lock=True)
    plan.status, plan.failure = "FAILED", failure


@dataclass(frozen=True, slots=True)
class Published:
    """A published plan, and the visits the re-asked rules took off it."""

    plan: DayPlan
    withdrawn: tuple[dict[str, Any], ...]


def publish_plan(session: Session, actor: Actor, plan_id: uuid.UUID) -> Published:
    """Make a plan the plan of its day, after asking every rule again with crew and hour.

    A visit that no longer passes is withdrawn with its findings; a crew that may not go stops the publishing.
    Raises: NotNow for a plan that is not OPTIMISED, or naming the crews and their findings.
    """
    plan = queries.plan_by_id(session, plan_id, lock=True)
    if plan.status != "OPTIMISED":
        raise NotNow("PLAN_NOT_READY", f"The plan is {plan.status}; only an OPTIMISED plan can be published.")
    stops = queries.stops_of(session, plan.id)
    checked = ask_before_publishing(session, actor, plan.on_date, stops)
    if checked.barred_crews:
        detail = "These crews may not go; mend what the findings name, or plan without them."
        raise NotNow("CREW_NOT_ELIGIBLE", detail, crews=checked.barred_crews)
    for withdrawn in checked.withdrawn:
        _withdraw(session, actor, plan, withdrawn)
    previous = queries.published_plan(session, plan.on_date)
    if previous is not None:
        previous.status = "SUPERSEDED"
        session.flush()
    plan.status, plan.published_by, plan.published_at = "PUBLISHED", actor.name, actor.at
    session.flush()
    execution.mark_planned(session, actor, [stop.visit_id for stop in stops if stop.status == "PENDING"])
    audit.record(session, actor, "plans.publish", "day_plan", plan.id, withdrawn=len(checked.withdrawn))
    supersedes = previous.id if previous else None
    events.announce(session, PlanPublished(plan.id, plan.on_date, supersedes, actor))
    return Published(plan, tuple(each.to_json() for each in checked.withdrawn))


def cancel_stop(session: Session, visit_id: uuid.UUID) -> RouteStop | None:
    """Take a visit off the published plan, unless the crew has already been there."""
    stop = queries.live_stop_of(session, visit_id)
    if stop is not None and stop.status == "PENDING":
        stop.status = "CANCELLED"
    return stop


def _withdraw(session: Session, actor: Actor, plan: DayPlan, withdrawn: Withdrawn) -> None:
    withdrawn.stop.status = "CANCELLED"
    execution.withdraw_at_gate(session, actor, withdrawn.visit, withdrawn.decision)
    session.add(
        LeftOutVisit(
            plan_id=plan.id,
            visit_id=withdrawn.stop.visit_id,
            reason="RULES",
            message_zh="；".join(finding.message_zh for finding in withdrawn.grave),
            message_en="; ".join(finding.message_en for finding in withdrawn.grave),
            detail={"codes": [finding.code for finding in withdrawn.grave]},
        )
    )


def _route_row(plan: DayPlan, route: routing.Route, area: str) -> CrewRoute:
    return CrewRoute(
        plan_id=plan.id,
        crew_id=uuid.UUID(route.crew_id),
        area=area,
        starts_at=at_local(plan.on_date, route.start_s),
        ends_at=at_local(plan.on_date, route.end_s),
        travel_s=route.travel_s,
        distance_m=route.distance_m,
    )


def _stop_rows(plan: DayPlan, route: routing.Route) -> list[RouteStop]:
    return [
        RouteStop(
            plan_id=plan.id,
            crew_id=uuid.UUID(route.crew_id),
            visit_id=uuid.UUID(visit.stop_id),
            sequence=visit.sequence,
            arrives_at=at_local(plan.on_date, visit.arrive_s),
            begins_at=at_local(plan.on_date, visit.start_s),
            leaves_at=at_local(plan.on_date, visit.leave_s),
            travel_s=visit.travel_s,
            distance_m=visit.distance_m,
        )
        for visit in route.visits
    ]


def _left_out_row(plan: DayPlan, left: routing.LeftOut) -> LeftOutVisit:
    repair = {"repair_zh": left.repair_zh, "repair_en": left.repair_en}
    return LeftOutVisit(
        plan_id=plan.id,
        visit_id=uuid.UUID(left.stop_id),
        reason=left.reason,
        message_zh=left.message_zh,
        message_en=left.message_en,
        detail={**left.detail, **repair},
    )


def day_of_plan(session: Session, plan: DayPlan) -> Day:
    """What the engine is asked for this plan: its day's batched visits and the crews on duty."""
    from fieldops.planning.problem import day_problem  # noqa: PLC0415

    policy = policies.policy_on(session, plan.on_date)
    return day_problem(queries.visits_to_plan(session, plan.on_date), agents.crews_on(session, plan.on_date), policy)


def summary_of(session: Session, plan_id: uuid.UUID) -> dict[str, Any]:
    """A plan in a few words, for the command line."""
    plan = queries.plan_by_id(session, plan_id)
    left_out = [f"{row['visit_no']}: {row['message_en']}" for row in queries.left_out_of(session, plan.id)]
    totals = {**plan.totals, "left_out_visits": left_out}
    return {"plan": str(plan.id), "status": plan.status, "failure": plan.failure, **totals}
