"""PyVRP and VROOM on the engine's own problems: yardsticks only, never part of the product.

Both get the same matrix, windows, capacities and penalties; answers are stop rows by crew row.
"""

from __future__ import annotations

import datetime as dt
import time
from typing import TYPE_CHECKING, Protocol

import numpy as np

from routing.arrays import Arrays, day_of

if TYPE_CHECKING:
    from routing import Problem

VROOM_PRIORITY = 20


class Engine(Protocol):
    """A yardstick: problem, seconds, seed and cores in, stop rows by crew row out."""

    def __call__(self, problem: Problem, budget_s: float, seed: int, cores: int, /) -> dict[int, list[int]]: ...


def pyvrp_routes(problem: Problem, budget_s: float, seed: int, cores: int) -> dict[int, list[int]]:
    """PyVRP uses one core however many there are."""
    del cores
    import pyvrp  # noqa: PLC0415 - a yardstick may be missing where only the engine is measured

    began = time.perf_counter()
    day = day_of(problem)
    count, size = day.stop_count, len(day.service)
    loaded = bool(day.load.any())
    ready = [int(day.shift_start.min())] * (size - count)
    shut = [int(day.shift_end.max())] * (size - count)
    model_nodes = range(count, size)
    locations = [pyvrp.Location(0.0, 0.0) for _ in range(size)]
    depots = [pyvrp.Depot(node, ready[i], shut[i]) for i, node in enumerate(model_nodes)]
    clients = [
        pyvrp.Client(
            i,
            delivery=[int(day.load[i])] if loaded else [],
            service_duration=int(day.service[i]),
            tw_early=int(day.opens[i, 0]),
            tw_late=int(day.shuts[i, 0]),
            prize=int(day.left_out[i]),
            required=False,
        )
        for i in range(count)
    ]
    kinds, members = _kinds(day)
    vehicles = [
        pyvrp.VehicleType(
            len(crews),
            [int(day.max_load[crews[0]])] if loaded else [],
            int(day.start_node[crews[0]]) - count,
            int(day.end_node[crews[0]]) - count,
            tw_early=int(day.shift_start[crews[0]]),
            tw_late=int(day.shift_end[crews[0]]),
        )
        for crews in members
    ]
    travel = day.matrix[0].astype(np.int64)
    data = pyvrp.ProblemData(locations, clients, depots, vehicles, [travel], [travel])
    left_s = max(0.1, budget_s - (time.perf_counter() - began))
    result = pyvrp.solve(data, pyvrp.stop.MaxRuntime(left_s), seed=seed, display=False)
    free = {kind: list(crews) for kind, crews in zip(kinds, members, strict=True)}
    return {free[kinds[route.vehicle_type()]].pop(0): _clients(route) for route in result.best.routes()}


def _clients(route: object) -> list[int]:
    return [int(step.idx) for step in route if step.is_client()]  # type: ignore[attr-defined]


def _kinds(day: Arrays) -> tuple[list[int], list[list[int]]]:
    kinds = list(range(int(day.alike.max()) + 1))
    return kinds, [np.flatnonzero(day.alike == kind).tolist() for kind in kinds]


def vroom_routes(problem: Problem, budget_s: float, seed: int, cores: int) -> dict[int, list[int]]:
    """VROOM takes no seed."""
    del seed
    import vroom  # noqa: PLC0415 - see above

    day = day_of(problem)
    travel = day.matrix[0].astype(np.uint32)
    loaded = bool(day.load.any())
    made = vroom.Input()
    made.set_durations_matrix("car", travel)
    made.set_costs_matrix("car", travel)
    for v in range(day.crew_count):
        made.add_vehicle(
            vroom.Vehicle(
                v,
                start=int(day.start_node[v]),
                end=int(day.end_node[v]),
                capacity=[int(day.max_load[v])] if loaded else [],
                time_window=vroom.TimeWindow(int(day.shift_start[v]), int(day.shift_end[v])),
            )
        )
    made.add_job(
        [
            vroom.Job(
                i,
                location=i,
                default_service=int(day.service[i]),
                delivery=vroom.Amount([int(day.load[i])] if loaded else []),
                priority=problem.stops[i].priority * VROOM_PRIORITY,
                time_windows=[vroom.TimeWindow(w.start_s, w.end_s) for w in problem.stops[i].open_windows],
            )
            for i in range(day.stop_count)
        ]
    )
    timeout = dt.timedelta(seconds=budget_s)
    solved = made.solve(exploration_level=5, nb_threads=cores, timeout=timeout)
    steps = solved.routes
    routes: dict[int, list[int]] = {}
    for v, kind, i in zip(steps["vehicle_id"], steps["type"], steps["id"], strict=True):
        if kind == "job":
            routes.setdefault(int(v), []).append(int(i))
    return routes
