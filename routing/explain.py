"""Why a stop is not in a plan: every answer is proved by trying to insert it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from routing.arrays import day_of
from routing.insertion import Board, Place
from routing.reasons import left_out, minutes
from routing.repairs import Repair, described, repair_for
from routing.screen import screen
from routing.timing import Broken, shortfall_s, time_route

if TYPE_CHECKING:
    from routing.arrays import Arrays
    from routing.problem import LeftOut, Plan, Problem

REPAIR_CREWS: Final = 8
"""Nearest crews whose limits are named and whose repairs are compared."""


def explain(problem: Problem, plan: Plan) -> tuple[LeftOut, ...]:
    """A proved reason for every stop that is in none of the plan's routes, in the problem's order.

    Example: explaining a plan somebody changed by hand; the reasons speak of the plan as it is.
    """
    day = day_of(problem)
    row = {stop.id: i for i, stop in enumerate(problem.stops)}
    by_crew = {route.crew_id: [row[visit.stop_id] for visit in route.visits] for route in plan.routes}
    routes = [by_crew.get(crew.id, []) for crew in problem.crews]
    screened = screen(problem)
    return reasons_for(day, Board(day, routes, screened), screened)


def reasons_for(day: Arrays, board: Board, screened: dict[int, LeftOut]) -> tuple[LeftOut, ...]:
    """Reasons of all stops the board leaves out; those found by the screen stand.

    Cost: tens of milliseconds per stop.
    """
    found = {stop: _reason(day, board, stop) for stop in board.left_out}
    return tuple((screened | found)[stop] for stop in sorted(screened | found))


def _reason(day: Arrays, board: Board, stop: int) -> LeftOut:
    worth_s = int(day.left_out[stop])
    place = board.cheapest(stop)
    if place is not None:
        return _fitting(day, stop, place, worth_s)
    if not board.near_crews(stop, 1):
        other = min(board.other_addresses(stop).items())[1]
        return left_out(day.stop_ids[stop], "OTHER_ADDRESS_TODAY", {"other": day.stop_ids[other]})
    missed = [first_limit(day, board, crew, stop) for crew in board.near_crews(stop, REPAIR_CREWS)]
    repairs = [found for _, _, order in missed if (found := repair_for(day, order[0], order[1])) is not None]
    best: Repair | None = min(repairs, key=lambda found: (found.weight_s, found.crew), default=None)
    named = _named(missed, best)
    detail = described(day, *named) | {
        "crews": [
            {"crew": day.crew_ids[crew], "limit": broken.limit, "by": broken.by, "place": order[2] + 1}
            for crew, broken, order in missed
        ]
    }
    words = best.words(day) if best else None
    detail |= {"repair": best.limits(day)} if best else {}
    swaps = board.swaps(stop)
    if swaps:
        return left_out(day.stop_ids[stop], "DISPLACES", detail | {"other": day.stop_ids[swaps[0][1]]}, words)
    return left_out(day.stop_ids[stop], "DAY_FULL", detail, words)


def _fitting(day: Arrays, stop: int, place: Place, worth_s: int) -> LeftOut:
    detail: dict[str, object] = {"crew": day.crew_ids[place.crew], "place": place.place + 1}
    if place.cost_s < worth_s:
        return left_out(day.stop_ids[stop], "NOT_FOUND_IN_TIME", detail)
    price = {"extra_min": minutes(place.cost_s), "worth_min": minutes(worth_s)}
    return left_out(day.stop_ids[stop], "COSTS_MORE", detail | price)


Missed = tuple[int, Broken, tuple[int, list[int], int]]


def first_limit(day: Arrays, board: Board, crew: int, stop: int) -> Missed:
    """The place in a crew's route that misses by least, and the first limit it breaks."""
    route = board.routes[crew]
    places = range(len(route) + 1)
    full = len(route) >= day.max_stops[crew]
    key = board.detour_s if full else lambda c, s, k: shortfall_s(day, c, board.labels(c), s, k)
    place = min(places, key=lambda k: (key(crew, stop, k), k))
    order = [*route[:place], stop, *route[place:]]
    broken = time_route(day, crew, order)
    assert isinstance(broken, Broken), "a place that fits was already found"
    return crew, broken, (crew, order, place)


def _named(missed: list[Missed], best: Repair | None) -> tuple[int, Broken]:
    """The limit to name: that of the cheapest repair, else the smallest miss."""
    for crew, broken, _ in missed:
        if best is not None and crew == best.crew:
            return crew, broken
    crew, broken, _ = min(missed, key=lambda row: (row[1].by, row[0]))
    return crew, broken
