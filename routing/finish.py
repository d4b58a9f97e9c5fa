"""From routes to a plan: times, metres, reasons, cost, and the judge's word."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

from routing.check import violations
from routing.errors import InvalidPlanError
from routing.explain import reasons_for
from routing.insertion import Board
from routing.problem import Plan, PlannedVisit, Route, Window
from routing.timing import Broken, Timing, time_route

if TYPE_CHECKING:
    from routing.arrays import Arrays, Routes
    from routing.problem import Area, LeftOut, Problem

PACKAGES = ("ortools", "numba", "numpy", "h3")


@dataclass(frozen=True, slots=True)
class Making:
    """How a plan was made: kept with it."""

    engine: str
    seed: int
    budget_s: float
    areas: tuple[Area, ...]
    cancelled: bool
    notes: tuple[str, ...] = ()


def plan_of(problem: Problem, day: Arrays, routes: Routes, screened: dict[int, LeftOut], making: Making) -> Plan:
    """The plan of these routes, judged. Raises: InvalidPlanError when the judge finds a broken rule."""
    left = reasons_for(day, Board(day, routes, screened), screened)
    made = tuple(route_of(problem, day, v, order) for v, order in enumerate(routes) if order)
    terms = _terms(problem, day, routes, made)
    plan = Plan(
        routes=made,
        left_out=left,
        cost=sum(terms.values()),
        engine=making.engine,
        seed=making.seed,
        budget_s=making.budget_s,
        versions=_versions(),
        areas=making.areas,
        terms=terms,
        matrix_source=problem.travel.source,
        cancelled=making.cancelled,
        notes=making.notes,
    )
    broken = violations(problem, plan)
    if broken:
        first = broken[0]
        raise InvalidPlanError(f"{len(broken)} broken rules, the first: {first.code} {first.subject_id}: {first.says}")
    return plan


def route_of(problem: Problem, day: Arrays, crew: int, order: list[int]) -> Route:
    """One crew's route with times and distances. Raises: InvalidPlanError when it does not hold."""
    timing = time_route(day, crew, order)
    if isinstance(timing, Broken):
        raise InvalidPlanError(f"crew {day.crew_ids[crew]}: {timing.limit} by {timing.by}")
    start, end = problem.crew_points[crew]
    rows = np.array([start, *order, end], dtype=np.int64)
    seconds, metres = problem.legs(rows, rows, problem.crews[crew].mode)
    legs = range(len(order) + 1)
    return Route(
        crew_id=day.crew_ids[crew],
        visits=tuple(
            _visit(day, order, timing, k, (int(seconds[k, k + 1]), int(metres[k, k + 1]))) for k in range(len(order))
        ),
        start_s=timing.start_s,
        end_s=timing.end_s,
        travel_s=sum(int(seconds[k, k + 1]) for k in legs),
        distance_m=sum(int(metres[k, k + 1]) for k in legs),
        rests=tuple(Window(*rest) for rest in timing.rests),
    )


def _visit(day: Arrays, order: list[int], timing: Timing, k: int, leg: tuple[int, int]) -> PlannedVisit:
    return PlannedVisit(
        stop_id=day.stop_ids[order[k]],
        sequence=k + 1,
        arrive_s=timing.arrive_s[k],
        start_s=timing.begin_s[k],
        leave_s=timing.leave_s[k],
        travel_s=leg[0],
        distance_m=leg[1],
    )


def _terms(problem: Problem, day: Arrays, routes: Routes, made: tuple[Route, ...]) -> dict[str, int]:
    weights = problem.objective
    served = [(problem.stops[row], problem.crews[v].id) for v, route in enumerate(routes) for row in route]
    planned = [row for route in routes for row in route]
    day_of = {crew.id: crew.day for crew in problem.crews}
    over = sum(max(0, len(route) - day.fair_stops) for route in routes)
    return {
        "LEFT_OUT": int(day.left_out.sum()) - int(day.left_out[planned].sum()),
        "TRAVEL": sum(route.travel_s for route in made),
        "BALANCE": over * weights.balance_s,
        "OTHER_CREW": sum(stop.last_crew not in {None, crew} for stop, crew in served) * weights.other_crew_s,
        "OTHER_DAY": sum((stop.days or {}).get(day_of[crew], 0) for stop, crew in served),
        "CHANGE": sum(stop.planned_crew not in {None, crew} for stop, crew in served) * weights.change_s,
    }


def _versions() -> dict[str, str]:
    return {package: version(package) for package in PACKAGES}
