"""The independent judge: re-adds any plan from the problem alone and names every broken rule."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from routing.problem import Window

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from routing.problem import Break, Crew, Plan, Problem, Route, Stop


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule a plan breaks. `code` is one of `routing.objective.TERMS`, or PLAN where the plan contradicts itself."""

    code: str
    subject_id: str
    says: str


def violations(problem: Problem, plan: Plan) -> tuple[Violation, ...]:
    """Every rule the plan breaks; empty for a plan that holds."""
    return (*_accounting(problem, plan), *_routes(problem, plan), *_debtors(problem, plan), *_cost(problem, plan))


def _accounting(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """Every stop once, nothing unknown, no crew twice."""
    known = {stop.id for stop in problem.stops}
    named = [v.stop_id for r in plan.routes for v in r.visits] + [left.stop_id for left in plan.left_out]
    seen: set[str] = set()
    for stop_id in named:
        if stop_id not in known:
            yield Violation("PLAN", stop_id, "no such stop in the problem")
        if stop_id in seen:
            yield Violation("PLAN", stop_id, "named twice")
        seen.add(stop_id)
    for stop_id in sorted(known - seen):
        yield Violation("PLAN", stop_id, "neither planned nor left out")
    for left in plan.left_out:
        if not left.reason or not left.message_zh or not left.message_en:
            yield Violation("PLAN", left.stop_id, "left out without a reason")
    crews = [route.crew_id for route in plan.routes]
    for crew_id in sorted({c for c in crews if crews.count(c) > 1}):
        yield Violation("PLAN", crew_id, "two routes for one crew")


def _routes(problem: Problem, plan: Plan) -> Iterator[Violation]:
    stops = {stop.id: (row, stop) for row, stop in enumerate(problem.stops)}
    crews = {crew.id: (row, crew) for row, crew in enumerate(problem.crews)}
    for route in plan.routes:
        if route.crew_id not in crews:
            yield Violation("PLAN", route.crew_id, "no such crew in the problem")
            continue
        if any(visit.stop_id not in stops for visit in route.visits):
            continue
        row, crew = crews[route.crew_id]
        visited = [stops[visit.stop_id] for visit in route.visits]
        start, end = problem.crew_points[row]
        yield from _legs(problem, route, crew.mode, [start, *(stop_row for stop_row, _ in visited), end])
        served = [stop for _, stop in visited]
        yield from _services(route, served)
        yield from _limits(route, crew, served)
        yield from _fitness(crew, served)
        for pause in _unrested(route, crew.breaks):
            yield Violation("BREAK", crew.id, f"no rest of {pause.duration_s} s of its own in its window")
        yield from _rests(route, crew)


def _legs(problem: Problem, route: Route, mode: str, rows: list[int]) -> Iterator[Violation]:
    """Travel and distance of every leg, arrivals no earlier than they allow, sums."""
    points = np.array(rows, dtype=np.int64)
    seconds, metres = problem.legs(points, points, mode)
    travel_s = [int(seconds[k, k + 1]) for k in range(len(rows) - 1)]
    distance_m = [int(metres[k, k + 1]) for k in range(len(rows) - 1)]
    left_s = [route.start_s, *(visit.leave_s for visit in route.visits)]
    reached_s = [*(visit.arrive_s for visit in route.visits), route.end_s]
    for k, (leave_s, arrive_s) in enumerate(zip(left_s, reached_s, strict=True)):
        rest_s = sum(max(0, min(rest.end_s, arrive_s) - max(rest.start_s, leave_s)) for rest in route.rests)
        if arrive_s - leave_s < travel_s[k] + rest_s:
            yield Violation("TRAVEL", route.crew_id, f"leg {k + 1} needs {travel_s[k] + rest_s} s")
    for k, visit in enumerate(route.visits):
        if (visit.sequence, visit.travel_s, visit.distance_m) != (k + 1, travel_s[k], distance_m[k]):
            yield Violation("PLAN", visit.stop_id, "sequence, travel or distance of its leg is wrong")
    if (route.travel_s, route.distance_m) != (sum(travel_s), sum(distance_m)):
        yield Violation("PLAN", route.crew_id, "travel or distance of the route is wrong")


def _services(route: Route, served: list[Stop]) -> Iterator[Violation]:
    for visit, stop in zip(route.visits, served, strict=True):
        begins_in = any(window.start_s <= visit.start_s <= window.end_s for window in stop.windows)
        lock = stop.time_lock
        if not begins_in or (lock is not None and not lock.start_s <= visit.start_s <= lock.end_s):
            yield Violation("WINDOW", stop.id, f"service starts at {visit.start_s} s, outside its windows")
        if visit.start_s < visit.arrive_s or visit.leave_s != visit.start_s + stop.service_s:
            yield Violation("PLAN", stop.id, "arrival, service and leaving contradict each other")


def _limits(route: Route, crew: Crew, served: list[Stop]) -> Iterator[Violation]:
    if route.start_s < crew.shift.start_s or route.end_s > crew.shift.end_s:
        yield Violation("SHIFT", crew.id, f"{route.start_s}–{route.end_s} s is outside the shift")
    if crew.max_stops is not None and len(served) > crew.max_stops:
        yield Violation("MAX_STOPS", crew.id, f"{len(served)} visits, {crew.max_stops} allowed")
    if crew.max_duty_s is not None and route.end_s - route.start_s > crew.max_duty_s:
        yield Violation("DUTY", crew.id, f"{route.end_s - route.start_s} s on duty, {crew.max_duty_s} allowed")
    if crew.max_load is not None and sum(stop.load for stop in served) > crew.max_load:
        yield Violation("LOAD", crew.id, f"{sum(stop.load for stop in served)} loaded, {crew.max_load} allowed")


def _fitness(crew: Crew, served: list[Stop]) -> Iterator[Violation]:
    for stop in served:
        if not stop.skills <= crew.skills:
            yield Violation("SKILL", stop.id, f"crew {crew.id} lacks {', '.join(sorted(stop.skills - crew.skills))}")
        if stop.days is not None and crew.day not in stop.days:
            yield Violation("DAY", stop.id, f"planned on day {crew.day}, allowed on {sorted(stop.days)}")
        if stop.crew_lock not in {None, crew.id}:
            yield Violation("CREW_LOCK", stop.id, f"locked to crew {stop.crew_lock}, planned for {crew.id}")
    placed = [stop for stop in served if stop.position is not None]
    for before, after in pairwise(placed):
        if (before.position or 0) > (after.position or 0):
            yield Violation("POSITION", after.id, f"must come before {before.id}")


def _unrested(route: Route, breaks: Sequence[Break]) -> list[Break]:
    """The breaks that find no rest of their own beside the breaks before them."""
    held: list[Break] = []
    missing = []
    on_way = [rest for rest in route.rests if route.start_s <= rest.start_s and rest.end_s <= route.end_s]
    for pause in sorted(breaks, key=lambda each: (each.window.start_s, each.window.end_s)):
        if _rested([*held, pause], on_way, (0, route.start_s), route.end_s):
            held.append(pause)
        else:
            missing.append(pause)
    return missing


def _rested(breaks: Sequence[Break], rests: Sequence[Window], before: tuple[int, int], free_s: int) -> bool:
    """Whether each break, in this order, has a rest of the route, or a part of the free time before or after it.

    Units: `before` from and until when, and `free_s` from when the crew is free, in seconds since midnight.
    """
    if not breaks:
        return True
    pause, others = breaks[0], breaks[1:]
    begin_s = max(before[0], pause.window.start_s)
    early, late = (Window(at_s, at_s + pause.duration_s) for at_s in (begin_s, max(free_s, pause.window.start_s)))
    is_early = early.end_s <= before[1] and _holds(pause.window, early)
    if is_early and _rested(others, rests, (early.end_s, before[1]), free_s):
        return True
    if _holds(pause.window, late) and _rested(others, rests, before, late.end_s):
        return True
    return any(
        rest.span_s == pause.duration_s
        and _holds(pause.window, rest)
        and _rested(others, [*rests[:i], *rests[i + 1 :]], before, free_s)
        for i, rest in enumerate(rests)
    )


def _holds(window: Window, rest: Window) -> bool:
    return window.start_s <= rest.start_s and rest.end_s <= window.end_s


def _rests(route: Route, crew: Crew) -> Iterator[Violation]:
    busy = sorted([(v.start_s, v.leave_s) for v in route.visits] + [(rest.start_s, rest.end_s) for rest in route.rests])
    for (_, end_s), (start_s, _) in pairwise(busy):
        if start_s < end_s:
            yield Violation("BREAK", crew.id, f"a service or a rest starts at {start_s} s, before {end_s} s")


def _debtors(problem: Problem, plan: Plan) -> Iterator[Violation]:
    debtor = {stop.id: stop.debtor for stop in problem.stops}
    day_of = {crew.id: crew.day for crew in problem.crews}
    seen: dict[tuple[str, int], str] = {}
    for route in plan.routes:
        for visit in route.visits:
            who = debtor.get(visit.stop_id)
            if who is None:
                continue
            first = seen.setdefault((who, day_of.get(route.crew_id, 0)), visit.stop_id)
            if first != visit.stop_id:
                yield Violation("ONE_ADDRESS", visit.stop_id, f"same debtor and day as {first}")


def _cost(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """The objective, added again term by term."""
    weights = problem.objective
    stops = {stop.id: stop for stop in problem.stops}
    if any(v.stop_id not in stops for r in plan.routes for v in r.visits):
        return
    served = [(stops[v.stop_id], route.crew_id) for route in plan.routes for v in route.visits]
    day_of = {crew.id: crew.day for crew in problem.crews}
    left = [stops[one.stop_id] for one in plan.left_out if one.stop_id in stops]
    terms = {
        "LEFT_OUT": sum(weights.left_out_s[s.priority - 1] + (weights.locked_s if s.crew_lock else 0) for s in left),
        "TRAVEL": sum(route.travel_s for route in plan.routes),
        "BALANCE": sum(max(0, len(r.visits) - problem.fair_stops) for r in plan.routes) * weights.balance_s,
        "OTHER_CREW": sum(s.last_crew not in {None, crew} for s, crew in served) * weights.other_crew_s,
        "OTHER_DAY": sum((s.days or {}).get(day_of.get(crew, 0), 0) for s, crew in served),
        "CHANGE": sum(s.planned_crew not in {None, crew} for s, crew in served) * weights.change_s,
    }
    if dict(plan.terms) != terms or plan.cost != sum(terms.values()):
        yield Violation("PLAN", "plan", f"cost {plan.cost} {dict(plan.terms)} is not {sum(terms.values())} {terms}")
