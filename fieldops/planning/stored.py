"""A stored plan as a value of the engine again: to go on from, to change by hand, to compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

import routing
from fieldops.agents import queries as agents
from fieldops.clock import at_local
from fieldops.planning import queries

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from fieldops.planning.models import CrewRoute, DayPlan, RouteStop


def plan_as_made(
    session: Session, plan: DayPlan, *, without: Collection[str], also: Sequence[RouteStop] = ()
) -> routing.Plan:
    """The plan with visits by number and crews by code, without the stops that have one of these states.

    ``also`` are stops of the plans it was made from: a re-plan holds only what was still to be made.
    """
    stops = [stop for stop in queries.stops_of(session, plan.id) if stop.status not in without]
    stops = sorted([*stops, *(stop for stop in also if stop.plan_id != plan.id)], key=lambda stop: stop.sequence)
    left = queries.left_out_of(session, plan.id)
    nos = queries.visit_nos(session, {stop.visit_id for stop in stops})
    codes = {crew.id: crew.code for crew in agents.crews(session)}
    rows = queries.routes_of(session, plan.id)
    by_crew: dict[uuid.UUID, list[RouteStop]] = {row.crew_id: [] for row in rows}
    for stop in stops:
        by_crew.setdefault(stop.crew_id, []).append(stop)
    row_of = {row.crew_id: row for row in rows}
    return routing.Plan(
        routes=tuple(
            _route(plan.on_date, row_of.get(crew_id), codes[crew_id], made, nos) for crew_id, made in by_crew.items()
        ),
        left_out=tuple(
            routing.LeftOut(row["visit_no"], row["reason"], row["message_zh"], row["message_en"], row["detail"])
            for row in left
        ),
        cost=plan.totals.get("cost", 0),
        engine=plan.engine.get("engine", ""),
        seed=plan.seed,
        budget_s=plan.budget_s,
        versions=plan.engine.get("versions", {}),
        areas=_areas(rows, by_crew, codes, nos),
        terms=plan.totals.get("terms", {}),
        matrix_source=plan.engine.get("travel", ""),
    )


def second_of(day: date, instant: datetime) -> int:
    """Seconds since local midnight of a day."""
    return int((instant - at_local(day, 0)).total_seconds())


def _route(
    day: date, row: CrewRoute | None, code: str, stops: list[RouteStop], nos: Mapping[uuid.UUID, str]
) -> routing.Route:
    return routing.Route(
        crew_id=code,
        visits=tuple(
            routing.PlannedVisit(
                stop_id=nos[stop.visit_id],
                sequence=stop.sequence,
                arrive_s=second_of(day, stop.arrives_at),
                start_s=second_of(day, stop.begins_at),
                leave_s=second_of(day, stop.leaves_at),
                travel_s=stop.travel_s,
                distance_m=stop.distance_m,
            )
            for stop in stops
        ),
        start_s=second_of(day, row.starts_at if row else stops[0].arrives_at),
        end_s=second_of(day, row.ends_at if row else stops[-1].leaves_at),
        travel_s=row.travel_s if row else sum(stop.travel_s for stop in stops),
        distance_m=row.distance_m if row else sum(stop.distance_m for stop in stops),
        rests=tuple(routing.Window(*rest) for rest in row.rests) if row else (),
    )


def _areas(
    rows: list[CrewRoute],
    by_crew: Mapping[uuid.UUID, list[RouteStop]],
    codes: Mapping[uuid.UUID, str],
    nos: Mapping[uuid.UUID, str],
) -> tuple[routing.Area, ...]:
    names = dict.fromkeys(row.area for row in rows if row.area)
    members = {name: [row.crew_id for row in rows if row.area == name] for name in names}
    return tuple(
        routing.Area(
            name,
            tuple(nos[stop.visit_id] for crew_id in crews for stop in by_crew[crew_id]),
            tuple(codes[crew_id] for crew_id in crews),
        )
        for name, crews in members.items()
    )
