"""Days ahead: a day is planned in sight of the days after it, and visits that are better made then are left for then.

Only the first day becomes a plan: the rest will be asked about again, when payments, papers and appointments of the
meantime are known. See docs/adr/0010-days-ahead.md.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import routing
from fieldops.policies.service import calendar_of, policy_on
from fieldops.visits.windows import day_suits

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sqlalchemy.orm import Session

    from fieldops.planning.problem import Day
    from fieldops.planning.queries import VisitToPlan

LATER_DAY: Final = "LATER_DAY"
WAIT_S: Final = 600
"""A visit waits a day only where that saves this much travel for each step of its priority."""


def joined_days(days: Mapping[date, Day], may_wait: Mapping[str, Mapping[int, int]]) -> Day:
    """Days as one problem: crews are crews of a day, the first day's visits may wait, the others keep their day."""
    first, *others = days.items()
    stops = [replace(stop, days=may_wait.get(stop.id, {0: 0})) for stop in first[1].problem.stops]
    crews = list(first[1].problem.crews)
    for number, (on, day) in enumerate(others, start=1):
        stops += [
            replace(
                stop,
                days={number: 0},
                crew_lock=stop.crew_lock and _named(stop.crew_lock, on),
                last_crew=stop.last_crew and _named(stop.last_crew, on),
            )
            for stop in day.problem.stops
        ]
        crews += [replace(crew, id=_named(crew.id, on), day=number) for crew in day.problem.crews]
    problem = replace(first[1].problem, stops=tuple(stops), crews=tuple(crews))
    return replace(first[1], problem=problem, ahead=tuple(on for on, _ in others))


def may_wait(session: Session, visits: list[VisitToPlan], days: list[date]) -> dict[str, dict[int, int]]:
    """Days each visit of the first day may be made on, by number, each with what waiting for it costs.

    Approval and entrustment still run on that day, the place is open, and it is no holiday, as far as anybody knows.
    """
    found: dict[str, dict[int, int]] = {visit.no: {0: 0} for visit in visits}
    for number, day in enumerate(days[1:], start=1):
        calendar, policy = calendar_of(session, day.year), policy_on(session, day)
        if calendar is None or calendar.holiday_on(day):
            continue
        for visit in visits:
            if visit.locked or (visit.last_on is not None and day > visit.last_on):
                continue
            if day_suits(visit.address_kind, day, policy.for_bank(visit.bank, visit.product)):
                found[visit.no][number] = WAIT_S * visit.priority * number
    return found


def first_day(day: Day, found: routing.Plan) -> routing.Plan:
    """The plan of the first day; its visits that wait say for which day, crew and hour."""
    if not day.ahead:
        return found
    later = {crew.id: crew.day for crew in day.problem.crews if crew.day}
    mine = {stop.id for stop in day.problem.stops if 0 in (stop.days or {0: 0})}
    waiting = tuple(
        _waits(visit, route.crew_id, day.ahead[later[route.crew_id] - 1])
        for route in found.routes
        if route.crew_id in later
        for visit in route.visits
        if visit.stop_id in mine
    )
    left = tuple(one for one in found.left_out if one.stop_id in mine)
    return replace(
        found,
        routes=tuple(route for route in found.routes if route.crew_id not in later),
        left_out=(*left, *waiting),
        areas=tuple(replace(area, crew_ids=tuple(c for c in area.crew_ids if c not in later)) for area in found.areas),
        notes=(*found.notes, f"planned in sight of {len(day.ahead)} days ahead; cost and terms are of all of them"),
    )


def days_from(first: date, count: int) -> list[date]:
    """So many days, the first included."""
    return [first + timedelta(days=number) for number in range(count)]


def _waits(visit: routing.PlannedVisit, crew: str, on: date) -> routing.LeftOut:
    code = crew.removesuffix(f"@{on}")
    hour = f"{visit.start_s // 3600:02d}:{visit.start_s % 3600 // 60:02d}"
    return routing.LeftOut(
        visit.stop_id,
        LATER_DAY,
        f"{on}由小组{code}约{hour}外访更顺路，留待该日",
        f"better made on {on} by crew {code} at about {hour}; it waits for that day",
        {"proof": "c", "on": str(on), "crew": code},
        "需当日外访的，人工排入小组即锁定",
        "give it to a crew by hand to have it made today",
    )


def _named(crew: str, on: date) -> str:
    return f"{crew}@{on}"
