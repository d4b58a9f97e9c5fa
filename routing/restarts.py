"""The default engine on one area: propose by ruin and recreate, choose with CP-SAT, polish what was chosen."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from routing.arrays import routes_cost
from routing.pool import choose
from routing.proposer import Proposer

if TYPE_CHECKING:
    from collections.abc import Callable

    from routing.arrays import Arrays, Routes
    from routing.column import Column

HOT: Final = 1.0
WARM: Final = 0.1
COLD: Final = 0.03
"""Temperatures in mean legs: from nothing, from routes at hand, at the end."""
COLLECT_FROM: Final = 0.6
"""Part of a run after which its routes are worth collecting."""
RUN_SHARE: Final = 0.8
CHOICE_SHARE: Final = 0.12
SLICE_MOVES: Final = 300
COLUMNS: Final = 8000
LEAST_CHOICE_S: Final = 0.3
MOST_RUNS: Final = 4
RUN_STOPS_PER_S: Final = 60
"""A run of fewer seconds than stops ÷ this does not cool well."""


class _Pace:
    """How far a run is, by the clock or, where a plan must repeat exactly, by moves."""

    def __init__(self, seconds: float, moves: int | None) -> None:
        self._began, self._seconds, self._moves, self._done = time.perf_counter(), seconds, moves, 0

    def step(self) -> float:
        """Part of the run that is behind; counts one slice."""
        self._done += SLICE_MOVES
        if self._moves is not None:
            return self._done / max(1, self._moves)
        return (time.perf_counter() - self._began) / max(1e-9, self._seconds)


def propose_and_choose(
    day: Arrays,
    *,
    budget_s: float,
    seed: int,
    start: Routes | None = None,
    moves: int | None = None,
    on_better: Callable[[Routes], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> Routes:
    """Routes of one area. With `moves`, that many moves in all instead of the clock: the same answer every time."""
    if day.stop_count < 2 or not day.crew_count:  # noqa: PLR2004 - one stop has no neighbour
        return _alone(day, seed)
    began = time.perf_counter()
    runs = 1 if start is not None else runs_for(day, budget_s)
    columns: list[Column] = []
    best: tuple[int, Routes] | None = None
    for number in range(runs):
        used_s = time.perf_counter() - began
        seconds = (budget_s * RUN_SHARE - used_s) / (runs - number)
        proposer = Proposer(day, seed * 100 + number)
        if start is None:
            proposer.build()
        else:
            proposer.start(start)
        if number == 0:
            on_better(proposer.best())  # whoever stops the search early has this at least
        pace = _Pace(seconds, None if moves is None else int(moves * RUN_SHARE / runs))
        _cool(proposer, pace, HOT if start is None else WARM, on_better, stop)
        columns += proposer.columns(COLUMNS // runs)
        if best is None or proposer.cost < best[0]:
            best = (proposer.cost, proposer.best())
        if stop():
            return best[1]
    assert best is not None
    choice_s = max(LEAST_CHOICE_S, min(CHOICE_SHARE * budget_s, began + budget_s - time.perf_counter()))
    chosen = choose(day, columns, best[1], budget_s=choice_s, seed=seed, repeatable=moves is not None)
    proposer.start(chosen)
    if routes_cost(day, chosen) < best[0]:
        on_better(chosen)
    rest_s = budget_s - (time.perf_counter() - began)
    pace = _Pace(rest_s, None if moves is None else int(moves * (1 - RUN_SHARE)))
    _cool(proposer, pace, COLD, on_better, stop)
    return proposer.best() if proposer.cost < routes_cost(day, chosen) else chosen


def runs_for(day: Arrays, budget_s: float) -> int:
    """Independent runs that pay: each needs time to cool."""
    return max(1, min(MOST_RUNS, int(budget_s * RUN_STOPS_PER_S / day.stop_count)))


def _cool(
    proposer: Proposer, pace: _Pace, heat: float, on_better: Callable[[Routes], None], stop: Callable[[], bool]
) -> None:
    """One run from hot to cold; better routes are handed out at most every few slices."""
    leg_s, part, told, slices = proposer.mean_leg_s(), 0.0, proposer.cost, 0
    while part < 1 and not stop():
        if part < 0.05:  # noqa: PLR2004 - while the start still falls fast
            leg_s = proposer.mean_leg_s()
        proposer.run(SLICE_MOVES, leg_s * heat * (COLD / HOT) ** part, collecting=part > COLLECT_FROM)
        slices += 1
        if proposer.cost < told and slices % 10 == 0:
            told = proposer.cost
            on_better(proposer.best())
        part = pace.step()


def _alone(day: Arrays, seed: int) -> Routes:
    if not day.stop_count or not day.crew_count:
        return [[] for _ in range(day.crew_count)]
    proposer = Proposer(day, seed)
    proposer.build()
    return proposer.best()
