"""What can be said before any search: stops impossible alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from routing.arrays import arrays_of, crew_may, windows_of
from routing.reasons import left_out
from routing.repairs import described, repair_for
from routing.timing import Broken, time_route

if TYPE_CHECKING:
    import numpy.typing as npt

    from routing.arrays import Arrays
    from routing.problem import LeftOut, Problem, Stop
    from routing.travel import Ints


def screen(problem: Problem) -> dict[int, LeftOut]:
    """Rows of the stops that no plan can hold, with the reason.

    Cost: one vectorised pass over crews, of the stops no crew before can have: linear where most can be had. Exact
    timing only where that pass or a break leaves a doubt.
    """
    left = np.arange(len(problem.stops))
    for v, crew in enumerate(problem.crews):
        if not left.size:
            break
        holds = _hopeful(problem, left, v)
        if crew.breaks:
            holds[holds] = [_holds_alone(problem, row, v) for row in left[holds].tolist()]
        left = left[~holds]
    found = {row: _reason_alone(problem, row, problem.stops[row]) for row in left.tolist()}
    return {row: reason for row, reason in found.items() if reason is not None}


def days_alone(problem: Problem) -> list[list[int]]:
    """Days on which some crew can have each stop as its only one, breaks not asked. Cost: as `screen`, once a day."""
    found: list[list[int]] = [[] for _ in problem.stops]
    for day in sorted({crew.day for crew in problem.crews}):
        left = np.arange(len(problem.stops))
        for v in (v for v, crew in enumerate(problem.crews) if crew.day == day):
            holds = _hopeful(problem, left, v)
            for row in left[holds].tolist():
                found[row].append(day)
            left = left[~holds]
    return found


def _hopeful(problem: Problem, rows: Ints, v: int) -> npt.NDArray[np.bool_]:
    """Which of these stops hold as a crew's only visit when breaks are not asked. Shape: that of `rows`."""
    crew, stops = problem.crews[v], [problem.stops[row] for row in rows.tolist()]
    start, end = (np.array([point]) for point in problem.crew_points[v])
    there, back = problem.seconds(start, rows, crew.mode), problem.seconds(rows, end, crew.mode)
    service = np.array([stop.service_s for stop in stops], dtype=np.int64)
    begin = _service_from(*windows_of(stops)[:2], crew.shift.start_s + there)
    holds = (begin >= 0) & (begin + service + back <= crew.shift.end_s)
    holds &= there + service + back <= (crew.max_duty_s if crew.max_duty_s is not None else problem.horizon_s)
    may = [crew_may(stop, crew) and (crew.max_load is None or stop.load <= crew.max_load) for stop in stops]
    holds &= np.array(may, dtype=bool) & (crew.max_stops is None or crew.max_stops > 0)
    return np.asarray(holds, dtype=bool)


def _service_from(opens: Ints, shuts: Ints, arrive: Ints) -> Ints:
    """Earliest service start of every stop after its arrival; -1 when too late."""
    begin = np.full(len(arrive), -1, np.int64)
    for w in range(opens.shape[1] - 1, -1, -1):
        begin = np.where(arrive <= shuts[:, w], np.maximum(arrive, opens[:, w]), begin)
    return begin


def _holds_alone(problem: Problem, row: int, crew: int) -> bool:
    return not isinstance(time_route(arrays_of(problem, [row], [crew]), 0, [0]), Broken)


def _reason_alone(problem: Problem, row: int, stop: Stop) -> LeftOut | None:
    """Why a stop is impossible alone, or None when some crew can have it."""
    asked = _unasked(problem, stop)
    if asked is not None:
        return asked
    day = arrays_of(problem, [row], [v for v, crew in enumerate(problem.crews) if crew_may(stop, crew)])
    broken = [time_route(day, v, [0]) for v in range(day.crew_count)]
    if any(not isinstance(found, Broken) for found in broken):
        return None
    return _nearest_miss(day, stop, [found for found in broken if isinstance(found, Broken)])


def _unasked(problem: Problem, stop: Stop) -> LeftOut | None:
    """Why there is no crew to ask, or no time to ask it for."""
    if not problem.crews:
        return left_out(stop.id, "NO_CREW", {})
    if stop.crew_lock is not None and all(crew.id != stop.crew_lock for crew in problem.crews):
        return left_out(stop.id, "LOCKED_CREW_ABSENT", {"crew": stop.crew_lock})
    if stop.days is not None and all(crew.day not in stop.days for crew in problem.crews):
        return left_out(stop.id, "NO_CREW_THAT_DAY", {"days": sorted(stop.days)})
    if not any(crew_may(stop, crew) for crew in problem.crews):
        return left_out(stop.id, "SKILL_MISSING", {"skills": "、".join(sorted(stop.skills))})
    return None if stop.open_windows else left_out(stop.id, "NEVER_OPEN", {})


def _nearest_miss(day: Arrays, stop: Stop, broken: list[Broken]) -> LeftOut:
    """The crew that misses by least, and what would let it in."""
    crew = min(range(day.crew_count), key=lambda v: (broken[v].by, v))
    repairs = [found for v in range(day.crew_count) if (found := repair_for(day, v, [0])) is not None]
    best = min(repairs, key=lambda found: (found.weight_s, found.crew), default=None)
    words = described(day, crew, broken[crew]) | ({"repair": best.limits(day)} if best else {})
    return left_out(stop.id, "IMPOSSIBLE_ALONE", words, best.words(day) if best else None)
