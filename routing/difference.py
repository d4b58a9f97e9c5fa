"""What changed between two plans of one day: what moved, why, and what it gained."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from routing.problem import Plan, Route

WHY: Final[Mapping[str, tuple[str, str]]] = {
    "NEW": ("新增外访，排入小组{to}", "it is new; crew {to} has it"),
    "TAKEN_IN": ("原未排，现排入小组{to}", "it was left out and fits now with crew {to}"),
    "GONE": ("当天不再需要外访", "it is no longer to be made"),
    "LEFT_OUT": ("{left_zh}", "{left_en}"),
    "CREW_FREE": ("小组{of}不再外访，改由小组{to}", "crew {of} makes no visit any more; crew {to} takes it"),
    "OTHER_CREW": (
        "改由小组{to}：到达路程{now_min}分钟，原{was_min}分钟",
        "crew {to} takes it: {now_min} min on the way there instead of {was_min}",
    ),
    "OTHER_ORDER": (
        "小组{to}调整顺序：到达路程{now_min}分钟，原{was_min}分钟",
        "crew {to} makes it in another order: {now_min} min on the way there instead of {was_min}",
    ),
    "OTHER_TIME": (
        "顺序不变，时间移动{shift_min}分钟",
        "same place in the order, {shift_min} min later (below 0: earlier)",
    ),
}
"""Why a stop is elsewhere, in Chinese and English."""


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a stop is in a plan; `travel_s` leads to it."""

    crew_id: str
    sequence: int
    start_s: int
    travel_s: int


@dataclass(frozen=True, slots=True)
class Move:
    """One stop that is elsewhere: `before` is None when it was in no route, `after` None when it is in none now."""

    stop_id: str
    before: Seat | None
    after: Seat | None
    why: str
    message_zh: str
    message_en: str

    @property
    def changes_crew(self) -> bool:
        """Another crew has it now."""
        return self.before is not None and self.after is not None and self.before.crew_id != self.after.crew_id


@dataclass(frozen=True, slots=True)
class CrewChange:
    """What became of one crew's day: after minus before."""

    crew_id: str
    visits: int
    travel_s: int
    distance_m: int


@dataclass(frozen=True, slots=True)
class Difference:
    """Moves in the order of stop ids; changes of the day and of each crew that has any (after minus before)."""

    moves: tuple[Move, ...]
    crews: tuple[CrewChange, ...]
    travel_s: int
    distance_m: int
    planned: int


def difference(before: Plan, after: Plan, *, tolerance_s: int = 0) -> Difference:
    """What a re-plan changed.

    A stop has not moved when its crew has it still, in the same order among what that crew keeps, at a time that
    differs by no more than the tolerance.
    """
    old, new = _seats(before), _seats(after)
    steady = _keeping_order(before, after)
    moves = []
    for stop_id in sorted(old.keys() | new.keys()):
        why = _why(before, after, stop_id, (old.get(stop_id), new.get(stop_id)), steady)
        if why != "OTHER_TIME" or abs(new[stop_id].start_s - old[stop_id].start_s) > tolerance_s:
            moves.append(_move(after, stop_id, (old.get(stop_id), new.get(stop_id)), why))
    crews = _crew_changes(before, after)
    return Difference(
        moves=tuple(moves),
        crews=crews,
        travel_s=sum(crew.travel_s for crew in crews),
        distance_m=sum(crew.distance_m for crew in crews),
        planned=after.planned - before.planned,
    )


Seats = tuple[Seat | None, Seat | None]


def _seats(plan: Plan) -> dict[str, Seat]:
    return {
        visit.stop_id: Seat(route.crew_id, visit.sequence, visit.start_s, visit.travel_s)
        for route in plan.routes
        for visit in route.visits
    }


def _why(before: Plan, after: Plan, stop_id: str, seats: Seats, steady: frozenset[str]) -> str:
    was, now = seats
    if was is None:
        return "TAKEN_IN" if any(left.stop_id == stop_id for left in before.left_out) else "NEW"
    if now is None:
        return "LEFT_OUT" if any(left.stop_id == stop_id for left in after.left_out) else "GONE"
    if was.crew_id != now.crew_id:
        goes = any(route.crew_id == was.crew_id and route.visits for route in after.routes)
        return "OTHER_CREW" if goes else "CREW_FREE"
    return "OTHER_TIME" if stop_id in steady else "OTHER_ORDER"


def _move(after: Plan, stop_id: str, seats: Seats, why: str) -> Move:
    was, now = seats
    left = next((one for one in after.left_out if one.stop_id == stop_id), None)
    words = {
        "of": was.crew_id if was else "",
        "to": now.crew_id if now else "",
        "was_min": round(was.travel_s / 60) if was else 0,
        "now_min": round(now.travel_s / 60) if now else 0,
        "shift_min": round((now.start_s - was.start_s) / 60) if was and now else 0,
        "left_zh": left.message_zh if left else "",
        "left_en": left.message_en if left else "",
    }
    zh, en = WHY[why]
    return Move(stop_id, was, now, why, zh.format(**words), en.format(**words))


def _keeping_order(before: Plan, after: Plan) -> frozenset[str]:
    """Stops that stay with their crew in an unchanged order: as many of each crew's as one order can keep."""
    now = {route.crew_id: [visit.stop_id for visit in route.visits] for route in after.routes}
    kept: list[str] = []
    for route in before.routes:
        place = {stop_id: i for i, stop_id in enumerate(now.get(route.crew_id, []))}
        common = [visit.stop_id for visit in route.visits if visit.stop_id in place]
        kept += [common[i] for i in _longest_rise([place[stop_id] for stop_id in common])]
    return frozenset(kept)


def _longest_rise(values: Sequence[int]) -> list[int]:
    """Indices of a longest increasing subsequence of distinct values."""
    tails: list[int] = []
    ends: list[int] = []
    previous: list[int] = []
    for i, value in enumerate(values):
        at = bisect_left(tails, value)
        previous.append(ends[at - 1] if at else -1)
        tails[at:] = [value, *tails[at + 1 :]]
        ends[at:] = [i, *ends[at + 1 :]]
    chain, i = [], ends[-1] if ends else -1
    while i >= 0:
        chain.append(i)
        i = previous[i]
    return chain[::-1]


def _crew_changes(before: Plan, after: Plan) -> tuple[CrewChange, ...]:
    old, new = ({route.crew_id: route for route in plan.routes} for plan in (before, after))
    changes = [_crew_change(crew_id, old.get(crew_id), new.get(crew_id)) for crew_id in sorted(old.keys() | new.keys())]
    return tuple(one for one in changes if one.visits or one.travel_s or one.distance_m)


def _crew_change(crew_id: str, was: Route | None, now: Route | None) -> CrewChange:
    (old_visits, old_s, old_m), (new_visits, new_s, new_m) = (
        (len(route.visits), route.travel_s, route.distance_m) if route else (0, 0, 0) for route in (was, now)
    )
    return CrewChange(crew_id, new_visits - old_visits, new_s - old_s, new_m - old_m)
