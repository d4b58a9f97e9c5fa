"""Candidate routes by ruin and recreate, compiled: the only importer of numba.

Strings of neighbouring visits are taken out of routes near each other and put back greedily with blinks; a worse day
is accepted while it is hot. Windows, several windows, shifts, breaks, duty, skills, locks, orders, loads and caps are
kept in every step, so what comes out holds. One file, however long: numba's cache of compiled code is renewed when the
file of a function changes, not when a file it calls into does.
Source: Christiaens and Vanden Berghe 2020, doi:10.1287/trsc.2019.0914.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numba as nb
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

_OPTIONS: Final[dict[str, Any]] = {
    "cache": True,
    "boundscheck": False,
    "error_model": "numpy",
    "nogil": True,
    "_nrt": False,
}
kernel: Callable[..., Any] = nb.njit(**_OPTIONS)
inner: Callable[..., Any] = nb.njit(**_OPTIONS, forceinline=True)
"""Inlined, and nothing counts references: handing thirty arrays down and up again cost three times the work itself.

`_nrt` is numba's own word for it and has no public one; without it a search makes 37 instead of 105 thousand moves a
second. A numba that no longer knows it refuses to read this file: an update cannot lose the speed in silence.
"""

FAR: Final = 1 << 40
LONGEST_STRING: Final = 10
MEAN_RUINED: Final = 10.0
BLINK: Final = 0.01
SPLIT: Final = 0.5
WHOLE_ROUTE: Final = 0.04
"""Moves that begin with a whole route: strings alone seldom save a crew."""
BROUGHT_IN: Final = 6
"""Left-out visits near the ruin that compete again in one move."""
SORT_WEIGHTS: Final = np.array([6, 9, 11, 12, 14, 16, 18, 21])
"""Cumulative weights of the orders of insertion: random, load, far, near, tight, early, late, dear."""

# Numba reads these as plain records of arrays; Arrays of routing.arrays gives the shapes.

STOP_RECORD: Final = np.dtype(
    [(name, np.int64) for name in ("service", "window_count", "load", "rank", "left_out", "home_s")]
)
CREW_RECORD: Final = np.dtype(
    [
        (name, np.int64)
        for name in (
            *("start_node", "end_node", "mode", "shift_start", "shift_end"),
            *("max_stops", "max_load", "max_duty", "break_count", "alike"),
        )
    ]
)
KNOWN_RECORD: Final = np.dtype([(name, np.int64) for name in ("version", "cost", "place")])
"""The cheapest place of a stop in a route as it was at a version."""


class Rules(NamedTuple):
    """What never changes during a search. Records instead of many arrays: calls and compiling are quicker.

    `travel_to[mode, b, a]` is `travel[mode, a, b]`: all ways to one stop lie side by side.
    """

    travel: Any
    travel_to: Any
    stops: Any
    crews: Any
    opens: Any
    shuts: Any
    fit: Any
    rest_sum: Any
    rest_floor: Any
    rest_cap: Any
    kind_first: Any
    kind_crews: Any
    neighbours: Any
    near_kinds: Any
    fair_stops: int
    balance_s: int
    insert_near: int


class State(NamedTuple):
    """The current routes: `route[v]` holds start, stops, end; `leave` and `begin_by` are labels as in timing.

    `leg[v, k]` is the travel from place k to the next (0 in an idle route); `price` and `version` are those of a route
    between moves, and `known[stop, v]` is the stop's cheapest place in it: most routes stay as they are for many moves.
    """

    route: Any
    length: Any
    leave: Any
    begin_by: Any
    leg: Any
    loaded: Any
    price: Any
    version: Any
    known: Any
    scratch: Any
    out_count: Any
    crew_of: Any
    place_of: Any
    cost: Any


class Work(NamedTuple):
    """Scratch of one move, and what is needed to take it back."""

    removed: Any
    order: Any
    touched: Any
    is_touched: Any
    old_route: Any
    old_length: Any
    old_leave: Any
    old_begin_by: Any
    old_leg: Any
    old_loaded: Any
    was_out: Any
    crews: Any
    stamp: Any


class Pool(NamedTuple):
    """Distinct routes of good plans: visit sets by hash, cheapest order of each, stops one after the other."""

    slots: Any
    cost: Any
    crew: Any
    first: Any
    stops: Any
    count: Any
    codes: Any


@inner
def service_from(rules: Rules, stop: int, at_s: int) -> int:
    """Earliest service start at or after a time; FAR when too late."""
    for w in range(rules.stops[stop].window_count):
        if at_s <= rules.shuts[stop, w]:
            return int(max(at_s, rules.opens[stop, w]))
    return FAR


@inner
def service_until(rules: Rules, stop: int, at_s: int) -> int:
    """Latest service start at or before a time; -FAR when too early."""
    for w in range(rules.stops[stop].window_count - 1, -1, -1):
        if at_s >= rules.opens[stop, w]:
            return int(min(at_s, rules.shuts[stop, w]))
    return -FAR


@kernel
def arrival(rules: Rules, crew: int, leave: Any, travel_s: int, level: int) -> int:
    """Arrival with `level` breaks taken, from the labels at the leg's beginning."""
    best = FAR
    for a in range(level + 1):
        if leave[a] <= rules.rest_cap[crew, a, level] and leave[a] < FAR:
            at_s = max(leave[a] + travel_s + rules.rest_sum[crew, a, level], rules.rest_floor[crew, a, level])
            best = min(best, at_s)
    return best


@kernel
def leave_by(rules: Rules, crew: int, begin_by: Any, travel_s: int, level: int) -> int:
    """Latest departure with `level` breaks taken so that the labels at the leg's end are met."""
    best = -FAR
    for b in range(level, rules.crews[crew].break_count + 1):
        if rules.rest_floor[crew, level, b] <= begin_by[b]:
            by_s = begin_by[b] - travel_s - rules.rest_sum[crew, level, b]
            best = max(best, min(by_s, rules.rest_cap[crew, level, b]))
    return best


@inner
def refresh(rules: Rules, state: State, v: int) -> None:
    """Labels, legs and load of a route after a change."""
    n, travel = state.length[v], rules.travel[rules.crews[v].mode]
    state.route[v, 0] = rules.crews[v].start_node
    state.route[v, n + 1] = rules.crews[v].end_node
    loaded, before = 0, state.route[v, 0]
    for k in range(1, n + 2):
        x = state.route[v, k]
        state.leg[v, k - 1] = travel[before, x] if n else 0
        loaded += rules.stops[x].load if k <= n else 0
        before = x
    state.loaded[v] = loaded
    if rules.crews[v].break_count:
        refresh_levels(rules, state, v)
        return
    at_s, by_s = rules.crews[v].shift_start, rules.crews[v].shift_end
    state.leave[v, 0, 0], state.begin_by[v, n + 1, 0] = at_s, by_s
    for k in range(1, n + 1):
        x = state.route[v, k]
        at_s = service_from(rules, x, at_s + state.leg[v, k - 1]) + rules.stops[x].service
        state.leave[v, k, 0] = at_s
    for k in range(n, 0, -1):
        x = state.route[v, k]
        by_s = service_until(rules, x, by_s - state.leg[v, k] - rules.stops[x].service)
        state.begin_by[v, k, 0] = by_s


@kernel
def refresh_levels(rules: Rules, state: State, v: int) -> None:
    """Labels per number of breaks taken."""
    n, last = state.length[v], rules.crews[v].break_count
    travel = rules.travel[rules.crews[v].mode]
    for b in range(last + 1):
        state.leave[v, 0, b] = FAR
        if rules.rest_cap[v, 0, b] > -FAR:
            state.leave[v, 0, b] = max(rules.crews[v].shift_start, rules.rest_floor[v, 0, b])
        state.begin_by[v, n + 1, b] = min(rules.crews[v].shift_end, rules.rest_cap[v, b, last])
    for k in range(1, n + 1):
        x = state.route[v, k]
        for b in range(last + 1):
            at_s = arrival(rules, v, state.leave[v, k - 1], travel[state.route[v, k - 1], x], b)
            state.leave[v, k, b] = min(FAR, service_from(rules, x, at_s) + rules.stops[x].service)
    for k in range(n, 0, -1):
        x = state.route[v, k]
        for b in range(last + 1):
            by_s = leave_by(rules, v, state.begin_by[v, k + 1], travel[x, state.route[v, k + 1]], b)
            state.begin_by[v, k, b] = service_until(rules, x, by_s - rules.stops[x].service)


@kernel
def fits_with_breaks(rules: Rules, state: State, v: int, place: int, stop: int) -> bool:
    """The stop after `place` keeps the route holding, breaks and all."""
    travel = rules.travel[rules.crews[v].mode]
    before, after = state.route[v, place], state.route[v, place + 1]
    last = rules.crews[v].break_count
    leave = state.scratch
    for b in range(last + 1):
        at_s = arrival(rules, v, state.leave[v, place], travel[before, stop], b)
        leave[b] = min(FAR, service_from(rules, stop, at_s) + rules.stops[stop].service)
    for b in range(last + 1):
        if arrival(rules, v, leave, travel[stop, after], b) <= state.begin_by[v, place + 1, b]:
            return True
    return False


@kernel
def stop_with(state: State, v: int, place: int, stop: int, k: int) -> int:
    """The k-th stop (from 0) of a route that has `stop` after its first `place` stops."""
    if k == place:
        return stop
    return int(state.route[v, k + 1] if k < place else state.route[v, k])


@kernel
def keeps_duty(rules: Rules, state: State, v: int, place: int, stop: int) -> bool:
    """From the latest leaving to the earliest end, the route with the stop keeps the duty limit.

    Breaks count as driving on; the full model has the last word.
    """
    travel = rules.travel[rules.crews[v].mode]
    n = state.length[v]
    at_s, previous = rules.crews[v].shift_start, rules.crews[v].start_node
    for k in range(n + 1):
        x = stop_with(state, v, place, stop, k)
        at_s = service_from(rules, x, at_s + travel[previous, x]) + rules.stops[x].service
        previous = x
    following = rules.crews[v].end_node
    end_s = at_s + travel[previous, following]
    by_s = end_s
    for k in range(n, -1, -1):
        x = stop_with(state, v, place, stop, k)
        by_s = service_until(rules, x, by_s - travel[x, following] - rules.stops[x].service)
        following = x
    rest_s = 0
    for b in range(rules.crews[v].break_count):
        rest_s += rules.rest_sum[v, b, b + 1]
    return bool(end_s - (by_s - travel[rules.crews[v].start_node, following]) + rest_s <= rules.crews[v].max_duty)


@kernel
def keeps_order(rules: Rules, state: State, v: int, place: int, stop: int) -> bool:
    """A locked position stays in order."""
    for k in range(1, state.length[v] + 1):
        rank = rules.stops[state.route[v, k]].rank
        if rank >= 0 and (
            (k <= place and rank > rules.stops[stop].rank) or (k > place and rank < rules.stops[stop].rank)
        ):
            return False
    return True


@inner
def may_take(rules: Rules, state: State, v: int, stop: int) -> bool:
    """Nothing that is counted or allowed keeps the stop from this crew."""
    n = state.length[v]
    return bool(
        rules.fit[v, stop] >= 0
        and n < rules.crews[v].max_stops
        and n + 2 < state.route.shape[1]
        and state.loaded[v] + rules.stops[stop].load <= rules.crews[v].max_load
    )


@inner
def holds(rules: Rules, state: State, v: int, place: int, stop: int) -> bool:
    """The rarer rules hold: breaks, duty, locked order."""
    if rules.crews[v].break_count and not fits_with_breaks(rules, state, v, place, stop):
        return False
    if rules.crews[v].max_duty < FAR and not keeps_duty(rules, state, v, place, stop):
        return False
    return bool(rules.stops[stop].rank < 0 or keeps_order(rules, state, v, place, stop))


@inner
def cheapest_in(rules: Rules, state: State, v: int, stop: int, bound: int) -> tuple[int, int]:
    """Cheapest place of a stop in one route below a bound: (cost, stops before or -1). The innermost loop."""
    best, place = bound, -1
    if not may_take(rules, state, v, stop):
        return best, place
    opens, shuts = rules.opens[stop, 0], rules.shuts[stop, rules.stops[stop].window_count - 1]
    service, windows = rules.stops[stop].service, rules.stops[stop].window_count
    breaks, n = rules.crews[v].break_count > 0, state.length[v]
    simple = not breaks and rules.stops[stop].rank < 0 and rules.crews[v].max_duty == FAR
    extra = rules.fit[v, stop] + (rules.balance_s if n >= rules.fair_stops else 0)
    there, back = rules.travel_to[rules.crews[v].mode, stop], rules.travel[rules.crews[v].mode, stop]
    route, leg, leave, begin_by = state.route[v], state.leg[v], state.leave[v], state.begin_by[v]
    before = route[0]
    for k in range(n + 1):
        at_s, come = leave[k, 0], there[before]
        if at_s > shuts and not breaks:
            break
        before = route[k + 1]
        go = back[before]
        cost = come + go - leg[k] + extra
        if cost >= best:
            continue
        if not breaks:
            at_s += come
            by_s = begin_by[k + 1, 0] - go - service
            if at_s > shuts or by_s < opens or at_s > by_s:
                continue
            if windows > 1 and service_from(rules, stop, at_s) > by_s:
                continue
        if simple or holds(rules, state, v, k, stop):
            best, place = cost, k
    return best, place


@inner
def cheapest_place(rules: Rules, state: State, work: Work, stop: int, count: int, blink: float) -> tuple[int, int]:
    """Cheapest place among the crews of `work`, cheaper than leaving the stop out: (crew or -1, stops before).

    A route that this move has not touched is asked once for all moves until it changes.
    """
    best, crew, place = rules.stops[stop].left_out, -1, -1
    for i in range(count):
        v = work.crews[i]
        if work.is_touched[v]:
            cost, k = cheapest_in(rules, state, v, stop, best)
        else:
            if state.known[stop, v].version != state.version[v]:
                cost, k = cheapest_in(rules, state, v, stop, FAR)
                state.known[stop, v].version = state.version[v]
                state.known[stop, v].cost = cost
                state.known[stop, v].place = k
            cost, k = state.known[stop, v].cost, state.known[stop, v].place
        if cost >= best or k < 0 or (blink > 0 and np.random.random() < blink):  # noqa: NPY002 - numba's generator
            continue
        best, crew, place = cost, v, k
    return crew, place


@inner
def crews_to_try(rules: Rules, state: State, work: Work, stop: int) -> int:
    """Fill `work.crews`: those of near visits and one idle crew of each near kind; all when the day is small."""
    count = 0
    work.stamp[-1] += 1
    mark = work.stamp[-1]
    if rules.insert_near:
        for i in range(min(rules.insert_near, rules.neighbours.shape[1])):
            v = state.crew_of[rules.neighbours[stop, i]]
            if v >= 0 and work.stamp[v] != mark:
                work.stamp[v] = mark
                work.crews[count] = v
                count += 1
    else:
        for v in range(state.length.shape[0]):
            if state.length[v] > 0:
                work.crews[count] = v
                count += 1
    for i in range(rules.near_kinds.shape[1]):
        kind = rules.near_kinds[stop, i]
        single = rules.insert_near > 0 and rules.kind_first[kind + 1] - rules.kind_first[kind] == 1
        for j in range(rules.kind_first[kind], rules.kind_first[kind + 1]):
            v = rules.kind_crews[j]
            if state.length[v] == 0 or (single and work.stamp[v] != mark):
                work.crews[count] = v
                count += 1
                break
    return count


@inner
def touch(state: State, work: Work, v: int, count: int) -> int:
    """Remember a route before its first change in a move."""
    if not work.is_touched[v]:
        work.is_touched[v] = True
        work.touched[count] = v
        count += 1
        work.old_length[v] = state.length[v]
        work.old_loaded[v] = state.loaded[v]
        for k in range(state.length[v] + 2):
            work.old_route[v, k] = state.route[v, k]
            work.old_leg[v, k] = state.leg[v, k]
            for b in range(state.leave.shape[2]):
                work.old_leave[v, k, b] = state.leave[v, k, b]
                work.old_begin_by[v, k, b] = state.begin_by[v, k, b]
    return count


@inner
def index_route(state: State, v: int) -> None:
    """Tell every stop of a route where it is."""
    for k in range(1, state.length[v] + 1):
        x = state.route[v, k]
        state.crew_of[x] = v
        state.place_of[x] = k


@inner
def put(rules: Rules, state: State, v: int, place: int, stop: int) -> None:
    """Insert a stop after the first `place` stops; labels change behind it forward and before it backward."""
    n = state.length[v]
    for k in range(n + 1, place, -1):
        x = state.route[v, k]
        state.route[v, k + 1] = x
        state.begin_by[v, k + 1, 0] = state.begin_by[v, k, 0]
        state.leave[v, k + 1, 0] = state.leave[v, k, 0]
        state.leg[v, k + 1] = state.leg[v, k]
        if k <= n:
            state.place_of[x] = k + 1
    state.route[v, place + 1] = stop
    state.crew_of[stop], state.place_of[stop] = v, place + 1
    state.length[v] = n + 1
    if rules.crews[v].break_count:
        refresh(rules, state, v)
        return
    state.loaded[v] += rules.stops[stop].load
    mode = rules.crews[v].mode
    state.leg[v, place] = rules.travel_to[mode, stop, state.route[v, place]]
    state.leg[v, place + 1] = rules.travel[mode, stop, state.route[v, place + 2]]
    at_s = state.leave[v, place, 0]
    for k in range(place + 1, n + 2):
        x = state.route[v, k]
        at_s = service_from(rules, x, at_s + state.leg[v, k - 1]) + rules.stops[x].service
        if k > place + 1 and at_s == state.leave[v, k, 0]:
            break
        state.leave[v, k, 0] = at_s
    by_s = state.begin_by[v, place + 2, 0]
    for k in range(place + 1, 0, -1):
        x = state.route[v, k]
        by_s = service_until(rules, x, by_s - state.leg[v, k] - rules.stops[x].service)
        if k <= place and by_s == state.begin_by[v, k, 0]:
            break
        state.begin_by[v, k, 0] = by_s


@inner
def route_cost(rules: Rules, state: State, v: int) -> int:
    """Travel, crew preference and balance of a route."""
    n = state.length[v]
    if n == 0:
        return 0
    cost = rules.balance_s * max(0, n - rules.fair_stops) + state.leg[v, 0]
    for k in range(1, n + 1):
        cost += state.leg[v, k] + rules.fit[v, state.route[v, k]]
    return int(cost)


@inner
def is_as_before(state: State, work: Work, v: int) -> bool:
    """The move put everything back where it was in this route."""
    n, k = state.length[v], 1
    while k <= n and state.route[v, k] == work.old_route[v, k]:
        k += 1
    return bool(n == work.old_length[v] and k > n)


@inner
def settle(rules: Rules, state: State, work: Work, count: int) -> None:
    """The touched routes are as they should be."""
    for i in range(count):
        v = work.touched[i]
        work.is_touched[v] = False
        if not is_as_before(state, work, v):
            state.price[v] = route_cost(rules, state, v)
            state.version[v] += 1


@inner
def take_string(state: State, work: Work, v: int, stop: int, length: int, removed: int) -> int:
    """Take a string of about `length` stops around one out of a route; half the time it spares some in the middle."""
    n = state.length[v]
    spared = 0
    if 1 < length < n and np.random.random() < SPLIT:  # noqa: NPY002
        spared = 1
        while length + spared < n and np.random.random() < SPLIT:  # noqa: NPY002
            spared += 1
    total = min(n, length + spared)
    place = state.place_of[stop]
    low, high = max(1, place - total + 1), min(place, n - total + 1)
    first = low + np.random.randint(high - low + 1)  # noqa: NPY002
    spare = first + np.random.randint(total - spared + 1) if spared else first + total  # noqa: NPY002
    kept = 1
    for k in range(1, n + 1):
        x = state.route[v, k]
        if first <= k < first + total and not (spared and spare <= k < spare + spared):
            work.removed[removed] = x
            work.was_out[removed] = False
            removed += 1
            state.crew_of[x] = -1
        else:
            state.route[v, kept] = x
            kept += 1
    state.length[v] = kept - 1
    return int(removed)


@inner
def ruin(rules: Rules, state: State, work: Work, mean_length: float) -> tuple[int, int]:
    """Take strings out of routes near a random stop: (stops out, routes touched)."""
    stops = state.crew_of.shape[0]
    longest = min(LONGEST_STRING, mean_length)
    strings = int(np.random.random() * (4.0 * MEAN_RUINED / (1.0 + longest) - 1.0) + 1.0)  # noqa: NPY002
    seed = np.random.randint(stops)  # noqa: NPY002
    removed, count = 0, 0
    whole = np.random.random() < WHOLE_ROUTE  # noqa: NPY002
    for i in range(rules.neighbours.shape[1] + 1):
        if count >= strings:
            break
        x = seed if i == 0 else rules.neighbours[seed, i - 1]
        v = state.crew_of[x]
        if v < 0 or work.is_touched[v]:
            continue
        count = touch(state, work, v, count)
        length = int(np.random.random() * min(longest, float(state.length[v])) + 1.0)  # noqa: NPY002
        if whole and count == 1:
            length = state.length[v]
        removed = take_string(state, work, v, x, min(length, state.length[v]), removed)
        refresh(rules, state, v)
        index_route(state, v)
    brought, most = 0, min(BROUGHT_IN, state.out_count[0])
    for i in range(rules.neighbours.shape[1] + 1):
        x = seed if i == 0 else rules.neighbours[seed, i - 1]
        if brought >= most:
            break
        if state.place_of[x] == 0:
            work.removed[removed] = x
            work.was_out[removed] = True
            removed += 1
            brought += 1
    return removed, count


@inner
def sort_removed(rules: Rules, work: Work, removed: int) -> None:
    """Order of putting back, drawn anew for each move."""
    drawn = np.random.randint(SORT_WEIGHTS[-1])  # noqa: NPY002
    for i in range(removed):
        x = work.removed[i]
        key = np.random.random()  # noqa: NPY002
        if SORT_WEIGHTS[0] <= drawn < SORT_WEIGHTS[1]:
            key = -float(rules.stops[x].load) + 0.5 * key
        elif SORT_WEIGHTS[1] <= drawn < SORT_WEIGHTS[2]:
            key = -float(rules.stops[x].home_s)
        elif SORT_WEIGHTS[2] <= drawn < SORT_WEIGHTS[3]:
            key = float(rules.stops[x].home_s)
        elif SORT_WEIGHTS[3] <= drawn < SORT_WEIGHTS[4]:
            key = float(rules.shuts[x, rules.stops[x].window_count - 1] - rules.opens[x, 0])
        elif SORT_WEIGHTS[4] <= drawn < SORT_WEIGHTS[5]:
            key = float(rules.opens[x, 0])
        elif SORT_WEIGHTS[5] <= drawn < SORT_WEIGHTS[6]:
            key = -float(rules.shuts[x, rules.stops[x].window_count - 1])
        elif drawn >= SORT_WEIGHTS[6]:
            key = -float(rules.stops[x].left_out) + key
        was_out = work.was_out[i]
        place = i
        while place > 0 and work.order[place - 1] > key:
            work.order[place] = work.order[place - 1]
            work.removed[place] = work.removed[place - 1]
            work.was_out[place] = work.was_out[place - 1]
            place -= 1
        work.order[place], work.removed[place], work.was_out[place] = key, x, was_out


@inner
def recreate(rules: Rules, state: State, work: Work, removed: int, count: int, blink: float) -> int:
    """Put the stops back where each is cheapest, or leave it out; returns the routes touched."""
    for i in range(removed):
        x = work.removed[i]
        tried = crews_to_try(rules, state, work, x)
        crew, place = cheapest_place(rules, state, work, x, tried, blink)
        if crew >= 0:
            count = touch(state, work, crew, count)
            put(rules, state, crew, place, x)
    return count


@inner
def undo(state: State, work: Work, removed: int, count: int) -> None:
    """Back to the day before the move."""
    for i in range(count):
        v = work.touched[i]
        state.length[v] = work.old_length[v]
        state.loaded[v] = work.old_loaded[v]
        for k in range(state.length[v] + 2):
            state.route[v, k] = work.old_route[v, k]
            state.leg[v, k] = work.old_leg[v, k]
            for b in range(state.leave.shape[2]):
                state.leave[v, k, b] = work.old_leave[v, k, b]
                state.begin_by[v, k, b] = work.old_begin_by[v, k, b]
    for i in range(removed):
        x = work.removed[i]
        state.crew_of[x] = -1
        state.place_of[x] = 0
    for i in range(count):
        index_route(state, work.touched[i])
        work.is_touched[work.touched[i]] = False


@inner
def changed_cost(rules: Rules, state: State, work: Work, removed: int, count: int) -> int:
    """Cost of the day after the move minus before it."""
    change = 0
    for i in range(count):
        v = work.touched[i]
        change += route_cost(rules, state, v) - state.price[v]
    for i in range(removed):
        x = work.removed[i]
        change += rules.stops[x].left_out * (int(state.crew_of[x] < 0) - int(work.was_out[i]))
    return change


@kernel
def keep_best(state: State, best: State) -> None:
    """Copy the routes into the best ones."""
    for v in range(state.length.shape[0]):
        best.length[v] = state.length[v]
        for k in range(state.length[v] + 2):
            best.route[v, k] = state.route[v, k]
    best.cost[0] = state.cost[0]


@kernel
def collect(rules: Rules, state: State, pool: Pool, v: int) -> None:
    """Add a route to the pool: one order per set of visits and kind of crew, the cheapest."""
    n, count = state.length[v], pool.count[0]
    if n == 0 or count + 1 >= pool.cost.shape[0] or pool.first[count] + n >= pool.stops.shape[0]:
        return
    code = (rules.crews[v].alike + 1) * 1_140_071_481_932_319
    for k in range(1, n + 1):
        code += pool.codes[state.route[v, k]]
    code = code if code != 0 else 1
    cost = route_cost(rules, state, v)
    size = pool.slots.shape[0]
    slot = (code ^ (code >> 20)) & (size - 1)
    while pool.slots[slot, 0] != 0:
        if pool.slots[slot, 0] == code:
            known = pool.slots[slot, 1]
            if cost < pool.cost[known]:
                pool.cost[known] = cost
                pool.crew[known] = v
                for k in range(n):
                    pool.stops[pool.first[known] + k] = state.route[v, k + 1]
            return
        slot = (slot + 1) & (size - 1)
    pool.slots[slot, 0] = code
    pool.slots[slot, 1] = count
    pool.cost[count] = cost
    pool.crew[count] = v
    for k in range(n):
        pool.stops[pool.first[count] + k] = state.route[v, k + 1]
    pool.first[count + 1] = pool.first[count] + n
    pool.count[0] = count + 1


@kernel
def run(
    rules: Rules,
    state: State,
    best: State,
    work: Work,
    pool: Pool,
    moves: int,
    heat: float,
    collecting: bool,  # noqa: FBT001
) -> None:
    """Moves at one temperature; the best day so far is kept aside, good routes are collected."""
    used = 0
    for v in range(state.length.shape[0]):
        used += int(state.length[v] > 0)
    mean_length = state.crew_of.shape[0] / max(1, used)
    for _ in range(moves):
        removed, count = ruin(rules, state, work, mean_length)
        for i in range(removed):
            state.place_of[work.removed[i]] = 0
        if removed > 1:
            sort_removed(rules, work, removed)
        count = recreate(rules, state, work, removed, count, BLINK)
        change = changed_cost(rules, state, work, removed, count)
        if change < -heat * np.log(np.random.random()):  # noqa: NPY002
            state.cost[0] += change
            for i in range(removed):
                state.out_count[0] += int(state.crew_of[work.removed[i]] < 0) - int(work.was_out[i])
            if state.cost[0] < best.cost[0]:
                keep_best(state, best)
            if collecting and change != 0 and state.cost[0] < best.cost[0] * 1.02:
                for i in range(count):
                    collect(rules, state, pool, work.touched[i])
            settle(rules, state, work, count)
        else:
            undo(state, work, removed, count)


@kernel
def construct(rules: Rules, state: State, work: Work, order: Any) -> None:
    """Put stops in the given order where each is cheapest."""
    for i in range(order.shape[0]):
        work.removed[0] = order[i]
        work.was_out[0] = True
        count = recreate(rules, state, work, 1, 0, 0.0)
        settle(rules, state, work, count)
        state.out_count[0] -= int(state.crew_of[order[i]] >= 0)


@kernel
def refresh_all(rules: Rules, state: State) -> None:
    """Labels and places after the routes were set from outside."""
    state.crew_of[:] = -1
    state.place_of[:] = 0
    state.out_count[0] = state.crew_of.shape[0] - state.length.sum()
    for v in range(state.length.shape[0]):
        refresh(rules, state, v)
        index_route(state, v)
        state.price[v] = route_cost(rules, state, v)
        state.version[v] += 1


@kernel
def seed_generator(seed: int) -> None:
    """Seed numba's generator of this thread."""
    np.random.seed(seed)  # noqa: NPY002
