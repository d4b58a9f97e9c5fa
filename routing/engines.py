"""The engines by name: what a solver process runs on one area."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from routing.restarts import propose_and_choose
from routing.solve import accepted, solve_area

if TYPE_CHECKING:
    from collections.abc import Callable

    from routing.arrays import Routes
    from routing.workers import Task

ENGINES: Final = ("default", "ortools")
ACCEPT: Final = "accept"
"""Not an engine of its own: OR-Tools' last word on routes at hand."""


def search(task: Task, budget_s: float, on_better: Callable[[Routes], None], stop: Callable[[], bool]) -> Routes:
    """Routes of one area by the engine the task names."""
    if task.engine == ACCEPT:
        assert task.start is not None
        return accepted(task.day, task.start, budget_s=budget_s, solution_limit=task.limit)
    if task.engine == "ortools":
        return solve_area(
            task.day, budget_s=budget_s, start=task.start, solution_limit=task.limit, on_better=on_better, stop=stop
        )
    return propose_and_choose(
        task.day,
        budget_s=budget_s,
        seed=task.seed,
        start=task.start,
        moves=task.limit,
        on_better=on_better,
        stop=stop,
    )
