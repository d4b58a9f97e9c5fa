"""What the engine found, kept as rows: whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldops.clock import at_local
from fieldops.planning import queries, states
from fieldops.planning.models import CrewRoute, DayPlan, LeftOutVisit, RouteStop
from fieldops.planning.publishing import publish_when_made

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection, Sequence

    from sqlalchemy.orm import Session

    import routing
    from fieldops.planning.problem import Day


def store_plan(
    session: Session, plan_id: uuid.UUID, day: Day, found: routing.Plan, *, behind: Collection[str] = ()
) -> None:
    """Keep what the engine found, whole; a second run of the job finds it kept and changes nothing."""
    plan = queries.plan_by_id(session, plan_id, lock=True)
    if plan.status == states.SOLVING:
        keep_routes(session, plan, day, found, behind=behind)
        publish_when_made(session, plan)


def keep_routes(
    session: Session, plan: DayPlan, day: Day, found: routing.Plan, *, behind: Collection[str] = ()
) -> None:
    """Write a plan's routes, stops and reasons; stops that are ``behind`` stay with the plan they were made by."""
    area_of = {crew_id: area.name for area in found.areas for crew_id in area.crew_ids}
    unroaded: list[str] = []
    for route in found.routes:
        *filled, home_filled = day.problem.filled_legs(route)
        row = _route_row(plan, day.crew_ids[route.crew_id], route, area_of.get(route.crew_id, ""))
        row.home_filled = home_filled
        session.add(row)
        session.add_all(_stop_rows(plan, day, route, filled, behind))
        unroaded += _named(route, [*filled, home_filled])
    left_out = [left for left in (*day.unasked, *found.left_out) if left.stop_id not in behind]
    session.add_all(_left_out_row(plan, day.visit_ids[left.stop_id], left) for left in left_out)
    plan.status, plan.failure, plan.version = states.OPTIMISED, None, plan.version + 1
    plan.engine, plan.totals = _making(day, found) | {"filled": unroaded}, _totals(day, found)


def _named(route: routing.Route, filled: Sequence[bool]) -> list[str]:
    """Visits the leg to which, or for the last one the way home from it, is no road's."""
    visits = [visit.stop_id for visit in route.visits]
    return list(dict.fromkeys(visit for visit, gap in zip([*visits, *visits[-1:]], filled, strict=False) if gap))


def _route_row(plan: DayPlan, crew_id: uuid.UUID, route: routing.Route, area: str) -> CrewRoute:
    return CrewRoute(
        plan_id=plan.id,
        crew_id=crew_id,
        area=area,
        starts_at=at_local(plan.on_date, route.start_s),
        ends_at=at_local(plan.on_date, route.end_s),
        travel_s=route.travel_s,
        distance_m=route.distance_m,
        rests=[[rest.start_s, rest.end_s] for rest in route.rests],
    )


def _stop_rows(
    plan: DayPlan, day: Day, route: routing.Route, filled: Sequence[bool], behind: Collection[str]
) -> list[RouteStop]:
    return [
        RouteStop(
            plan_id=plan.id,
            crew_id=day.crew_ids[route.crew_id],
            visit_id=day.visit_ids[visit.stop_id],
            sequence=visit.sequence,
            arrives_at=at_local(plan.on_date, visit.arrive_s),
            begins_at=at_local(plan.on_date, visit.start_s),
            leaves_at=at_local(plan.on_date, visit.leave_s),
            travel_s=visit.travel_s,
            distance_m=visit.distance_m,
            filled=gap,
        )
        for visit, gap in zip(route.visits, filled, strict=True)
        if visit.stop_id not in behind
    ]


def _left_out_row(plan: DayPlan, visit_id: uuid.UUID, left: routing.LeftOut) -> LeftOutVisit:
    reason, message_zh, message_en, detail = told(left)
    return LeftOutVisit(
        plan_id=plan.id, visit_id=visit_id, reason=reason, message_zh=message_zh, message_en=message_en, detail=detail
    )


def told(left: routing.LeftOut) -> tuple[str, str, str, dict[str, Any]]:
    """A reason as it is kept: code, in both languages, with what it speaks of and the cheapest repair."""
    detail = {**left.detail, "repair_zh": left.repair_zh, "repair_en": left.repair_en}
    return left.reason, left.message_zh, left.message_en, detail


def _making(day: Day, found: routing.Plan) -> dict[str, Any]:
    """How a plan was made: enough to make it again."""
    return {
        "engine": found.engine,
        "seed": found.seed,
        "budget_s": found.budget_s,
        "versions": dict(found.versions),
        "travel": found.matrix_source,
        "notes": [*day.notes, *found.notes],
        "cancelled": found.cancelled,
    }


def _totals(day: Day, found: routing.Plan) -> dict[str, Any]:
    return {
        "asked": found.planned + len(found.left_out) + len(day.unasked),
        "planned": found.planned,
        "left_out": len(found.left_out) + len(day.unasked),
        "areas": len(found.areas),
        "crews": sum(1 for route in found.routes if route.visits),
        "travel_s": sum(route.travel_s for route in found.routes),
        "distance_m": sum(route.distance_m for route in found.routes),
        "cost": found.cost,
        "terms": dict(found.terms),
    }
