"""The engines by name: what a solver process runs on one area."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from routing.solve import solve_area

if TYPE_CHECKING:
    from collections.abc import Callable

    from routing.arrays import Routes
    from routing.workers import Task

ENGINES: Final = ("default", "ortools")


def search(task: Task, budget_s: float, on_better: Callable[[Routes], None], stop: Callable[[], bool]) -> Routes:
    """Routes of one area by the engine the task names."""
    return solve_area(
        task.day, budget_s=budget_s, start=task.start, solution_limit=task.limit, on_better=on_better, stop=stop
    )
