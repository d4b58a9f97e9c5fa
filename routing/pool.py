"""The choice among candidate routes: duals by GLOP, then CP-SAT on the columns that matter."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from ortools.linear_solver import pywraplp
from ortools.sat.python import cp_model

from routing.arrays import Routes, routes_cost
from routing.column import Column, columns_of
from routing.timing import Broken, time_route

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from routing.arrays import Arrays

KEPT_COLUMNS: Final = 1500
"""Columns of least reduced cost that CP-SAT sees (measured: on all of 11,000 it finds nothing in 2 s)."""
POLL_S: Final = 0.1
STEPS_PER_S: Final = 1.0
"""CP-SAT's deterministic time per second of budget, where a plan must repeat exactly."""


def choose(
    day: Arrays,
    columns: Sequence[Column],
    now: Routes,
    *,
    budget_s: float,
    seed: int,
    repeatable: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> Routes:
    """The cheapest choice of routes from the columns and the present ones; never worse than the present."""
    began = time.perf_counter()
    mine = columns_of(day, now)
    every = _distinct(day, [*columns, *mine])
    keep = _promising(day, every, None if repeatable else budget_s / 2)
    wanted = {_key(day, column) for column in mine}
    kept = [column for i, column in enumerate(every) if i in keep or _key(day, column) in wanted]
    left_s = budget_s - (time.perf_counter() - began)
    if not repeatable and left_s < 0.05:  # noqa: PLR2004 - too little for a model
        return now
    chosen = _cover(day, kept, wanted, seed, left_s if not repeatable else -budget_s * STEPS_PER_S, stop)
    routes = _without_doubles(day, _to_crews(day, chosen))
    return routes if routes_cost(day, routes) < routes_cost(day, now) else now


def _key(day: Arrays, column: Column) -> tuple[int, frozenset[int]]:
    return int(day.alike[column.crew]), frozenset(column.stops)


def _distinct(day: Arrays, columns: Sequence[Column]) -> list[Column]:
    """The cheapest column of each set of stops and kind of crew, in order of appearance."""
    found: dict[tuple[int, frozenset[int]], Column] = {}
    for column in columns:
        key = _key(day, column)
        if key not in found or column.cost < found[key].cost:
            found[key] = column
    return list(found.values())


def _promising(day: Arrays, columns: Sequence[Column], budget_s: float | None) -> set[int]:
    """Columns of least reduced cost in the linear relaxation."""
    if len(columns) <= KEPT_COLUMNS:
        return set(range(len(columns)))
    solver: Any = pywraplp.Solver.CreateSolver("GLOP")
    if budget_s is not None:
        solver.SetTimeLimit(int(budget_s * 1000))
    goal = solver.Objective()
    stops = [solver.Constraint(1, solver.infinity()) for _ in range(day.stop_count)]
    kinds = [solver.Constraint(-solver.infinity(), int(count)) for count in np.bincount(day.alike)]
    for stop, row in enumerate(stops):
        skipped = solver.NumVar(0, solver.infinity(), "")
        row.SetCoefficient(skipped, 1)
        goal.SetCoefficient(skipped, float(day.left_out[stop]))
    for column in columns:
        taken = solver.NumVar(0, solver.infinity(), "")
        goal.SetCoefficient(taken, column.cost)
        kinds[day.alike[column.crew]].SetCoefficient(taken, 1)
        for stop in column.stops:
            stops[stop].SetCoefficient(taken, 1)
    goal.SetMinimization()
    if solver.Solve() != pywraplp.Solver.OPTIMAL:
        return set(range(len(columns) - KEPT_COLUMNS, len(columns)))
    stop_price = np.array([row.dual_value() for row in stops])
    kind_price = [row.dual_value() for row in kinds]
    reduced = [c.cost - stop_price[list(c.stops)].sum() - kind_price[day.alike[c.crew]] for c in columns]
    return set(np.argsort(reduced, kind="stable")[:KEPT_COLUMNS].tolist())


def _cover(
    day: Arrays,
    columns: Sequence[Column],
    wanted: set[tuple[int, frozenset[int]]],
    seed: int,
    budget: float,
    stopped: Callable[[], bool],
) -> list[Column]:
    """Every stop in a chosen column or paid for; no more columns of a kind than crews. Negative budget: steps."""
    model = cp_model.CpModel()
    taken = [model.new_bool_var("") for _ in columns]
    skipped = [model.new_bool_var("") for _ in range(day.stop_count)]
    holds: list[list[Any]] = [[skip] for skip in skipped]
    kinds: list[list[Any]] = [[] for _ in range(int(day.alike.max()) + 1)]
    hinted: set[int] = set()
    for column, var in zip(columns, taken, strict=True):
        kinds[day.alike[column.crew]].append(var)
        is_now = _key(day, column) in wanted
        model.add_hint(var, is_now)
        for stop in column.stops:
            holds[stop].append(var)
        hinted.update(column.stops if is_now else ())
    for stop, literals in enumerate(holds):
        model.add_bool_or(literals)
        model.add_hint(skipped[stop], stop not in hinted)
    for count, literals in zip(np.bincount(day.alike), kinds, strict=True):
        model.add(cp_model.LinearExpr.sum(literals) <= int(count))
    costs = [column.cost for column in columns] + day.left_out.tolist()
    model.minimize(cp_model.LinearExpr.weighted_sum(taken + skipped, costs))
    if _solved(solver := _solver(seed, budget), model, stopped) not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        return []
    return [column for column, var in zip(columns, taken, strict=True) if solver.boolean_value(var)]


def _solved(solver: Any, model: Any, stopped: Callable[[], bool]) -> Any:
    """The solver's status; it runs beside, so that whoever stops the plan is heard."""
    with ThreadPoolExecutor(1) as beside:
        status = beside.submit(solver.solve, model)
        while not wait([status], POLL_S).done:
            if stopped():
                solver.stop_search()
        return status.result()


def _solver(seed: int, budget: float) -> Any:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.linearization_level = 2
    solver.parameters.catch_sigint_signal = False  # else it leaves Ctrl-C to kill the process without a word
    solver.parameters.random_seed = seed % 2**31
    if budget < 0:
        solver.parameters.max_deterministic_time = -budget
    else:
        solver.parameters.max_time_in_seconds = budget
    return solver


def _to_crews(day: Arrays, chosen: Sequence[Column]) -> Routes:
    """Give each column a crew of its kind."""
    free: dict[int, list[int]] = {}
    for v in range(day.crew_count - 1, -1, -1):
        free.setdefault(int(day.alike[v]), []).append(v)
    routes: Routes = [[] for _ in range(day.crew_count)]
    for column in chosen:
        routes[free[int(day.alike[column.crew])].pop()] = list(column.stops)
    return routes


def _without_doubles(day: Arrays, routes: Routes) -> Routes:
    """A stop chosen twice stays where taking it out saves less."""
    seen: dict[int, list[int]] = {}
    for v, route in enumerate(routes):
        for stop in route:
            seen.setdefault(stop, []).append(v)
    for stop, crews in seen.items():
        while len(crews) > 1:
            left = {v: [x for x in routes[v] if x != stop] for v in crews}
            saved = {v: _cost(day, v, routes[v]) - _cost(day, v, left[v]) for v in crews}
            order = sorted(crews, key=lambda v, s=saved: (-s[v], v))  # type: ignore[misc]
            crew = next((v for v in order if not isinstance(time_route(day, v, left[v]), Broken)), order[0])
            routes[crew] = left[crew]
            crews.remove(crew)
    return routes


def _cost(day: Arrays, crew: int, route: list[int]) -> int:
    return columns_of(day, [route], [crew])[0].cost if route else 0
