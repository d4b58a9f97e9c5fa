"""Re-planning in the day: what is behind and what is near stays, what is left becomes a smaller day of its own.

Example: `rest = rest_of_day(problem, before, standing)`, `after = plan(rest.problem, start=rest.start, …)`,
`joined(rest, after)` is the whole day again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from routing.problem import Plan, PlannedVisit, Problem, Route, Window, points_of
from routing.reasons import left_out, minutes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from routing.problem import Break, Crew, LeftOut, Stop

CHANGE_S: Final = 900
"""What giving a visit to another crew in the middle of the day must save, in seconds of travel."""


class Keep(StrEnum):
    """What stays of the plan beyond the freeze horizon."""

    NOTHING = "NOTHING"
    CREW = "CREW"
    ORDER = "ORDER"


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the day has come, and how much of the rest may change. Units: seconds since midnight.

    `behind` are stops done or under way, with the time their crew is free again. What would begin before `at_s +
    freeze_s` stays as it is. `stand_ins` names for a crew that stops the one that takes over its day. With `crews` only
    the days of these are looked at again.
    """

    at_s: int
    behind: Mapping[str, int] = field(default_factory=dict)
    freeze_s: int = 0
    keep: Keep = Keep.NOTHING
    stand_ins: Mapping[str, str] = field(default_factory=dict)
    crews: frozenset[str] | None = None
    change_s: int = CHANGE_S


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left of a day as a problem, the plan to go on from, and what stays: routes and reasons.

    `home` is the way home (seconds, metres) of every crew whose fixed route has not come to its end.
    """

    problem: Problem
    start: Plan
    fixed: tuple[Route, ...]
    home: Mapping[str, tuple[int, int]]
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]


def rest_of_day(problem: Problem, before: Plan, standing: Standing) -> Rest:
    """The rest of a day. `problem` is the day as it is now: cancelled stops are gone from it, new ones are in it."""
    crews = {crew.id: crew for crew in problem.crews}
    fixed: list[Route] = []
    free: dict[str, tuple[str, ...]] = {}
    notes: list[str] = []
    for route in before.routes:
        looked_at = standing.crews is None or route.crew_id in standing.crews
        goes = route.crew_id in crews and route.crew_id not in standing.stand_ins
        stays = _stays(problem, route, standing, looked_at=looked_at, crew=crews[route.crew_id] if goes else None)
        fixed.append(stays.route)
        free[route.crew_id] = stays.free
        notes += stays.notes
    done = {visit.stop_id for route in fixed for visit in route.visits}
    left = _left_alone(problem, before, standing, done)
    out = done | {one.stop_id for one in left} | standing.behind.keys()
    seat = {visit.stop_id: visit for route in before.routes for visit in route.visits}
    crew_of = {stop_id: standing.stand_ins.get(crew, crew) for crew, stops in free.items() for stop_id in stops}
    stops = tuple(
        _kept(stop, crew_of.get(stop.id), seat.get(stop.id), standing.keep, crews)
        for stop in problem.stops
        if stop.id not in out
    )
    routes = {route.crew_id: route for route in fixed}
    team = tuple(
        found
        for crew in problem.crews
        if (standing.crews is None or crew.id in standing.crews) and crew.id not in standing.stand_ins
        if (found := _from_here_on(problem, crew, routes.get(crew.id), standing)) is not None
    )
    weights = replace(problem.objective, change_s=max(problem.objective.change_s, standing.change_s))
    travel = problem.travel.picked(_rows(problem, stops, team))
    return Rest(
        Problem(stops, team, travel, weights, problem.horizon_s),
        _start(before, stops, seat, crew_of),
        tuple(route for route in fixed if route.visits),
        {
            route.crew_id: _leg(problem, route.crew_id, route.visits, None)
            for route in fixed
            if route.visits and route.crew_id in crews and (standing.crews is None or route.crew_id in standing.crews)
        },
        tuple(left),
        tuple(notes),
    )


def joined(rest: Rest, after: Plan) -> Plan:
    """The whole day: what stays and, behind it, the plan of the rest. Cost and terms are those of the rest."""
    added = {route.crew_id: route for route in after.routes}
    routes = [_joined_route(route, added.pop(route.crew_id, None), rest.home) for route in rest.fixed]
    return replace(
        after,
        routes=(*routes, *added.values()),
        areas=rest.start.areas or after.areas,
        left_out=(*after.left_out, *rest.left_out),
        notes=(*after.notes, *rest.notes),
    )


def near_to(before: Plan, stop_ids: Collection[str], crew_ids: Collection[str] = ()) -> frozenset[str]:
    """The crews of the areas these stops and crews belong to: enough to look at again when only they have changed."""
    touched = {route.crew_id for route in before.routes if any(visit.stop_id in stop_ids for visit in route.visits)}
    touched |= set(crew_ids)
    areas = [a for a in before.areas if touched.intersection(a.crew_ids) or set(stop_ids).intersection(a.stop_ids)]
    return frozenset(touched.union(*(area.crew_ids for area in areas)))


@dataclass(frozen=True, slots=True)
class _Stays:
    route: Route
    free: tuple[str, ...]
    notes: tuple[str, ...]


def _stays(problem: Problem, route: Route, standing: Standing, *, looked_at: bool, crew: Crew | None) -> _Stays:
    """A crew's visits and rests that stay, timed again from where it is, and the stops that are free.

    With `crew` None it goes no further. A rest stays before a visit that does, and once it has begun.
    """
    here = {stop.id for stop in problem.stops}
    visits = [visit for visit in route.visits if visit.stop_id in here]
    behind = sorted((v for v in visits if v.stop_id in standing.behind), key=lambda v: standing.behind[v.stop_id])
    ahead = [visit for visit in visits if visit.stop_id not in standing.behind]
    if not looked_at:
        return _Stays(route, (), ())
    made = [replace(visit, leave_s=standing.behind[visit.stop_id]) for visit in behind]
    over_s = max((min(visit.leave_s, standing.behind[visit.stop_id]) for visit in behind), default=0)
    rests = [rest for rest in route.rests if rest.start_s < over_s]
    to_come = [rest for rest in route.rests if rest.start_s >= over_s]
    breaks = crew.breaks if crew is not None else ()
    notes: list[str] = []
    while crew is not None and ahead and ahead[0].start_s < standing.at_s + standing.freeze_s:
        left_s = made[-1].leave_s if made else route.start_s
        on_way = _resting(left_s, [rest for rest in to_come if rest.start_s < ahead[0].arrive_s], breaks)
        timed = _next(problem, route, made, ahead[0], on_way, standing.at_s)
        if timed is None:
            notes.append(f"{ahead[0].stop_id}: frozen, but crew {route.crew_id} is too late for it; it is free again")
            break
        made.append(timed)
        rests += on_way
        to_come = [rest for rest in to_come if rest.start_s >= ahead[0].arrive_s]
        ahead.pop(0)
    kept = [replace(visit, sequence=i + 1) for i, visit in enumerate(made)]
    seconds, metres = sum(visit.travel_s for visit in kept), sum(visit.distance_m for visit in kept)
    end_s = kept[-1].leave_s if kept else route.start_s
    for rest in _resting(end_s, to_come[:1], breaks):
        if kept and rest.start_s < standing.at_s:
            rests.append(rest)
            end_s = rest.end_s
    if crew is not None and len(made) > len(behind):
        notes += _late_home(problem, replace(route, visits=tuple(kept), end_s=end_s), crew)
    stays = replace(route, visits=tuple(kept), end_s=end_s, travel_s=seconds, distance_m=metres, rests=tuple(rests))
    return _Stays(stays, tuple(visit.stop_id for visit in ahead), tuple(notes))


def _late_home(problem: Problem, frozen: Route, crew: Crew) -> Iterator[str]:
    """That a crew reaches its end after its hours, where what is frozen takes it that far."""
    home_s = frozen.end_s + _leg(problem, crew.id, frozen.visits, None)[0]
    over_s = home_s - _hours_end(crew, frozen.start_s)
    last = frozen.visits[-1].stop_id
    if over_s > 0:
        yield f"{last}: frozen, though crew {crew.id} then ends {minutes(over_s)} min after its hours"


def _hours_end(crew: Crew, start_s: int) -> int:
    """When the shift of a crew that started then, or its time on duty, is over."""
    return crew.shift.end_s if crew.max_duty_s is None else min(crew.shift.end_s, start_s + crew.max_duty_s)


def _next(
    problem: Problem,
    route: Route,
    made: Sequence[PlannedVisit],
    visit: PlannedVisit,
    on_way: Sequence[Window],
    at_s: int,
) -> PlannedVisit | None:
    """The next frozen visit, from where the crew is or is on its way from; None when its windows forbid it now."""
    stop = next(stop for stop in problem.stops if stop.id == visit.stop_id)
    travel_s, distance_m = _leg(problem, route.crew_id, made, stop.id)
    driven_s = (made[-1].leave_s if made else route.start_s) + travel_s + sum(rest.span_s for rest in on_way)
    arrive_s = max([at_s, driven_s, *(rest.end_s for rest in on_way)])
    begin_s = next((max(arrive_s, w.start_s) for w in stop.open_windows if arrive_s <= w.end_s), None)
    if begin_s is None:
        return None
    return PlannedVisit(stop.id, 0, arrive_s, begin_s, begin_s + stop.service_s, travel_s, distance_m)


def _resting(at_s: int, rests: Sequence[Window], breaks: Sequence[Break]) -> list[Window]:
    """These rests one after the other, none before a time; one that fits no break there is lost."""
    found: list[Window] = []
    for rest in rests:
        start_s = max(at_s, rest.start_s)
        moved = Window(start_s, start_s + rest.span_s)
        if any(pause.duration_s == rest.span_s and pause.window.overlap(moved) == moved for pause in breaks):
            found.append(moved)
            at_s = moved.end_s
    return found


def _leg(problem: Problem, crew_id: str, made: Sequence[PlannedVisit], to: str | None) -> tuple[int, int]:
    """Travel of a crew from its last visit (or its start) to a stop (or, with None, to its end)."""
    crew = next(i for i, one in enumerate(problem.crews) if one.id == crew_id)
    row = {stop.id: i for i, stop in enumerate(problem.stops)}
    start, end = problem.crew_points[crew]
    origin = row[made[-1].stop_id] if made else start
    target = end if to is None else row[to]
    seconds, metres = problem.legs(np.array([origin]), np.array([target]), problem.crews[crew].mode)
    return int(seconds[0, 0]), int(metres[0, 0])


def _left_alone(problem: Problem, before: Plan, standing: Standing, done: set[str]) -> list[LeftOut]:
    """Stops the rest of the day is not asked about: a debtor seen today, and left-outs of areas not looked at."""
    debtors = {stop.debtor: stop.id for stop in problem.stops if stop.id in done and stop.debtor is not None}
    known = {one.stop_id: one for one in before.left_out}
    near = {s for a in before.areas if standing.crews and standing.crews.intersection(a.crew_ids) for s in a.stop_ids}
    found = []
    for stop in problem.stops:
        if stop.id in done:
            continue
        if stop.debtor in debtors:
            found.append(left_out(stop.id, "OTHER_ADDRESS_TODAY", {"other": debtors[stop.debtor]}))
        elif standing.crews is not None and stop.id in known and stop.id not in near:
            found.append(known[stop.id])
    return found


def _kept(stop: Stop, crew_id: str | None, seat: PlannedVisit | None, keep: Keep, crews: Mapping[str, Crew]) -> Stop:
    """The stop with what the level asks: its crew liked, locked, or locked with its place in the order."""
    if crew_id is None or seat is None or crew_id not in crews:
        return stop
    liked = replace(stop, planned_crew=crew_id)
    if keep is Keep.NOTHING or (stop.crew_lock is not None and stop.crew_lock != crew_id):
        return liked
    return replace(liked, crew_lock=crew_id, position=seat.sequence if keep is Keep.ORDER else stop.position)


def _from_here_on(problem: Problem, crew: Crew, fixed: Route | None, standing: Standing) -> Crew | None:
    """The crew with what is left of its day; None when nothing is."""
    begun = fixed is not None and bool(fixed.visits)
    free_s = max(standing.at_s, crew.shift.start_s, fixed.end_s if fixed is not None and begun else 0)
    end_s = _hours_end(crew, fixed.start_s) if fixed is not None and begun else crew.shift.end_s
    if free_s > end_s:
        return None
    visits = fixed.visits if fixed is not None else ()
    stops = {stop.id: stop for stop in problem.stops}
    place = (stops[visits[-1].stop_id].lat, stops[visits[-1].stop_id].lon) if visits else None
    lat, lon = place or (crew.start_lat, crew.start_lon)
    taken = fixed.rests if fixed is not None else ()
    home_s = fixed.start_s if fixed is not None and (begun or fixed.start_s < standing.at_s) else free_s
    left = (_break_left(pause, taken, home_s, free_s) for pause in crew.breaks)
    return replace(
        crew,
        start_lat=lat,
        start_lon=lon,
        shift=Window(free_s, end_s),
        breaks=tuple(pause for pause in left if pause is not None),
        max_stops=None if crew.max_stops is None else max(0, crew.max_stops - len(visits)),
        max_load=None if crew.max_load is None else max(0, crew.max_load - sum(stops[v.stop_id].load for v in visits)),
        max_duty_s=None if begun else crew.max_duty_s,
    )


def _break_left(pause: Break, taken: Sequence[Window], home_s: int, free_s: int) -> Break | None:
    """The break as far as it can still be taken; None when it was, or its time is over.

    Until `home_s` the crew was free at its start, which is rest; a crew that is there still goes on resting.
    """
    inside = any(
        r.span_s == pause.duration_s and pause.window.start_s <= r.start_s <= pause.window.end_s for r in taken
    )
    if inside or home_s - pause.window.start_s >= pause.duration_s:
        return None
    if home_s >= free_s:
        return pause
    start_s = max(pause.window.start_s, free_s)
    if start_s + pause.duration_s > pause.window.end_s:
        return None
    return replace(pause, window=Window(start_s, pause.window.end_s))


def _rows(problem: Problem, stops: Sequence[Stop], crews: Sequence[Crew]) -> list[int]:
    """Rows of the day's points that the rest's points are."""
    row: dict[tuple[float, float], int] = {}
    for i, point in enumerate(problem.points):
        row.setdefault(point, i)
    number = {stop.id: i for i, stop in enumerate(problem.stops)}
    return [*(number[stop.id] for stop in stops), *(row[p] for p in points_of((), crews))]


def _start(before: Plan, stops: Sequence[Stop], seat: Mapping[str, PlannedVisit], crew_of: Mapping[str, str]) -> Plan:
    """The plan the search goes on from: every free stop with the crew that has it now."""
    routes: dict[str, list[PlannedVisit]] = {}
    for stop in stops:
        if stop.id in crew_of:
            routes.setdefault(crew_of[stop.id], []).append(seat[stop.id])
    made = tuple(
        Route(crew, tuple(sorted(visits, key=lambda v: (v.start_s, v.sequence))), 0, 0, 0, 0)
        for crew, visits in routes.items()
    )
    return replace(before, routes=made)


def _joined_route(fixed: Route, added: Route | None, home: Mapping[str, tuple[int, int]]) -> Route:
    if added is None:
        seconds, metres = home.get(fixed.crew_id, (0, 0))
        return replace(
            fixed,
            end_s=fixed.end_s + seconds,
            travel_s=fixed.travel_s + seconds,
            distance_m=fixed.distance_m + metres,
        )
    count = len(fixed.visits)
    return replace(
        added,
        visits=(*fixed.visits, *(replace(visit, sequence=visit.sequence + count) for visit in added.visits)),
        start_s=fixed.start_s,
        travel_s=fixed.travel_s + added.travel_s,
        distance_m=fixed.distance_m + added.distance_m,
        rests=(*fixed.rests, *added.rests),
    )
