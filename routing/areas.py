"""Visits into areas that one search can hold, and crews to areas by the work in them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import h3  # type: ignore[import-untyped]
import numpy as np
import numpy.typing as npt

from routing.arrays import crew_may

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from routing.problem import Crew, Problem
    from routing.travel import Floats

AREA_VISITS: Final = 92
"""Visits an area aims at; the bounds are 75 and 110 (measured: OR-Tools is strong at 60–150)."""
MOST_VISITS: Final = 110
CELL_RESOLUTION: Final = 8
TYPICAL_LEG_S: Final = 600
"""Travel that comes with a visit, for weighing work."""


@dataclass(frozen=True, slots=True)
class AreaRows:
    """An area as rows of the problem's stops and crews."""

    stop_rows: tuple[int, ...]
    crew_rows: tuple[int, ...]


def divide(
    problem: Problem, stop_rows: Sequence[int], *, aim: int = AREA_VISITS, most: int = MOST_VISITS
) -> list[AreaRows]:
    """Areas of about `aim` visits with the crews their work needs; deterministic.

    Visits of one H3 cell (resolution 8) stay together where that fits. Crews go to areas so that visits ÷ max_stops
    fits first and the way from their start is short. A stop that only some crews may have goes where one of them is.
    """
    crews = range(len(problem.crews))
    if len(stop_rows) <= most or len(problem.crews) < 2:  # noqa: PLR2004 - one crew is one area
        return [AreaRows(tuple(stop_rows), tuple(crews))]
    count = min(max(2, round(len(stop_rows) / aim)), len(problem.crews))
    plane = plane_of(problem)
    cell = {
        row: h3.latlng_to_cell(problem.stops[row].lat, problem.stops[row].lon, CELL_RESOLUTION) for row in stop_rows
    }
    centre = {one: h3.cell_to_latlng(one) for one in set(cell.values())}
    parts = _bisect(problem, plane, list(stop_rows), count, {row: (centre[one], one) for row, one in cell.items()})
    owner = _crews_to_areas(problem, plane, parts)
    parts = _stops_to_their_crews(problem, plane, parts, owner)
    members = [tuple(v for v in crews if owner[v] == a) for a in range(len(parts))]
    return [AreaRows(tuple(sorted(part)), member) for part, member in zip(parts, members, strict=True) if part]


def plane_of(problem: Problem) -> Floats:
    """All points of the problem in kilometres on a plane. Shape: (points, 2)."""
    at = np.asarray(problem.points, dtype=np.float64).reshape(-1, 2)
    middle = math.cos(math.radians(float(at[:, 0].mean())))
    return np.asarray(at * np.array([111.2, 111.3 * middle]))


Cell = tuple[tuple[float, float], str]
"""Centre and name."""


def _bisect(problem: Problem, plane: Floats, rows: list[int], count: int, cell: Mapping[int, Cell]) -> list[list[int]]:
    """Cut along the longer side, in proportion to the work, at the border of a cell where one is near."""
    if count == 1:
        return [rows]
    stops = problem.stops
    spread = plane[rows].max(axis=0) - plane[rows].min(axis=0)
    axis = int(np.argmax(spread))
    rows = sorted(rows, key=lambda row: (cell[row][0][axis], cell[row][1], stops[row].id))
    work = np.cumsum([stops[row].service_s + TYPICAL_LEG_S for row in rows])
    first = count // 2
    cut = int(np.searchsorted(work, work[-1] * first / count)) + 1
    cut = _cell_border(rows, cell, min(max(cut, first), len(rows) - (count - first)))
    halves = (rows[:cut], first), (rows[cut:], count - first)
    return [part for half, parts in halves for part in _bisect(problem, plane, half, parts, cell)]


def _cell_border(rows: list[int], cell: Mapping[int, Cell], cut: int) -> int:
    """The nearest change of cell within a tenth of an area, else the cut itself."""
    for step in range(AREA_VISITS // 10):
        for at in (cut - step, cut + step):
            if 0 < at < len(rows) and cell[rows[at - 1]] != cell[rows[at]]:
                return at
    return cut


def _crews_to_areas(problem: Problem, plane: Floats, parts: list[list[int]]) -> npt.NDArray[np.int64]:
    """Area of each crew. Shape: (crews,)."""
    centres = np.array([plane[part].mean(axis=0) for part in parts])
    start, end = (plane[[points[i] for points in problem.crew_points]] for i in (0, 1))
    far = sum((np.sqrt(((at[:, None] - centres[None]) ** 2).sum(axis=2)) for at in (start, end)), np.zeros(()))
    slots = _slots(problem, parts)
    owner = np.full(len(problem.crews), -1, np.int64)
    free = slots.copy()
    open_crews = list(range(len(problem.crews)))
    while open_crews:
        options = np.flatnonzero(free > 0)
        near = np.sort(far[open_crews][:, options], axis=1)
        regret = near[:, 1] - near[:, 0] if near.shape[1] > 1 else -near[:, 0]
        crew = open_crews.pop(int(np.argmax(regret)))
        owner[crew] = options[int(np.argmin(far[crew, options]))]
        free[owner[crew]] -= 1
    return _swapped(far, owner)


def _slots(problem: Problem, parts: list[list[int]]) -> npt.NDArray[np.int64]:
    """How many crews each area gets: enough for its visits first, the rest by work."""
    caps = [crew.max_stops for crew in problem.crews if crew.max_stops is not None]
    cap = float(np.mean(caps)) if len(caps) == len(problem.crews) else math.inf
    work = np.array([sum(problem.stops[row].service_s + TYPICAL_LEG_S for row in part) for part in parts], float)
    share = work / work.sum() * len(problem.crews)
    needs = np.array([1 if math.isinf(cap) or not cap else math.ceil(len(part) / cap) for part in parts])
    slots = np.maximum(1, np.floor(share).astype(np.int64))
    if needs.sum() <= len(problem.crews):
        slots = np.maximum(slots, needs)
    while slots.sum() < len(problem.crews):
        slots[int(np.argmax(share - slots))] += 1
    floor = needs if needs.sum() <= len(problem.crews) else np.ones_like(slots)
    while slots.sum() > len(problem.crews):
        spare = np.where(slots > floor, slots - share, -np.inf)
        slots[int(np.argmax(spare))] -= 1
    return np.asarray(slots)


def _swapped(far: Floats, owner: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Exchange crews of two areas while that shortens their way."""
    crews = np.arange(len(owner))
    while True:
        here = far[crews, owner]
        there = far[:, owner]  # crew i at the area of crew j
        gain = here[:, None] + here[None, :] - there - there.T
        i, j = divmod(int(np.argmax(gain)), len(owner))
        if gain[i, j] <= 1e-9:  # noqa: PLR2004 - rounding
            return owner
        owner[i], owner[j] = owner[j], owner[i]


def _stops_to_their_crews(
    problem: Problem, plane: Floats, parts: list[list[int]], owner: npt.NDArray[np.int64]
) -> list[list[int]]:
    """Move a stop that no crew of its area may have to the nearest crew that may."""
    members: list[list[Crew]] = [[] for _ in parts]
    for v, crew in enumerate(problem.crews):
        members[owner[v]].append(crew)
    moved: list[list[int]] = [[] for _ in parts]
    for a, part in enumerate(parts):
        for row in part:
            stop = problem.stops[row]
            if any(crew_may(stop, crew) for crew in members[a]):
                moved[a].append(row)
                continue
            may = [v for v, crew in enumerate(problem.crews) if crew_may(stop, crew)]
            home = [problem.crew_points[v][0] for v in may]
            nearest = may[int(np.argmin(((plane[home] - plane[row]) ** 2).sum(axis=1)))]
            moved[owner[nearest]].append(row)
    return moved
