"""The whole way from a problem to a plan: screen, divide, solve, improve, accept, judge, explain."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final

import numpy as np

from routing.areas import MOST_VISITS, divide, plane_of
from routing.arrays import day_of, fitted_to
from routing.borders import regroup
from routing.debtors import days_apart, narrowed
from routing.engines import ACCEPT, ENGINES, warm
from routing.errors import InvalidValueError
from routing.finish import Making, plan_of
from routing.insertion import fitted_in, held
from routing.problem import Area, Plan, Problem, Progress
from routing.rounds import Group, Rounds, Terms, never
from routing.screen import screen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from routing.areas import AreaRows
    from routing.arrays import Arrays, Routes

FINISH_S: Final = 0.15
FINISH_STOP_S: Final = 0.0006
MOST_FINISH_SHARE: Final = 0.15
"""Seconds kept for fitting in, accepting, judging and explaining: some, some per stop, at most a part of the budget."""
REASON_S: Final = 0.011
MOST_REASONS_SHARE: Final = 0.45
"""Seconds kept for each reason a crowded day will need, at most a part of the budget."""
AREAS_SHARE: Final = 0.6
"""Part used inside areas when borders are improved afterwards."""
DISTRICT_VISITS: Final = 1100
LEAST_DISTRICT_VISITS: Final = 450
"""Bounds of what the default engine searches as one; below the least, more cores try more seeds instead."""
BORDER_ROUNDS: Final = 2
BORDER_VISITS: Final = 1100
"""Visits one search across borders holds at most: its matrices grow with the square; twice as many gain nothing."""
CANCELLED_S: Final = 2.0
"""What a repair may still take of a plan that was cancelled: whoever cancelled waits for it."""
ACCEPT_CREWS: Final = 8
"""Routes the OR-Tools model is asked about at once: its rules are per route, small models are built sooner."""


def plan(
    problem: Problem,
    *,
    budget_s: float,
    seed: int,
    cores: int | None = None,
    stop: Callable[[], bool] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    engine: str = "default",
    limit: int | None = None,
    start: Plan | None = None,
) -> Plan:
    """Plan a day. Every stop comes back in a route or with a proved reason.

    `engine="ortools"` uses the OR-Tools model alone. `stop` is asked all the time: once it says True the best plan so
    far is returned. `limit` bounds each search by steps (moves, or solutions of OR-Tools): with it, and a budget that
    is not reached, the same problem and seed give the same plan.
    `start` is a plan to go on from, made for this or a slightly other problem: what still holds of it is kept at first,
    and `Objective.change_s` with `Stop.planned_crew` says how much keeping it is worth.
    Units: `budget_s` is wall-clock seconds; a cold installation compiles first, outside of it (see `warm`).
    `cores=None` takes all this process may use.
    Raises: InvalidValueError, SolverProcessLostError (run it again), InvalidPlanError (never hands out a bad plan).
    """
    if engine not in ENGINES:
        raise InvalidValueError("engine", engine, f"use one of {', '.join(ENGINES)}")
    if not budget_s > 0:
        raise InvalidValueError("budget_s", repr(budget_s), "give a number of seconds above 0")
    if engine == "default":
        warm()
    began, cores = time.monotonic(), cores or _cores()
    screened = screen(problem)
    apart = days_apart(problem, screened)
    rows = [row for row in range(len(problem.stops)) if row not in screened and row not in apart.waiting]
    day = day_of(problem)
    to_search = narrowed(problem, apart)
    searched = day if to_search is problem else fitted_to(day, to_search)
    rounds = Rounds(searched, Terms(began, budget_s, seed, cores, limit, stop or never, on_progress))
    parts = divide(to_search, rows) if rows else []
    searching = 1 - min(MOST_FINISH_SHARE, (FINISH_S + FINISH_STOP_S * len(rows)) / budget_s)
    searching -= min(MOST_REASONS_SHARE, REASON_S * crowd_of(day, rows) / budget_s)
    if start is not None and parts:
        rounds.replace(held(searched, _still_there(problem, start, set(rows))))
        _go_on(problem, rounds, rows, engine, searching)
    else:
        groups = _districts(parts, _most_together(engine, len(rows), cores))
        improves = engine == "default" and len(groups) > 1
        rounds.run(groups, engine, searching * (AREAS_SHARE if improves else 1.0))
        if improves:
            _improve_borders(problem, rounds, rows, searching)
    rounds.tell("finish")
    rounds.replace(fitted_in(day, held(day, rounds.routes), screened), day)
    if engine == "default" and rows and problem.crews:
        _accept(problem, rounds)
    areas = tuple(_named(problem, number, part) for number, part in enumerate(parts))
    return plan_of(problem, day, rounds.routes, screened, Making(engine, seed, budget_s, areas, rounds.cancelled))


def crowd_of(day: Arrays, rows: Sequence[int]) -> int:
    """How many of these stops are too many for the crews, however near they lie to each other."""
    if not rows:
        return 0
    service_s = max(1.0, float(day.service[list(rows)].mean()))
    room = np.minimum(day.max_stops, (day.shift_end - day.shift_start) / service_s)
    return max(0, len(rows) - int(room.sum()))


def _still_there(problem: Problem, start: Plan, rows: set[int]) -> Routes:
    """Routes of an earlier plan, of the stops and crews that this problem still has."""
    row = {stop.id: i for i, stop in enumerate(problem.stops) if i in rows}
    before = {route.crew_id: [row[v.stop_id] for v in route.visits if v.stop_id in row] for route in start.routes}
    return [before.get(crew.id, []) for crew in problem.crews]


def _go_on(problem: Problem, rounds: Rounds, rows: list[int], engine: str, until: float) -> None:
    """Search from the routes at hand, in strips as large as the engine can hold."""
    homes = np.array([first for first, _ in problem.crew_points], dtype=np.int64)
    most = _most_together(engine, len(rows), rounds.terms.cores)
    count = min(len(problem.crews), -(-len(rows) // most))
    rounds.run(regroup(plane_of(problem), homes, rounds.routes, rows, count=count, axis=0), engine, until)


def _most_together(engine: str, visits: int, cores: int) -> int:
    """Visits one search may hold: an area for OR-Tools, what one core can chew for ruin and recreate."""
    if engine == "ortools":
        return MOST_VISITS
    return min(DISTRICT_VISITS, max(LEAST_DISTRICT_VISITS, -(-visits * 11 // (10 * cores))))


def _districts(parts: list[AreaRows], most: int) -> list[Group]:
    """Neighbouring areas searched as one, while they hold no more than `most` visits together."""
    found: list[Group] = []
    for part in parts:
        if found and len(found[-1].stop_rows) + len(part.stop_rows) <= most:
            last = found.pop()
            found.append(Group(last.stop_rows + part.stop_rows, last.crew_rows + part.crew_rows))
        else:
            found.append(Group(part.stop_rows, part.crew_rows))
    return found


def _improve_borders(problem: Problem, rounds: Rounds, rows: list[int], until: float) -> None:
    """Search again over routes of neighbouring areas, in as many strips as there are cores."""
    plane = plane_of(problem)
    homes = np.array([start for start, _ in problem.crew_points], dtype=np.int64)
    count = max(rounds.terms.cores, -(-len(rows) // BORDER_VISITS))
    times = BORDER_ROUNDS if count > 1 else 1
    now = (time.monotonic() - rounds.terms.began) / rounds.terms.budget_s
    if now >= until and rounds.terms.limit is None:
        return
    for number in range(times):
        groups = regroup(plane, homes, rounds.routes, rows, count=count, axis=number % 2)
        rounds.run(groups, "default", now + (until - now) * (number + 1) / times)


def _accept(problem: Problem, rounds: Rounds) -> None:
    """OR-Tools' model of all rules has the last word on every route, also of a cancelled plan."""
    plane = plane_of(problem)
    homes = np.array([start for start, _ in problem.crew_points], dtype=np.int64)
    planned = [stop for route in rounds.routes for stop in route]
    count = -(-len(problem.crews) // ACCEPT_CREWS)
    elapsed_s = time.monotonic() - rounds.terms.began
    until = min(1.0, (elapsed_s + CANCELLED_S) / rounds.terms.budget_s) if rounds.cancelled else 1.0
    rounds.run(regroup(plane, homes, rounds.routes, planned, count=count, axis=0), ACCEPT, until)


def _named(problem: Problem, number: int, part: AreaRows) -> Area:
    stops = tuple(problem.stops[row].id for row in part.stop_rows)
    return Area(f"A{number + 1:02d}", stops, tuple(problem.crews[row].id for row in part.crew_rows))


def _cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
