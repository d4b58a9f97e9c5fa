"""A problem, or one area of it, as arrays: what the searches and the timing of routes read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from routing.ways import Int32s, Ways, matrix_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from routing.objective import Objective
    from routing.problem import Crew, Problem, Stop
    from routing.travel import Ints

FAR: Final = 1 << 40
"""Later than any time, dearer than any plan."""

FORBIDDEN: Final = -1
"""In `fit`: this crew may not have this stop."""

Routes = list[list[int]]
"""Stops (node numbers) of each crew in order; one list per crew, empty for an idle one."""

WHOLE_NODES: Final = 1500
"""Up to here one matrix of a whole day is cheaper than asking leg by leg, as it is searched as one anyway."""


@dataclass(frozen=True, slots=True)
class Arrays:
    """Stops are nodes 0…n-1, distinct crew places follow. Units: seconds everywhere.

    Shape: `travel` (modes, nodes, nodes), of a big day what answers like it; `opens`, `shuts` (n, widest window list);
    `fit` (crews, n) holds the extra cost of a crew at a stop or FORBIDDEN; `rest_sum`, `rest_floor`, `rest_cap`
    (crews, b + 1, b + 1) describe taking breaks i…j-1 on one leg: they add `rest_sum`, end no earlier than
    `rest_floor`, and the leg must be left by `rest_cap`.
    """

    stop_ids: tuple[str, ...]
    crew_ids: tuple[str, ...]
    travel: Int32s | Ways
    service: Ints
    opens: Ints
    shuts: Ints
    window_count: Ints
    load: Ints
    rank: Ints
    left_out: Ints
    fit: Int32s
    start_node: Ints
    end_node: Ints
    mode: Ints
    shift_start: Ints
    shift_end: Ints
    max_stops: Ints
    max_load: Ints
    max_duty: Ints
    break_count: Ints
    break_start: Ints
    break_length: Ints
    rest_sum: Ints
    rest_floor: Ints
    rest_cap: Ints
    alike: Ints
    debtor: Ints
    crew_day: Ints
    fair_stops: int
    balance_s: int

    @property
    def stop_count(self) -> int:
        """Number of stops."""
        return len(self.stop_ids)

    @property
    def crew_count(self) -> int:
        """Number of crews."""
        return len(self.crew_ids)

    @property
    def matrix(self) -> Int32s:
        """All travel at once: what a search reads. Cost: none, unless this is a big day as a whole."""
        return self.travel.between(np.arange(len(self.service))) if isinstance(self.travel, Ways) else self.travel

    def between(self, nodes: Ints) -> Int32s:
        """The matrix of some nodes. Shape: (modes, nodes, nodes)."""
        if isinstance(self.travel, Ways):
            return self.travel.between(nodes)
        return np.ascontiguousarray(self.travel[:, nodes[:, None], nodes[None, :]])


def day_of(problem: Problem) -> Arrays:
    """The arrays of the whole day. Cost: linear beyond WHOLE_NODES; matrices are then made of its parts alone."""
    whole = range(len(problem.stops)), range(len(problem.crews))
    return arrays_of(problem, *whole, lazily=len(problem.points) > WHOLE_NODES)


def arrays_of(problem: Problem, stop_rows: Sequence[int], crew_rows: Sequence[int], *, lazily: bool = False) -> Arrays:
    """The arrays of some stops and crews of a problem; `lazily` legs are computed when they are asked for.

    Cost: otherwise quadratic in stops and distinct crew places, once per transport mode.
    """
    stops = [problem.stops[i] for i in stop_rows]
    crews = [problem.crews[i] for i in crew_rows]
    places = list(dict.fromkeys(p for i in crew_rows for p in problem.crew_points[i]))
    node_of = {place: len(stops) + i for i, place in enumerate(places)}
    modes = tuple(sorted({crew.mode for crew in crews}))
    rows = np.array([*stop_rows, *places], dtype=np.int64)
    opens, shuts, window_count = windows_of(stops)
    fit = _fit(stops, crews, problem.objective)
    tables = _rest_tables(crews)
    ends = [problem.crew_points[i] for i in crew_rows]
    return Arrays(
        stop_ids=tuple(stop.id for stop in stops),
        crew_ids=tuple(crew.id for crew in crews),
        travel=Ways(problem, rows, modes) if lazily else matrix_of(problem, rows, modes),
        service=_ints([*(stop.service_s for stop in stops), *(0 for _ in places)]),
        opens=opens,
        shuts=shuts,
        window_count=window_count,
        load=_ints([stop.load for stop in stops]),
        rank=_ints([-1 if stop.position is None else stop.position for stop in stops]),
        left_out=_ints([left_out_cost(stop, problem.objective) for stop in stops]),
        fit=fit,
        start_node=_ints([node_of[start] for start, _ in ends]),
        end_node=_ints([node_of[end] for _, end in ends]),
        mode=_ints([modes.index(crew.mode) for crew in crews]),
        shift_start=_ints([crew.shift.start_s for crew in crews]),
        shift_end=_ints([crew.shift.end_s for crew in crews]),
        max_stops=_limits([crew.max_stops for crew in crews]),
        max_load=_limits([crew.max_load for crew in crews]),
        max_duty=_limits([crew.max_duty_s for crew in crews]),
        **tables,
        alike=_alike(crews, fit),
        debtor=_debtors(stops),
        crew_day=_ints([crew.day for crew in crews]),
        fair_stops=problem.fair_stops,
        balance_s=problem.objective.balance_s,
    )


def left_out_cost(stop: Stop, objective: Objective) -> int:
    """What leaving out this stop costs, in seconds of travel."""
    return objective.left_out_s[stop.priority - 1] + (objective.locked_s if stop.crew_lock is not None else 0)


def crew_cost(stop: Stop, crew: Crew, objective: Objective) -> int:
    """Soft cost of this crew at this stop: not last time's, not that of the plan being revised, not the best day."""
    other = objective.other_crew_s if stop.last_crew not in {None, crew.id} else 0
    other += (stop.days or {}).get(crew.day, 0)
    return other + (objective.change_s if stop.planned_crew not in {None, crew.id} else 0)


def crew_may(stop: Stop, crew: Crew) -> bool:
    """Skills, lock and allowed days let this crew have this stop."""
    allowed = stop.days is None or crew.day in stop.days
    return stop.skills <= crew.skills and stop.crew_lock in {None, crew.id} and allowed


BY_STOP: Final = ("opens", "shuts", "window_count", "load", "rank", "left_out", "debtor")
BY_CREW: Final = (
    *("mode", "shift_start", "shift_end", "max_stops", "max_load", "max_duty"),
    *("break_count", "break_start", "break_length", "rest_sum", "rest_floor", "rest_cap", "alike", "crew_day"),
)


def part_of(day: Arrays, stops: Sequence[int], crews: Sequence[int]) -> Arrays:
    """Some stops and crews of a day as a day of their own; node numbers start at 0 again."""
    rows, members = np.array(stops, dtype=np.int64), np.array(crews, dtype=np.int64)
    places, ends = np.unique([*day.start_node[members], *day.end_node[members]], return_inverse=True)
    nodes = np.concatenate([rows, places]).astype(np.int64)
    ends = ends.reshape(2, len(members)) + len(rows)
    kinds = np.unique(day.alike[members], return_inverse=True)[1]
    return replace(
        day,
        stop_ids=tuple(day.stop_ids[i] for i in stops),
        crew_ids=tuple(day.crew_ids[v] for v in crews),
        travel=day.between(nodes),
        service=day.service[nodes],
        fit=day.fit[members[:, None], rows[None, :]],
        start_node=ends[0],
        end_node=ends[1],
        **{name: getattr(day, name)[rows] for name in BY_STOP},
        **{name: getattr(day, name)[members] for name in BY_CREW} | {"alike": kinds},
    )


def routes_cost(day: Arrays, routes: Routes) -> int:
    """Objective of these routes, stops in none of them counted as left out. Units: seconds of travel."""
    cost = int(day.left_out.sum())
    for v, route in enumerate(routes):
        if route:
            chain = [int(day.start_node[v]), *route, int(day.end_node[v])]
            cost += int(day.travel[day.mode[v], chain[:-1], chain[1:]].sum()) + int(day.fit[v, route].sum())
            cost += day.balance_s * max(0, len(route) - day.fair_stops) - int(day.left_out[route].sum())
    return cost


def _fit(stops: Sequence[Stop], crews: Sequence[Crew], objective: Objective) -> Int32s:
    fit = np.zeros((len(crews), len(stops)), np.int32)
    special = [
        (i, stop)
        for i, stop in enumerate(stops)
        if stop.skills or any(one is not None for one in (stop.crew_lock, stop.last_crew, stop.planned_crew, stop.days))
    ]
    for i, stop in special:
        for v, crew in enumerate(crews):
            fit[v, i] = crew_cost(stop, crew, objective) if crew_may(stop, crew) else FORBIDDEN
    return fit


def fitted_to(day: Arrays, problem: Problem) -> Arrays:
    """The whole day's arrays with the crew choice of another problem of the same stops and crews."""
    fit = _fit(problem.stops, problem.crews, problem.objective)
    return replace(day, fit=fit, alike=_alike(problem.crews, fit))


def _debtors(stops: Sequence[Stop]) -> Ints:
    """A number for each debtor, -1 where there is none."""
    numbers: dict[str, int] = {}
    return _ints([-1 if stop.debtor is None else numbers.setdefault(stop.debtor, len(numbers)) for stop in stops])


def windows_of(stops: Sequence[Stop]) -> tuple[Ints, Ints, Ints]:
    """Opening and shutting seconds of each stop, and how many windows. Shape: (n, widest), (n, widest), (n,)."""
    lists = [stop.open_windows for stop in stops]
    widest = max((len(windows) for windows in lists), default=1) or 1
    opens, shuts = np.full((len(stops), widest), FAR, np.int64), np.full((len(stops), widest), -1, np.int64)
    for i, windows in enumerate(lists):
        for w, window in enumerate(windows):
            opens[i, w], shuts[i, w] = window.start_s, window.end_s
    return opens, shuts, _ints([len(windows) for windows in lists])


def _rest_tables(crews: Sequence[Crew]) -> dict[str, Ints]:
    most = max((len(crew.breaks) for crew in crews), default=0)
    shape = (len(crews), most + 1, most + 1)
    tables = {
        "break_count": np.zeros(len(crews), np.int64),
        "break_start": np.zeros((len(crews), max(1, most)), np.int64),
        "break_length": np.zeros((len(crews), max(1, most)), np.int64),
        "rest_sum": np.zeros(shape, np.int64),
        "rest_floor": np.full(shape, -FAR, np.int64),
        "rest_cap": np.full(shape, FAR, np.int64),
    }
    for v, crew in enumerate(crews):
        breaks = sorted(crew.breaks, key=lambda pause: (pause.window.start_s, pause.window.end_s))
        tables["break_count"][v] = len(breaks)
        for i, pause in enumerate(breaks):
            tables["break_start"][v, i], tables["break_length"][v, i] = pause.window.start_s, pause.duration_s
            total, floor, cap = 0, -FAR, FAR
            for j in range(i, len(breaks)):
                total += breaks[j].duration_s
                floor = max(floor, breaks[j].window.start_s) + breaks[j].duration_s
                cap = min(cap, breaks[j].window.end_s - total)
                if floor > breaks[j].window.end_s:
                    cap = -FAR
                tables["rest_sum"][v, i, j + 1] = total
                tables["rest_floor"][v, i, j + 1] = floor
                tables["rest_cap"][v, i, j + 1] = cap
    return tables


def _alike(crews: Sequence[Crew], fit: Int32s) -> Ints:
    """Crews with the same number are interchangeable: one empty route of them is enough to try."""
    kinds: dict[object, int] = {}
    numbers = []
    for v, crew in enumerate(crews):
        traits = (
            crew.start_lat,
            crew.start_lon,
            crew.end_lat,
            crew.end_lon,
            crew.shift,
            crew.breaks,
            crew.mode,
            crew.day,
        )
        limits = (crew.max_stops, crew.max_duty_s, crew.max_load)
        numbers.append(kinds.setdefault((traits, limits, fit[v].tobytes()), len(kinds)))
    return _ints(numbers)


def _ints(values: Sequence[int]) -> Ints:
    return np.array(values, dtype=np.int64).reshape(len(values))


def _limits(values: Sequence[int | None]) -> Ints:
    return _ints([FAR if value is None else value for value in values])
