"""The cheapest change of the day that lets a stop in, proved by trying it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from routing.arrays import FAR
from routing.problem import DAY_S
from routing.reasons import REPAIRS, minutes
from routing.timing import Broken, time_route

if TYPE_CHECKING:
    from collections.abc import Sequence

    from routing.arrays import Arrays

MOST_STEPS: Final = 3
MINUTE_S: Final = 60
COUNTED: Final = frozenset({"MAX_STOPS", "LOAD"})
"""Limits that are no times."""
EXTRA_VISIT_S: Final = 1800
"""What one visit above max_stops weighs when repairs are compared."""


@dataclass(frozen=True, slots=True)
class Repair:
    """Limits to move, by how much, and the weight of that in seconds."""

    crew: int
    steps: tuple[Broken, ...]
    weight_s: int

    def words(self, day: Arrays) -> tuple[str, str]:
        """In Chinese and English."""
        texts = [REPAIRS[step.limit] for step in self.steps]
        values = [described(day, self.crew, step) for step in self.steps]
        zh = "，".join(text[0].format(**value) for text, value in zip(texts, values, strict=True))
        return zh, " and ".join(text[1].format(**value) for text, value in zip(texts, values, strict=True))

    def limits(self, day: Arrays) -> list[dict[str, object]]:
        """The same for a program: which limit of whom, and by how much (seconds, visits or load)."""
        crew = day.crew_ids[self.crew]
        return [
            {"limit": step.limit, "by": step.by}
            | ({"crew": crew} if step.stop is None else {"stop": day.stop_ids[step.stop]})
            for step in self.steps
        ]


def repair_for(day: Arrays, crew: int, order: Sequence[int]) -> Repair | None:
    """Limits whose moving makes this order hold, tried one after the other; None when that is not enough.

    Moving a time by more than a day is no mend.
    """
    steps: list[Broken] = []
    moved = day
    for _ in range(MOST_STEPS + 1):
        broken = time_route(moved, crew, order)
        if not isinstance(broken, Broken):
            weight_s = sum(EXTRA_VISIT_S * step.by if step.limit == "MAX_STOPS" else step.by for step in steps)
            return Repair(crew, tuple(steps), weight_s) if steps else None
        timed = broken.limit not in COUNTED
        if broken.limit not in REPAIRS or (timed and broken.by > DAY_S):
            return None
        step = broken
        if timed:
            step = Broken(broken.limit, minutes(broken.by) * MINUTE_S, broken.stop)
        steps.append(step)
        moved = _moved(moved, crew, step)
    return None


def described(day: Arrays, crew: int, broken: Broken) -> dict[str, object]:
    """The words a limit's text needs."""
    stop = None if broken.stop is None else day.stop_ids[broken.stop]
    limit = int(day.max_stops[crew])
    return {
        "crew": day.crew_ids[crew],
        "stop": stop,
        "limit_code": broken.limit,
        "limit": limit if limit < FAR else None,
        "by": broken.by,
        "by_min": minutes(broken.by),
    }


def _moved(day: Arrays, crew: int, step: Broken) -> Arrays:
    """The day with one limit moved."""
    if step.limit == "WINDOW" and step.stop is not None:
        shuts = day.shuts.copy()
        shuts[step.stop, max(0, int(day.window_count[step.stop]) - 1)] += step.by
        return replace(day, shuts=shuts)
    if step.limit == "BREAK":
        cap = day.rest_cap.copy()
        last = int(day.break_count[crew])
        cap[crew, :last, last] += step.by
        return replace(day, rest_cap=cap)
    field = {"SHIFT": "shift_end", "DUTY": "max_duty", "MAX_STOPS": "max_stops", "LOAD": "max_load"}[step.limit]
    values = getattr(day, field).copy()
    values[crew] += step.by
    return replace(day, **{field: values})
