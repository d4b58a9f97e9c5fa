"""When a crew is where, for a given order of stops: exact with several windows and breaks.

Times are kept per number of breaks already taken ("level"), earliest forward and latest backward: an earlier start is
never worse, so one number per level is enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from routing.arrays import FAR, Arrays
from routing.ways import Ways

if TYPE_CHECKING:
    from collections.abc import Sequence

Levels = list[int]


@dataclass(frozen=True, slots=True)
class Broken:
    """The first limit an order of stops breaks, and by how much. `stop` is a node number or None."""

    limit: str
    by: int
    stop: int | None = None


@dataclass(frozen=True, slots=True)
class Timing:
    """Times of a route that holds, in seconds since midnight; one entry per stop."""

    start_s: int
    arrive_s: tuple[int, ...]
    begin_s: tuple[int, ...]
    leave_s: tuple[int, ...]
    end_s: int
    rests: tuple[tuple[int, int], ...]


def service_from(day: Arrays, stop: int, at_s: int) -> int:
    """Earliest service start at or after a time; FAR when the last window has shut."""
    for w in range(int(day.window_count[stop])):
        if at_s <= day.shuts[stop, w]:
            return max(at_s, int(day.opens[stop, w]))
    return FAR


def service_until(day: Arrays, stop: int, at_s: int) -> int:
    """Latest service start at or before a time; -FAR when the first window opens later."""
    for w in range(int(day.window_count[stop]) - 1, -1, -1):
        if at_s >= day.opens[stop, w]:
            return min(at_s, int(day.shuts[stop, w]))
    return -FAR


def leg_s(day: Arrays, crew: int, origin: int, target: int) -> int:
    """Travel between two nodes for this crew."""
    return int(day.travel[day.mode[crew], origin, target])


def _legs_at_hand(day: Arrays, crew: int, order: Sequence[int]) -> None:
    """Of a big day, ask for all legs of a route at once before they are asked for one by one."""
    if isinstance(day.travel, Ways):
        day.travel.keep(int(day.mode[crew]), [int(day.start_node[crew]), *order, int(day.end_node[crew])])


def start_levels(day: Arrays, crew: int) -> Levels:
    """Earliest departure with the first 0, 1, … breaks already behind."""
    first = int(day.shift_start[crew])
    levels = range(int(day.break_count[crew]) + 1)
    return [max(first, int(day.rest_floor[crew, 0, b])) if day.rest_cap[crew, 0, b] > -FAR else FAR for b in levels]


def end_levels(day: Arrays, crew: int) -> Levels:
    """Latest arrival at the end with 0, 1, … breaks taken and the rest taken afterwards."""
    last = int(day.break_count[crew])
    return [min(int(day.shift_end[crew]), int(day.rest_cap[crew, b, last])) for b in range(last + 1)]


def arrive_levels(day: Arrays, crew: int, leave: Levels, travel_s: int) -> Levels:
    """Arrival per level after a leg left at `leave`; a leg may hold breaks."""
    if len(leave) == 1:
        return [min(FAR, leave[0] + travel_s)]
    arrive = []
    for b in range(len(leave)):
        best = FAR
        for a in range(b + 1):
            if leave[a] < FAR and leave[a] <= day.rest_cap[crew, a, b]:
                at = max(leave[a] + travel_s + int(day.rest_sum[crew, a, b]), int(day.rest_floor[crew, a, b]))
                best = min(best, at)
        arrive.append(best)
    return arrive


def leave_by_levels(day: Arrays, crew: int, arrive_by: Levels, travel_s: int) -> Levels:
    """Latest departure per level so that the next place is reached by `arrive_by`."""
    if len(arrive_by) == 1:
        return [arrive_by[0] - travel_s]
    leave = []
    for a in range(len(arrive_by)):
        best = -FAR
        for b in range(a, len(arrive_by)):
            if day.rest_floor[crew, a, b] <= arrive_by[b]:
                by = arrive_by[b] - travel_s - int(day.rest_sum[crew, a, b])
                best = max(best, min(int(day.rest_cap[crew, a, b]), by))
        leave.append(best)
    return leave


@dataclass(frozen=True, slots=True)
class Labels:
    """Earliest leaving and latest service start per place and level: insertion is then a matter of one place.

    `leave[0]` is the start, `leave[k]` after the k-th stop; `begin_by[k]` is that of the (k + 1)-th stop, the last
    one is the arrival at the end.
    """

    nodes: tuple[int, ...]
    leave: tuple[Levels, ...]
    begin_by: tuple[Levels, ...]


def labels_of(day: Arrays, crew: int, order: Sequence[int]) -> Labels:
    """Labels of a route that holds."""
    _legs_at_hand(day, crew, order)
    nodes = (int(day.start_node[crew]), *order, int(day.end_node[crew]))
    leave = [start_levels(day, crew)]
    for before, stop in zip(nodes, order, strict=False):
        arrive = arrive_levels(day, crew, leave[-1], leg_s(day, crew, before, stop))
        leave.append([min(FAR, service_from(day, stop, at) + int(day.service[stop])) for at in arrive])
    begin_by = [end_levels(day, crew)]
    for k in range(len(order), 0, -1):
        stop = nodes[k]
        latest = leave_by_levels(day, crew, begin_by[-1], leg_s(day, crew, stop, nodes[k + 1]))
        begin_by.append([service_until(day, stop, by - int(day.service[stop])) for by in latest])
    return Labels(nodes, tuple(leave), tuple(reversed(begin_by)))


def shortfall_s(day: Arrays, crew: int, labels: Labels, stop: int, place: int) -> int:
    """Seconds missing to serve `stop` after the first `place` stops; 0 or less when it fits."""
    arrive = arrive_levels(day, crew, labels.leave[place], leg_s(day, crew, labels.nodes[place], stop))
    last_shut = int(day.shuts[stop, max(0, int(day.window_count[stop]) - 1)])
    begin = [service_from(day, stop, at) for at in arrive]
    if min(begin) >= FAR:
        return min(arrive) - last_shut
    leave = [min(FAR, at + int(day.service[stop])) for at in begin]
    after = arrive_levels(day, crew, leave, leg_s(day, crew, stop, labels.nodes[place + 1]))
    return min(at - by for at, by in zip(after, labels.begin_by[place], strict=True))


def time_route(day: Arrays, crew: int, order: Sequence[int]) -> Timing | Broken:
    """Times of this crew visiting these stops in this order, or the first limit that breaks.

    Service starts as early as possible; the crew leaves its start as late as that allows, later still only where the
    duty limit asks for it.
    """
    counted = _broken_count(day, crew, order)
    if counted is not None:
        return counted
    _legs_at_hand(day, crew, order)
    timing = _forward(day, crew, order, start_levels(day, crew))
    if isinstance(timing, Broken) or not order:
        return timing
    leave_s = _latest_departure(day, crew, order, timing)
    over_s = timing.end_s - leave_s - int(day.max_duty[crew])
    if over_s > 0:
        return Broken("DUTY", over_s)
    prompt_s = timing.begin_s[0] - leg_s(day, crew, int(day.start_node[crew]), order[0])
    wanted_s = min(leave_s, max(prompt_s, timing.end_s - int(day.max_duty[crew])))
    for at_s in (wanted_s, timing.start_s, leave_s):
        found = _departing_at(day, crew, order, at_s)
        if found is not None and found.end_s == timing.end_s and found.end_s - found.start_s <= day.max_duty[crew]:
            return found
    return timing


def _broken_count(day: Arrays, crew: int, order: Sequence[int]) -> Broken | None:
    if len(order) > day.max_stops[crew]:
        return Broken("MAX_STOPS", len(order) - int(day.max_stops[crew]))
    load = sum(int(day.load[stop]) for stop in order)
    if load > day.max_load[crew]:
        return Broken("LOAD", load - int(day.max_load[crew]))
    for stop in order:
        if day.fit[crew, stop] < 0:
            return Broken("CREW", 0, stop)
    ranks = [(int(day.rank[stop]), stop) for stop in order if day.rank[stop] >= 0]
    for (before, _), (after, stop) in pairwise(ranks):
        if before > after:
            return Broken("POSITION", before - after, stop)
    return None


def _forward(day: Arrays, crew: int, order: Sequence[int], leave: Levels) -> Timing | Broken:
    nodes = (int(day.start_node[crew]), *order, int(day.end_node[crew]))
    departures, arrivals, begins = [leave], [], []
    for before, stop in zip(nodes, order, strict=False):
        arrive = arrive_levels(day, crew, departures[-1], leg_s(day, crew, before, stop))
        begin = [service_from(day, stop, at) for at in arrive]
        if min(begin) >= FAR:
            last_shut = int(day.shuts[stop, max(0, int(day.window_count[stop]) - 1)])
            return Broken("WINDOW", min(arrive) - last_shut, stop)
        arrivals.append(arrive)
        begins.append(begin)
        departures.append([min(FAR, at + int(day.service[stop])) for at in begin])
    arrive = arrive_levels(day, crew, departures[-1], leg_s(day, crew, nodes[-2], nodes[-1]))
    ends = list(enumerate(zip(arrive, end_levels(day, crew), strict=True)))
    over_s, _, level = min((max(0, at - by), at, b) for b, (at, by) in ends)
    if over_s > 0:
        limit = "SHIFT" if arrive[level] > day.shift_end[crew] else "BREAK"
        return Broken(limit, over_s)
    return _walk_back(day, crew, nodes, (departures, [*arrivals, arrive], begins), level)


def _walk_back(
    day: Arrays, crew: int, nodes: tuple[int, ...], found: tuple[list[Levels], list[Levels], list[Levels]], level: int
) -> Timing:
    """Follow the levels from the end to the start and place the breaks between."""
    departures, arrivals, begins = found
    taken = [level]
    for k in range(len(nodes) - 2, -1, -1):
        travel_s = leg_s(day, crew, nodes[k], nodes[k + 1])
        taken.append(_level_before(day, crew, departures[k], travel_s, (taken[-1], arrivals[k][taken[-1]])))
    taken.reverse()
    rests = []
    for k in range(len(nodes) - 1):
        at_s = departures[k][taken[k]]
        for i in range(taken[k], taken[k + 1]):
            start_s = max(at_s, int(day.break_start[crew, i]))
            at_s = start_s + int(day.break_length[crew, i])
            rests.append((start_s, at_s))
    return Timing(
        start_s=departures[0][taken[0]],
        arrive_s=tuple(arrivals[k][taken[k + 1]] for k in range(len(begins))),
        begin_s=tuple(begins[k][taken[k + 1]] for k in range(len(begins))),
        leave_s=tuple(departures[k + 1][taken[k + 1]] for k in range(len(begins))),
        end_s=arrivals[-1][taken[-1]],
        rests=tuple(rests),
    )


def _level_before(day: Arrays, crew: int, leave: Levels, travel_s: int, reached: tuple[int, int]) -> int:
    level, at_s = reached
    for a in range(level, -1, -1):
        if leave[a] < FAR and leave[a] <= day.rest_cap[crew, a, level]:
            from_a = max(leave[a] + travel_s + int(day.rest_sum[crew, a, level]), int(day.rest_floor[crew, a, level]))
            if from_a == at_s:
                return a
    raise AssertionError(f"no level leads to {reached}")


def _latest_departure(day: Arrays, crew: int, order: Sequence[int], timing: Timing) -> int:
    """Latest start that still ends at the timing's end."""
    nodes = (int(day.start_node[crew]), *order, int(day.end_node[crew]))
    by = [min(limit, timing.end_s) for limit in end_levels(day, crew)]
    for k in range(len(order), 0, -1):
        latest = leave_by_levels(day, crew, by, leg_s(day, crew, nodes[k], nodes[k + 1]))
        by = [service_until(day, nodes[k], at - int(day.service[nodes[k]])) for at in latest]
    latest = leave_by_levels(day, crew, by, leg_s(day, crew, nodes[0], nodes[1]))
    return max(at for at, first in zip(latest, start_levels(day, crew), strict=True) if at >= first)


def _departing_at(day: Arrays, crew: int, order: Sequence[int], at_s: int) -> Timing | None:
    """Times of the order when the crew leaves at a given time."""
    leave = [at_s if first <= at_s else FAR for first in start_levels(day, crew)]
    found = None if min(leave) >= FAR else _forward(day, crew, order, leave)
    return found if isinstance(found, Timing) else None
