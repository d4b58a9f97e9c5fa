"""The OR-Tools model of all rules: it plans an area alone, and has the last word on every plan."""

from __future__ import annotations

import time
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2
from ortools.util import optional_boolean_pb2

from routing.arrays import FAR

if TYPE_CHECKING:
    from collections.abc import Callable

    from routing.arrays import Arrays, Routes

OFF_SEED_ARC: Final = 1_000_000
HOT: Final = 0.02
COLD: Final = 0.002
"""Temperatures of the iterated local search, as shares of the mean travel between stops."""
RUINED_VISITS: Final = 10
IDLE: Final = -1
"""OR-Tools' vehicle of a stop that is not planned."""


class AreaModel:
    """OR-Tools' model of some stops and crews, with every rule of `routing.objective.TERMS`."""

    def __init__(self, day: Arrays, *, start: Routes | None = None, iterated: bool = True) -> None:
        self.day = day
        self.params = _parameters(day, seeded=start is not None and iterated)
        ends = day.start_node.tolist(), day.end_node.tolist()
        self.manager = pywrapcp.RoutingIndexManager(len(day.service), day.crew_count, *ends)
        self.model = pywrapcp.RoutingModel(self.manager)
        self.time = _add_travel_and_time(self)
        _add_windows(self)
        _add_counts(self)
        _add_crew_choice(self)
        _add_breaks(self)
        _add_positions(self)
        _add_debtors(self)
        if start is not None and iterated:
            self._start_from(start)
        self.model.CloseModelWithParameters(self.params)

    def accepts(self, routes: Routes) -> bool:
        """Every rule of the model holds for these routes."""
        return self.model.ReadAssignmentFromRoutes(routes, True) is not None

    def solve(
        self,
        *,
        budget_s: float,
        solution_limit: int | None,
        on_better: Callable[[Routes], None],
        stop: Callable[[], bool],
    ) -> Routes | None:
        """Iterated local search within the budget; None when not even an empty plan was found in it.

        Seeded only through the routes given at construction. With `solution_limit` and a budget that is never
        reached the answer is the same on every run.
        """
        self.params.time_limit.FromMilliseconds(max(1, int(budget_s * 1000)))
        if solution_limit is not None:
            self.params.solution_limit = solution_limit
        best: list[int] = [FAR * FAR]

        def at_solution() -> None:
            cost = self.model.CostVar().Max()
            if cost < best[0]:
                best[0] = cost
                on_better(self._current_routes())
            if stop():
                self.model.CancelSearch()

        self.model.AddAtSolutionCallback(at_solution)
        found = self.model.SolveWithIteratedLocalSearch(self.params)
        return None if found is None else self._routes(found.Value)

    def _current_routes(self) -> Routes:
        return self._routes(lambda var: var.Value())

    def _routes(self, value: Callable[[Any], int]) -> Routes:
        routes = []
        for v in range(self.day.crew_count):
            at = value(self.model.NextVar(self.model.Start(v)))
            route = []
            while not self.model.IsEnd(at):
                route.append(int(self.manager.IndexToNode(at)))
                at = value(self.model.NextVar(at))
            routes.append(route)
        return routes

    def _start_from(self, start: Routes) -> None:
        """Make the first solution the given one: arcs of it are free, all others dear."""
        follows: dict[int, int] = {}
        for v, route in enumerate(start):
            chain = [self.model.Start(v), *(self.manager.NodeToIndex(x) for x in route), self.model.End(v)]
            follows.update(pairwise(chain))
        self._evaluator = lambda i, j: 0 if follows.get(i) == j else OFF_SEED_ARC
        self.model.SetFirstSolutionEvaluator(self._evaluator)


def solve_area(
    day: Arrays,
    *,
    budget_s: float,
    start: Routes | None = None,
    solution_limit: int | None = None,
    on_better: Callable[[Routes], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> Routes:
    """Routes of one area by OR-Tools alone; all idle when nothing was found in the time.

    Cost: building takes about 1 ms per stop; the search uses the budget.
    """
    if not day.stop_count or not day.crew_count:
        return [[] for _ in range(day.crew_count)]
    began = time.perf_counter()
    model = AreaModel(day, start=start)
    left_s = budget_s - (time.perf_counter() - began)
    found = model.solve(budget_s=max(0.05, left_s), solution_limit=solution_limit, on_better=on_better, stop=stop)
    if found is not None:
        return found
    return start if start is not None else [[] for _ in range(day.crew_count)]


def _parameters(day: Arrays, *, seeded: bool) -> Any:
    """Parallel cheapest insertion, then ruin and recreate with local search, cooled."""
    params = pywrapcp.DefaultRoutingSearchParameters()
    strategies = routing_enums_pb2.FirstSolutionStrategy
    params.first_solution_strategy = strategies.EVALUATOR_STRATEGY if seeded else strategies.PARALLEL_CHEAPEST_INSERTION
    operators = params.local_search_operators
    off = optional_boolean_pb2.BOOL_FALSE  # insertion LNS: the same local optimum, 2.6 times later
    operators.use_global_cheapest_insertion_path_lns = off
    operators.use_local_cheapest_insertion_path_lns = off
    operators.use_relocate_path_global_cheapest_insertion_insert_unperformed = off
    search = params.iterated_local_search_parameters
    strategy = search.ruin_recreate_parameters.ruin_strategies.add()
    strategy.random_walk.num_removed_visits = RUINED_VISITS
    mean = max(1.0, float(day.matrix[:, : day.stop_count, : day.stop_count].mean()))
    annealing = search.reference_solution_acceptance_strategy.simulated_annealing
    annealing.initial_temperature = max(1.0, HOT * mean)
    annealing.final_temperature = max(0.1, COLD * mean)
    return params


def _add_travel_and_time(area: AreaModel) -> Any:
    day, model = area.day, area.model
    travel = day.matrix
    timed = travel.astype(np.int64) + day.service[None, :, None]
    nodes = np.arange(timed.shape[1])
    timed[:, nodes, nodes] = 0
    travels = [model.RegisterTransitMatrix(matrix.tolist()) for matrix in travel]
    times = [model.RegisterTransitMatrix(matrix.tolist()) for matrix in timed]
    modes = day.mode.tolist()
    for v, mode in enumerate(modes):
        model.SetArcCostEvaluatorOfVehicle(travels[mode], v)
    ends = day.shift_end.tolist()
    model.AddDimensionWithVehicleTransitAndCapacity([times[mode] for mode in modes], max(ends), ends, False, "time")
    dimension = model.GetDimensionOrDie("time")
    for v, (start_s, end_s) in enumerate(zip(day.shift_start.tolist(), ends, strict=True)):
        for index in (model.Start(v), model.End(v)):
            dimension.CumulVar(index).SetRange(start_s, end_s)
        if day.max_duty[v] < end_s - start_s:
            dimension.SetSpanUpperBoundForVehicle(int(day.max_duty[v]), v)
    return dimension


def _add_windows(area: AreaModel) -> None:
    """Windows, and a disjunction on every stop, so that a plan always exists."""
    day = area.day
    for stop in range(day.stop_count):
        index = area.manager.NodeToIndex(stop)
        area.model.AddDisjunction([index], int(day.left_out[stop]))
        count = int(day.window_count[stop])
        if not count or not (day.fit[:, stop] >= 0).any():
            area.model.ActiveVar(index).SetValue(0)
            continue
        begin = area.time.CumulVar(index)
        begin.SetRange(int(day.opens[stop, 0]), int(day.shuts[stop, count - 1]))
        for w in range(count - 1):
            begin.RemoveInterval(int(day.shuts[stop, w]) + 1, int(day.opens[stop, w + 1]) - 1)


def _add_counts(area: AreaModel) -> None:
    """Number of visits and loads per crew; the balance term is a soft bound on the number."""
    day, model = area.day, area.model
    idle = [0] * (len(day.service) - day.stop_count)
    if (day.max_stops < FAR).any() or day.balance_s:
        one = model.RegisterUnaryTransitVector([1] * day.stop_count + idle)
        most = np.minimum(day.max_stops, day.stop_count).tolist()
        model.AddDimensionWithVehicleCapacity(one, 0, most, True, "visits")
        if day.balance_s:
            visits = model.GetDimensionOrDie("visits")
            for v in range(day.crew_count):
                visits.SetCumulVarSoftUpperBound(model.End(v), day.fair_stops, day.balance_s)
    if (day.max_load < FAR).any():
        loads = model.RegisterUnaryTransitVector(day.load.tolist() + idle)
        most = np.minimum(day.max_load, int(day.load.sum())).tolist()
        model.AddDimensionWithVehicleCapacity(loads, 0, most, True, "load")


def _add_crew_choice(area: AreaModel) -> None:
    """Which crews may have a stop, and what a crew costs there."""
    day, model = area.day, area.model
    for stop in range(day.stop_count):
        may = np.flatnonzero(day.fit[:, stop] >= 0).tolist()
        if 0 < len(may) < day.crew_count:
            model.VehicleVar(area.manager.NodeToIndex(stop)).SetValues([IDLE, *may])
    if (day.fit > 0).any():
        idle = [0] * (len(day.service) - day.stop_count)
        costs = [model.RegisterUnaryTransitVector(np.maximum(row, 0).tolist() + idle) for row in day.fit]
        model.AddDimensionWithVehicleTransits(costs, 0, int(np.maximum(day.fit, 0).max(axis=0).sum()), True, "crew")
        model.GetDimensionOrDie("crew").SetSpanCostCoefficientForAllVehicles(1)


def _add_breaks(area: AreaModel) -> None:
    day, model = area.day, area.model
    if not day.break_count.any():
        return
    service = [int(day.service[area.manager.IndexToNode(i)]) for i in range(model.Size())]
    for v in range(day.crew_count):
        pauses = []
        for i in range(int(day.break_count[v])):
            first, length = int(day.break_start[v, i]), int(day.break_length[v, i])
            last = int(day.rest_cap[v, i, i + 1])
            pauses.append(model.solver().FixedDurationIntervalVar(first, last, length, False, f"break {v} {i}"))
        if pauses:
            area.time.SetBreakIntervalsOfVehicle(pauses, v, service)


def _add_positions(area: AreaModel) -> None:
    """Locked stops of one crew keep their order, where both are planned: a rule that insertion itself knows."""
    day = area.day
    placed = sorted((int(day.rank[stop]), stop) for stop in range(day.stop_count) if day.rank[stop] >= 0)
    by_crew: dict[bytes, list[tuple[int, int]]] = {}
    for rank, stop in placed:
        by_crew.setdefault((day.fit[:, stop] >= 0).tobytes(), []).append((rank, area.manager.NodeToIndex(stop)))
    for chain in by_crew.values():
        for (rank, before), (later_rank, after) in combinations(chain, 2):
            if rank < later_rank:
                area.time.AddNodePrecedence(before, after, 0)


def _add_debtors(area: AreaModel) -> None:
    """Two planned addresses of one debtor are on different days."""
    day, model = area.day, area.model
    addresses: dict[int, list[int]] = {}
    for stop in np.flatnonzero(day.debtor >= 0).tolist():
        addresses.setdefault(int(day.debtor[stop]), []).append(stop)
    days = day.crew_day.tolist()
    solver = model.solver()
    for stops in addresses.values():
        if len(stops) > 1:
            vehicles = [model.VehicleVar(area.manager.NodeToIndex(stop)) for stop in stops]
            unplanned = min(days) - 1
            on_day = [
                solver.Element([unplanned - i, *days], (vehicle + 1).Var()).Var() for i, vehicle in enumerate(vehicles)
            ]
            solver.Add(solver.AllDifferent(on_day))


def accepted(day: Arrays, routes: Routes, *, budget_s: float, solution_limit: int | None) -> Routes:
    """The routes as they are when every rule of the model holds, else the model's own repair of them.

    Repair keeps the routes that hold by themselves and solves for the rest from there.
    """
    if not day.stop_count or not day.crew_count:
        return routes
    model = AreaModel(day)
    if model.accepts(routes):
        return routes
    kept = [route if model.accepts([[]] * v + [route]) else [] for v, route in enumerate(routes)]
    return solve_area(day, budget_s=budget_s, start=kept, solution_limit=solution_limit)
