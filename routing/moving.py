"""A person's change of a plan: one visit to a crew, to a place in its order, to a time. It is a lock, and is judged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from routing.arrays import crew_may, day_of
from routing.errors import InvalidPlanError, InvalidValueError, RoutingError
from routing.explain import first_limit
from routing.finish import Making, plan_of
from routing.insertion import Board
from routing.reasons import LIMITS
from routing.repairs import described
from routing.screen import screen
from routing.timing import Broken, time_route

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.arrays import Arrays
    from routing.problem import Crew, LeftOut, Plan, Problem, Stop, Window


class MoveRefusedError(RoutingError):
    """A move breaks a hard rule. `limit` is a code of `routing.objective.TERMS`, `by` how far it is missed."""

    def __init__(self, limit: str, by: int, message_zh: str, message_en: str) -> None:
        super().__init__(message_en)
        self.limit, self.by, self.message_zh, self.message_en = limit, by, message_zh, message_en


@dataclass(frozen=True, slots=True)
class Moved:
    """The problem with the lock in it, and its plan; unless `explained`, reasons are those of the plan before."""

    problem: Problem
    plan: Plan
    explained: bool


def moved(
    problem: Problem,
    before: Plan,
    stop_id: str,
    *,
    crew_id: str,
    place: int | None = None,
    time_lock: Window | None = None,
    explain_at_most: int | None = None,
) -> Moved:
    """The plan with one stop given to a crew, as its visit number `place` (from 1) or where it costs least.

    Every other stop stays with its crew in its order; whoever is left out is explained anew. When more are than
    `explain_at_most`, only those are that the plan before had no reason for: `explain` does the rest afterwards.
    Raises: MoveRefusedError naming the rule it would break, InvalidValueError for a stop or crew that is not there,
    InvalidPlanError when the plan before did not hold any more.
    """
    row = _row(problem, stop_id)
    crew = next((i for i, one in enumerate(problem.crews) if one.id == crew_id), None)
    if crew is None:
        raise InvalidValueError(crew_id, "no such crew works", "name a crew that is on duty")
    locked = replace(problem.stops[row], crew_lock=crew_id, position=place, time_lock=time_lock)
    stops = (*problem.stops[:row], locked, *problem.stops[row + 1 :])
    problem = replace(problem, stops=stops)
    _fits(locked, problem.crews[crew])
    day = day_of(problem)
    board = Board(day, _routes(problem, before, stop_id))
    _one_address(board, row, crew)
    order = _order(day, board, row, crew, place)
    board.change(crew, order)
    _others_hold(day, board, crew)
    making = Making("manual", before.seed, 0.0, before.areas, cancelled=False)
    screened = screen(problem)
    told = _told_before(problem, before, board, screened) if explain_at_most is not None else {}
    explained = explain_at_most is None or len(told) <= explain_at_most
    known = screened if explained else told | screened
    return Moved(problem, plan_of(problem, day, board.routes, known, making), explained)


def _told_before(problem: Problem, before: Plan, board: Board, screened: Mapping[int, LeftOut]) -> dict[int, LeftOut]:
    """Reasons the plan before gave for stops that are still left out, by row."""
    planned = {row for route in board.routes for row in route}
    told = {one.stop_id: one for one in before.left_out}
    rows = (row for row in range(len(problem.stops)) if row not in planned and row not in screened)
    return {row: told[problem.stops[row].id] for row in rows if problem.stops[row].id in told}


def _row(problem: Problem, stop_id: str) -> int:
    for row, stop in enumerate(problem.stops):
        if stop.id == stop_id:
            return row
    raise InvalidValueError(stop_id, "no such stop on this day", "name a stop of the plan")


def _routes(problem: Problem, before: Plan, without: str) -> list[list[int]]:
    row = {stop.id: i for i, stop in enumerate(problem.stops) if stop.id != without}
    orders = {r.crew_id: [row[v.stop_id] for v in r.visits if v.stop_id in row] for r in before.routes}
    return [orders.get(crew.id, []) for crew in problem.crews]


def _fits(stop: Stop, crew: Crew) -> None:
    if not stop.open_windows:
        raise MoveRefusedError("WINDOW", 0, "该时间不在可上门时段内", "the time lies outside the visit's windows")
    if crew_may(stop, crew):
        return
    lacking = "、".join(sorted(stop.skills - crew.skills))
    if lacking:
        raise MoveRefusedError("SKILL", 0, f"小组{crew.id}缺少技能：{lacking}", f"crew {crew.id} lacks: {lacking}")
    raise MoveRefusedError(
        "DAY", 0, f"小组{crew.id}的日期不在可上门日期内", f"crew {crew.id} works on a day that is not allowed"
    )


def _one_address(board: Board, row: int, crew: int) -> None:
    other = board.other_addresses(row).get(int(board.day.crew_day[crew]))
    if other is not None:
        name = board.day.stop_ids[other]
        raise MoveRefusedError(
            "ONE_ADDRESS",
            0,
            f"同一债务人当天已排另一地址{name}",
            f"another address of the same debtor, {name}, is planned",
        )


def _order(day: Arrays, board: Board, row: int, crew: int, place: int | None) -> list[int]:
    """The crew's order with the stop in it. Raises: MoveRefusedError when no such order holds."""
    route = board.routes[crew]
    if place is None:
        found = board.cheapest_at(crew, row)
        if found is None:
            _, broken, _ = first_limit(day, board, crew, row)
            raise _refusal(day, crew, broken)
        return [*route[: found.place], row, *route[found.place :]]
    if not 1 <= place <= len(route) + 1:
        raise InvalidValueError(day.stop_ids[row], f"place {place}", f"give a place from 1 to {len(route) + 1}")
    order = [*route[: place - 1], row, *route[place - 1 :]]
    broken_now = time_route(day, crew, order)
    if isinstance(broken_now, Broken):
        raise _refusal(day, crew, broken_now)
    return order


def _others_hold(day: Arrays, board: Board, crew: int) -> None:
    for v, route in enumerate(board.routes):
        broken = time_route(day, v, route) if v != crew else None
        if isinstance(broken, Broken):
            raise InvalidPlanError(f"crew {day.crew_ids[v]}: {broken.limit} by {broken.by}; plan the day again first")


def _refusal(day: Arrays, crew: int, broken: Broken) -> MoveRefusedError:
    words = described(day, crew, broken)
    zh, en = (text.format(**words) for text in LIMITS[broken.limit])
    return MoveRefusedError(broken.limit, broken.by, zh, en)
