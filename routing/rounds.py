"""Rounds of solving: groups of stops and crews side by side, the whole day's routes always at hand."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from routing.arrays import Arrays, Routes, part_of, routes_cost
from routing.engines import ACCEPT, search
from routing.problem import Progress
from routing.workers import Task, run_tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def never() -> bool:
    """Nobody stops this plan."""
    return False


@dataclass(frozen=True, slots=True)
class Group:
    """Stops and crews solved together, as rows of the day; `start` are its routes so far, by its own numbers."""

    stop_rows: tuple[int, ...]
    crew_rows: tuple[int, ...]
    start: Routes | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """How to run: what the caller of `plan` asked for."""

    began: float
    budget_s: float
    seed: int
    cores: int
    limit: int | None
    stop: Callable[[], bool]
    on_progress: Callable[[Progress], None] | None


class Rounds:
    """The best routes of a day, round after round."""

    def __init__(self, day: Arrays, terms: Terms) -> None:
        self.day, self.terms = day, terms
        self.routes: Routes = [[] for _ in range(day.crew_count)]
        self.cancelled = False
        self._cost = routes_cost(day, self.routes)
        self._done = self._groups = 0

    def run(self, groups: Sequence[Group], engine: str, until: float) -> None:
        """Solve the groups by the engine until a part of the budget is used; once cancelled, accept only."""
        if (self.cancelled and engine != ACCEPT) or not groups:
            return
        tasks, owner = self._tasks(groups, engine)
        best = [self._start(group) for group in groups]
        costs = [routes_cost(tasks[owner.index(g)].day, start) for g, start in enumerate(best)]
        self._done, self._groups = 0, len(tasks)

        def on_routes(number: int, routes: Routes, finished: bool) -> None:  # noqa: FBT001 - a worker's message
            group = owner[number]
            cost = routes_cost(tasks[number].day, routes)
            if cost <= costs[group] or engine == ACCEPT:
                self._cost += cost - costs[group]
                best[group], costs[group] = routes, cost
                self._join(groups[group], routes)
            self._done += finished
            self.tell(engine)

        self.cancelled |= run_tasks(
            tasks,
            search,
            deadline=self.terms.began + self.terms.budget_s * until,
            cores=self.terms.cores,
            stop=self.terms.stop if engine != ACCEPT else never,
            on_routes=on_routes,
            apart=engine == "ortools" and self.terms.stop is not never,
        )

    def replace(self, routes: Routes, day: Arrays | None = None) -> None:
        """Go on with other routes, and with other arrays of the same stops and crews if given."""
        self.day = day or self.day
        self.routes, self._cost = routes, routes_cost(self.day, routes)

    def tell(self, phase: str) -> None:
        """Report progress to whoever asked for it."""
        if self.terms.on_progress is not None:
            planned = sum(map(len, self.routes))
            elapsed_s = time.monotonic() - self.terms.began
            self.terms.on_progress(
                Progress(phase, elapsed_s, self.terms.budget_s, self._done, self._groups, planned, self._cost)
            )

    def _tasks(self, groups: Sequence[Group], engine: str) -> tuple[list[Task], list[int]]:
        """One task per group; a single group is tried from several seeds when there are cores to spare."""
        terms = self.terms
        copies = terms.cores if len(groups) == 1 and engine == "default" else 1
        owner = [g for g in range(len(groups)) for _ in range(copies)]
        days = [part_of(self.day, group.stop_rows, group.crew_rows) for group in groups]
        return [
            Task(
                days[g],
                engine,
                terms.seed + i,
                start=groups[g].start,
                limit=terms.limit,
                share=len(groups[g].stop_rows),
            )
            for i, g in enumerate(owner)
        ], owner

    def _start(self, group: Group) -> Routes:
        return group.start if group.start is not None else [[] for _ in group.crew_rows]

    def _join(self, group: Group, routes: Routes) -> None:
        for v, route in zip(group.crew_rows, routes, strict=True):
            self.routes[v] = [group.stop_rows[stop] for stop in route]
