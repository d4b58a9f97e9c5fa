"""The default engine on one area: runs from nothing, a choice among their routes, a warm run, a choice again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from routing.arrays import FAR, routes_cost
from routing.pool import choose
from routing.proposer import Proposer

if TYPE_CHECKING:
    from collections.abc import Callable

    from routing.arrays import Arrays, Routes
    from routing.column import Column

HOT: Final = 1.0
WARM: Final = 0.2
LUKEWARM: Final = 0.1
COLD: Final = 0.03
"""Temperatures in mean legs: from nothing, from routes at hand, where a first run ends, at the end."""
COLLECT_FROM: Final = 0.6
"""Part of a run after which its routes are worth collecting."""
RUNS_UNTIL: Final = 0.66
WARM_UNTIL: Final = 0.9
"""Parts of the budget after which the runs from nothing, and the warm one, are over."""
CHOICE_SHARE: Final = 0.07
SLICE_MOVES: Final = 300
COLUMNS: Final = 2000
"""Routes each run hands to the choice."""
LEAST_CHOICE_S: Final = 0.3
MOST_CHOICE_SHARE: Final = 0.2
"""A choice takes this long, but never more than this part of a short budget."""
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
    search = _Search(day, budget_s, seed, moves, on_better, stop)
    if start is None:
        runs = runs_for(day, budget_s)
        for number in range(runs):
            search.run(None, HOT, LUKEWARM, RUNS_UNTIL * (number + 1) / runs)
        if runs > 1:
            search.choose()
    search.run(start or search.best, WARM, COLD, WARM_UNTIL)
    search.choose()
    search.run(search.best, COLD, COLD / 10, 1.0)
    return search.best


class _Search:
    """Runs one after the other on one budget, the routes they met, and the best day so far."""

    def __init__(
        self,
        day: Arrays,
        budget_s: float,
        seed: int,
        moves: int | None,
        on_better: Callable[[Routes], None],
        stop: Callable[[], bool],
    ) -> None:
        self.day, self.budget_s, self.seed, self.moves = day, budget_s, seed, moves
        self.on_better, self.stop = on_better, stop
        self.best: Routes = []
        self._cost = FAR
        self._columns: list[Column] = []
        self._began, self._until = time.perf_counter(), 0.0
        self._proposer = Proposer(day, seed)

    def run(self, start: Routes | None, heat: float, end: float, until: float) -> None:
        """Cool from a start, or from nothing, until a part of the budget is used; whoever stops it has the best."""
        if self._cost < FAR and self.stop():
            return
        proposer = self._proposer
        proposer.forget()
        if start is None:
            proposer.build()
        else:
            proposer.start(start)
        self._take()
        seconds = until * self.budget_s - (time.perf_counter() - self._began)
        pace = _Pace(seconds, None if self.moves is None else int(self.moves * (until - self._until)))
        self._cool(pace, heat, end)
        self._take()
        self._columns += proposer.columns(COLUMNS)
        self._until = until

    def choose(self) -> None:
        """The cheapest choice among all routes met so far."""
        if self.stop():
            return
        left_s = self._began + self.budget_s - time.perf_counter()
        least_s = min(LEAST_CHOICE_S, MOST_CHOICE_SHARE * self.budget_s)
        budget_s = max(least_s, min(CHOICE_SHARE * self.budget_s, left_s))
        repeatable = self.moves is not None
        terms: dict[str, Any] = {"budget_s": budget_s, "seed": self.seed, "repeatable": repeatable, "stop": self.stop}
        found = choose(self.day, self._columns, self.best, **terms)
        self._better(found, routes_cost(self.day, found))

    def _cool(self, pace: _Pace, heat: float, end: float) -> None:
        """One run from hot to cold; better routes are handed out at most every few slices."""
        proposer = self._proposer
        leg_s, part, slices = proposer.mean_leg_s(), 0.0, 0
        while part < 1 and not self.stop():
            if part < 0.05:  # noqa: PLR2004 - while the start still falls fast
                leg_s = proposer.mean_leg_s()
            proposer.run(SLICE_MOVES, leg_s * heat * (end / heat) ** part, collecting=part > COLLECT_FROM)
            slices += 1
            if slices % 10 == 0:
                self._take()
            part = pace.step()

    def _take(self) -> None:
        if self._proposer.cost < self._cost:
            self._better(self._proposer.best(), self._proposer.cost)

    def _better(self, routes: Routes, cost: int) -> None:
        if cost < self._cost:
            self.best, self._cost = routes, cost
            self.on_better(routes)


def runs_for(day: Arrays, budget_s: float) -> int:
    """Independent runs that pay: each needs time to cool."""
    return max(1, min(MOST_RUNS, int(budget_s * RUN_STOPS_PER_S / day.stop_count)))


def _alone(day: Arrays, seed: int) -> Routes:
    if not day.stop_count or not day.crew_count:
        return [[] for _ in range(day.crew_count)]
    proposer = Proposer(day, seed)
    proposer.build()
    return proposer.best()
