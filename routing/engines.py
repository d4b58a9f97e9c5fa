"""The engines by name: what a solver process runs on one area."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from routing.arrays import arrays_of
from routing.problem import Crew, Problem, Stop, Window
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


def warm() -> None:
    """Compile the searches once, so that no plan waits for it; a second call only reads the cache.

    Cost: a minute on a cold installation, a second from the cache. Example: the last step of a set-up.
    """
    window = Window(0, 1000)
    stops = tuple(Stop(str(i), 0.0, i / 1000, 60, (window,)) for i in range(3))
    problem = Problem(stops, (Crew("c", 0.0, 0.0, 0.0, 0.0, window),))
    day = arrays_of(problem, range(3), range(1))
    propose_and_choose(day, budget_s=1.0, seed=1, moves=10)
