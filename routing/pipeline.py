"""The whole way from a problem to a plan: screen, divide, solve side by side, fit in, judge, explain."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final

from routing.areas import AreaRows, divide
from routing.arrays import Arrays, Routes, arrays_of, routes_cost
from routing.engines import ENGINES, search
from routing.errors import InvalidValueError
from routing.finish import Making, plan_of
from routing.insertion import fitted_in, held
from routing.problem import Area, Plan, Problem, Progress
from routing.screen import screen
from routing.workers import Task, run_tasks

if TYPE_CHECKING:
    from collections.abc import Callable

FINISH_SHARE: Final = 0.06
"""Part of the budget kept for fitting in, judging and explaining."""


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
) -> Plan:
    """Plan a day. Every stop comes back in a route or with a proved reason.

    `engine="ortools"` uses the OR-Tools model alone. `stop` is asked all the time: once it says True the best plan so
    far is returned. `limit` bounds each area's search by steps: with it, and a budget that is not reached, the same
    problem and seed give the same plan.
    Units: `budget_s` is wall-clock seconds. `cores=None` takes all this process may use.
    Raises: InvalidValueError, SolverProcessLostError (run it again), InvalidPlanError (never hands out a bad plan).
    """
    if engine not in ENGINES:
        raise InvalidValueError("engine", engine, f"use one of {', '.join(ENGINES)}")
    if not budget_s > 0:
        raise InvalidValueError("budget_s", repr(budget_s), "give a number of seconds above 0")
    began = time.monotonic()
    screened = screen(problem)
    rows = [row for row in range(len(problem.stops)) if row not in screened]
    parts = divide(problem, rows) if rows and problem.crews else []
    board = _Board(problem, parts, began, budget_s, on_progress)
    tasks = [
        Task(day, engine, seed, limit=limit, share=len(part.stop_rows))
        for day, part in zip(board.days, parts, strict=True)
    ]
    cancelled = run_tasks(
        tasks,
        search,
        deadline=began + budget_s * (1 - FINISH_SHARE),
        cores=cores or len(os.sched_getaffinity(0)),
        stop=stop or _never,
        on_routes=board.take,
    )
    board.tell("finish")
    day = arrays_of(problem, range(len(problem.stops)), range(len(problem.crews)))
    routes = fitted_in(day, held(day, board.joined()), screened)
    areas = tuple(_named(problem, number, part) for number, part in enumerate(parts))
    return plan_of(problem, day, routes, screened, Making(engine, seed, budget_s, areas, cancelled))


class _Board:
    """Best routes of every area so far, and what to say about them."""

    def __init__(
        self,
        problem: Problem,
        parts: list[AreaRows],
        began: float,
        budget_s: float,
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        self.problem = problem
        self.parts = parts
        self.days: list[Arrays] = [arrays_of(problem, part.stop_rows, part.crew_rows) for part in parts]
        self.routes: list[Routes] = [[[] for _ in part.crew_rows] for part in parts]
        self.costs = [routes_cost(day, routes) for day, routes in zip(self.days, self.routes, strict=True)]
        self.done = [False] * len(parts)
        self._began, self._budget_s, self._on_progress = began, budget_s, on_progress

    def take(self, number: int, routes: Routes, finished: bool) -> None:  # noqa: FBT001 - a worker's message
        """Better routes of one area. Worse ones are ignored: a cancel never loses what was found."""
        cost = routes_cost(self.days[number], routes)
        if cost <= self.costs[number]:
            self.routes[number], self.costs[number] = routes, cost
        self.done[number] |= finished
        self.tell("solve")

    def joined(self) -> Routes:
        """Routes of the whole problem, by its rows."""
        joined: Routes = [[] for _ in self.problem.crews]
        for part, routes in zip(self.parts, self.routes, strict=True):
            for crew, route in zip(part.crew_rows, routes, strict=True):
                joined[crew] = [part.stop_rows[stop] for stop in route]
        return joined

    def tell(self, phase: str) -> None:
        """Report progress to whoever asked for it."""
        if self._on_progress is not None:
            planned = sum(len(route) for routes in self.routes for route in routes)
            elapsed_s = time.monotonic() - self._began
            totals = (sum(self.done), len(self.parts), planned, sum(self.costs) if self.parts else None)
            self._on_progress(Progress(phase, elapsed_s, self._budget_s, *totals))


def _named(problem: Problem, number: int, part: AreaRows) -> Area:
    stops = tuple(problem.stops[row].id for row in part.stop_rows)
    return Area(f"A{number + 1:02d}", stops, tuple(problem.crews[row].id for row in part.crew_rows))


def _never() -> bool:
    return False
