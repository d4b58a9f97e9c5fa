"""One address of a debtor a day: which address has which day, decided before areas are searched side by side."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from routing.screen import days_alone

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from routing.problem import Problem

TYPICAL_LEG_S: Final = 600
"""Travel that comes with a visit, for guessing what a day holds."""
FULL_S: Final = 4 * 3600
"""What a day that is full already must be liked better by."""


@dataclass(frozen=True, slots=True)
class Apart:
    """Rows of stops whose debtor has several addresses: those with a day of their own, and those without one.

    Those that wait are tried last, in case the address that went first was left out in the end.
    """

    day_of: Mapping[int, int]
    waiting: frozenset[int]


def days_apart(problem: Problem, out: Collection[int]) -> Apart:
    """A day of its own for as many addresses of each debtor as can have one; `out` are rows no plan can hold.

    A locked one goes first, then the most urgent, then the first given; each takes the day it likes best, and gives
    way to another of its days where that lets one more in. Cost: one vectorised pass over stops × crews.
    """
    groups: dict[str, list[int]] = {}
    for row, stop in enumerate(problem.stops):
        if stop.debtor is not None and row not in out:
            groups.setdefault(stop.debtor, []).append(row)
    day_of: dict[int, int] = {}
    waiting: set[int] = set()
    if all(len(rows) == 1 for rows in groups.values()):
        return Apart(day_of, frozenset())
    may = days_alone(problem)
    grouped = {row for rows in groups.values() if len(rows) > 1 for row in rows}
    room = _room(problem, {row: days for row, days in enumerate(may) if row not in grouped and row not in out})
    for rows in groups.values():
        if len(rows) > 1:
            rows.sort(key=lambda row: (problem.stops[row].crew_lock is None, -problem.stops[row].priority, row))
            matched = _matched({row: _liked(problem, row, may[row], room) for row in rows})
            for day in matched:
                room[day] -= 1
            day_of |= {row: day for day, row in matched.items()}
            waiting |= set(rows) - set(matched.values())
    return Apart(day_of, frozenset(waiting))


def narrowed(problem: Problem, apart: Apart) -> Problem:
    """The problem in which an address has only the day it was given."""
    if len({crew.day for crew in problem.crews}) < 2 or not apart.day_of:  # noqa: PLR2004 - one day needs no choice
        return problem
    stops = list(problem.stops)
    for row, day in apart.day_of.items():
        stops[row] = replace(stops[row], days={day: (stops[row].days or {}).get(day, 0)})
    return replace(problem, stops=tuple(stops))


def _room(problem: Problem, others: Mapping[int, list[int]]) -> dict[int, float]:
    """Visits each day can still hold beside those of debtors with one address, by hours and caps."""
    work_s = TYPICAL_LEG_S + sum(stop.service_s for stop in problem.stops) / len(problem.stops)
    room: dict[int, float] = dict.fromkeys((crew.day for crew in problem.crews), 0.0)
    for crew in problem.crews:
        hours = crew.shift.span_s / work_s
        room[crew.day] += hours if crew.max_stops is None else min(hours, crew.max_stops)
    for days in others.values():
        for day in days:
            room[day] -= 1 / len(days)
    return room


def _liked(problem: Problem, row: int, days: list[int], room: Mapping[int, float]) -> list[int]:
    """These days, best first: what they cost, unless they are full; then the emptier one."""
    costs = problem.stops[row].days or {}
    return sorted(days, key=lambda day: (costs.get(day, 0) + (0 if room[day] >= 1 else FULL_S), -room[day], day))


def _matched(wishes: Mapping[int, list[int]]) -> dict[int, int]:
    """Stops to days, one to one: day → row. Earlier rows are never pushed out, only moved."""
    taken: dict[int, int] = {}

    def seat(row: int, tried: set[int]) -> bool:
        for day in wishes[row]:
            if day in tried:
                continue
            tried.add(day)
            if day not in taken or seat(taken[day], tried):
                taken[day] = row
                return True
        return False

    for row in wishes:
        seat(row, set())
    return taken
