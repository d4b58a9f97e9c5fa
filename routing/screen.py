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

    Cost: one vectorised pass over stops × crews; exact timing only where that pass or a break leaves a doubt.
    """
    out: dict[int, LeftOut] = {}
    pairs = hopeful(problem)
    plain = np.array([not crew.breaks for crew in problem.crews], dtype=bool)
    for row, stop in enumerate(problem.stops):
        if (pairs[row] & plain).any():
            continue
        if any(_holds_alone(problem, row, v) for v in np.flatnonzero(pairs[row]).tolist()):
            continue
        reason = _reason_alone(problem, row, stop)
        if reason is not None:
            out[row] = reason
    return out


def hopeful(problem: Problem) -> npt.NDArray[np.bool_]:
    """Pairs that hold as a crew's only visit when breaks are not asked. Shape: (stops, crews)."""
    found = np.zeros((len(problem.stops), len(problem.crews)), dtype=bool)
    if not found.size:
        return found
    rows = np.arange(len(problem.stops))
    service = np.array([stop.service_s for stop in problem.stops], dtype=np.int64)
    opens, shuts, _ = windows_of(problem.stops)
    load = np.array([stop.load for stop in problem.stops], dtype=np.int64)
    special = [row for row, stop in enumerate(problem.stops) if stop.skills or stop.crew_lock or stop.days]
    for v, crew in enumerate(problem.crews):
        start, end = problem.crew_points[v]
        there = problem.legs(np.array([start]), rows, crew.mode)[0][0]
        back = problem.legs(rows, np.array([end]), crew.mode)[0][:, 0]
        begin = _service_from(opens, shuts, crew.shift.start_s + there)
        holds = (begin >= 0) & (begin + service + back <= crew.shift.end_s)
        holds &= there + service + back <= (crew.max_duty_s if crew.max_duty_s is not None else problem.horizon_s)
        holds &= load <= (crew.max_load if crew.max_load is not None else load)
        found[:, v] = holds & (crew.max_stops is None or crew.max_stops > 0)
        for row in special:
            found[row, v] &= crew_may(problem.stops[row], crew)
    return found


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
    words = described(day, crew, broken[crew])
    return left_out(stop.id, "IMPOSSIBLE_ALONE", words, best.words(day) if best else None)
