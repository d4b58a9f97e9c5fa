"""A search by ruin and recreate over one area: built from arrays, run in slices, read at any time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from routing import propose
from routing.arrays import FAR, routes_cost
from routing.column import Column
from routing.ways import BLOCK_ROWS

if TYPE_CHECKING:
    from routing.arrays import Arrays, Routes
    from routing.travel import Ints
    from routing.ways import Int32s

WHOLE_INSERTION: Final = 350
"""Below this many stops every crew is tried for every insertion."""
INSERT_NEAR: Final = 40
NEIGHBOURS: Final = 300
NEAR_KINDS: Final = 6
POOL_ROUTES: Final = 60_000
POOL_STOPS: Final = 1_000_000
LONGEST_ROUTE: Final = 258


class Proposer:
    """Ruin and recreate from a start, with a pool of the good routes it met."""

    def __init__(self, day: Arrays, seed: int) -> None:
        self.day = day
        self.rules = _rules(day)
        self._state, self._best = _state(day), _state(day)
        self._work = _work(day, self._state)
        self._pool = _pool(day, seed)
        propose.seed_generator(seed)

    @property
    def cost(self) -> int:
        """Cost of the best routes so far."""
        return int(self._best.cost[0])

    def best(self) -> Routes:
        """The best routes so far."""
        return _routes(self._best)

    def build(self) -> None:
        """Three greedy constructions — early shutting, tight and far, farthest first — of which the cheapest stays."""
        day, home = self.day, self.rules.stops["home_s"]
        last = day.shuts[np.arange(day.stop_count), np.maximum(day.window_count - 1, 0)]
        keys = (last, last - day.opens[:, 0] - home, -home)
        found = []
        for key in keys:
            order = np.lexsort((key, -day.left_out))
            self._clear()
            propose.construct(self.rules, self._state, self._work, order.astype(np.int64))
            found.append((self._counted(), _routes(self._state)))
        self.start(min(found, key=lambda one: one[0])[1])

    def start(self, routes: Routes) -> None:
        """Go on from these routes; they become the best if they are."""
        self._clear()
        for v, route in enumerate(routes):
            self._state.length[v] = len(route)
            self._state.route[v, 1 : len(route) + 1] = route
        propose.refresh_all(self.rules, self._state)
        self._state.cost[0] = self._counted()
        if self._state.cost[0] < self._best.cost[0]:
            propose.keep_best(self._state, self._best)

    def run(self, moves: int, heat: float, *, collecting: bool) -> None:
        """Some moves at one temperature (in seconds of travel)."""
        propose.run(self.rules, self._state, self._best, self._work, self._pool, moves, heat, collecting)

    def mean_leg_s(self) -> float:
        """Mean travel of the legs in the best routes: the measure of heat."""
        day, total, legs = self.day, 0, 0
        for v, route in enumerate(self.best()):
            if route:
                chain = [int(day.start_node[v]), *route, int(day.end_node[v])]
                total += int(day.travel[day.mode[v], chain[:-1], chain[1:]].sum())
                legs += len(route) + 1
        return total / legs if legs else 1.0

    def forget(self) -> None:
        """Empty the pool and the best: the next run begins anew."""
        self._pool.slots[:] = 0
        self._pool.count[0] = 0
        self._best.cost[0] = FAR

    def columns(self, newest: int) -> list[Column]:
        """The newest routes of the pool: they come from the best days."""
        pool, count = self._pool, int(self._pool.count[0])
        return [
            Column(int(pool.crew[i]), tuple(pool.stops[pool.first[i] : pool.first[i + 1]].tolist()), int(pool.cost[i]))
            for i in range(max(0, count - newest), count)
        ]

    def _clear(self) -> None:
        self._state.length[:] = 0
        propose.refresh_all(self.rules, self._state)

    def _counted(self) -> int:
        return routes_cost(self.day, _routes(self._state))


def _routes(state: propose.State) -> Routes:
    return [state.route[v, 1 : n + 1].tolist() for v, n in enumerate(state.length.tolist())]


def _rules(day: Arrays) -> propose.Rules:
    travel = day.matrix
    near, home_s, near_kinds = _nearness(day, travel[0])
    kinds = int(day.alike.max()) + 1
    stops = np.zeros(day.stop_count, propose.STOP_RECORD)
    for name in ("window_count", "load", "rank", "left_out"):
        stops[name] = getattr(day, name)
    stops["service"], stops["home_s"] = day.service[: day.stop_count], home_s
    crews = np.zeros(day.crew_count, propose.CREW_RECORD)
    for name in propose.CREW_RECORD.names or ():
        crews[name] = getattr(day, name)
    return propose.Rules(
        travel=travel,
        travel_to=np.ascontiguousarray(travel.transpose(0, 2, 1)),
        stops=stops,
        crews=crews,
        opens=day.opens,
        shuts=day.shuts,
        fit=day.fit,
        rest_sum=day.rest_sum,
        rest_floor=day.rest_floor,
        rest_cap=day.rest_cap,
        kind_first=np.searchsorted(np.sort(day.alike), np.arange(kinds + 1)).astype(np.int64),
        kind_crews=np.argsort(day.alike, kind="stable").astype(np.int64),
        neighbours=near,
        near_kinds=near_kinds,
        fair_stops=day.fair_stops,
        balance_s=day.balance_s,
        insert_near=0 if day.stop_count < WHOLE_INSERTION else INSERT_NEAR,
    )


def _nearness(day: Arrays, travel: Int32s) -> tuple[Ints, Ints, Ints]:
    """Nearest stops of every stop; way from the nearest start; nearest kinds of crews."""
    n = day.stop_count
    near = [_nearest(travel, n, np.arange(first, min(n, first + BLOCK_ROWS))) for first in range(0, n, BLOCK_ROWS)]
    kinds = int(day.alike.max()) + 1
    first_crew = np.array([int(np.flatnonzero(day.alike == kind)[0]) for kind in range(kinds)])
    way = travel[day.start_node[first_crew], :n].astype(np.int64).T + travel[:n, day.end_node[first_crew]]
    most = kinds if n < WHOLE_INSERTION else min(NEAR_KINDS, kinds)
    near_kinds = np.argsort(way, axis=1, kind="stable")[:, :most]
    return np.concatenate(near), way.min(axis=1), near_kinds.astype(np.int64)


def _nearest(travel: Int32s, n: int, rows: Ints) -> Ints:
    """The nearest of `n` stops to some of them, there and back, nearest first."""
    both = travel[rows, :n].astype(np.int64) + travel[:n, rows].T
    both[np.arange(len(rows)), rows] = FAR
    both = both * n + np.arange(n)  # the stop's number within: values are sorted several times faster than places
    count = min(NEIGHBOURS, n - 1)
    near = np.partition(both, count, axis=1)[:, :count]
    return np.sort(near, axis=1) % n


def _state(day: Arrays) -> propose.State:
    width = int(min(day.stop_count, LONGEST_ROUTE, int(day.max_stops.max()))) + 3
    levels = day.rest_sum.shape[1]
    crews = day.crew_count
    return propose.State(
        route=np.zeros((crews, width), np.int32),
        length=np.zeros(crews, np.int64),
        leave=np.zeros((crews, width, levels), np.int64),
        begin_by=np.zeros((crews, width, levels), np.int64),
        leg=np.zeros((crews, width), np.int64),
        loaded=np.zeros(crews, np.int64),
        price=np.zeros(crews, np.int64),
        version=np.ones(crews, np.int64),
        known=np.zeros((day.stop_count, crews), propose.KNOWN_RECORD),
        scratch=np.zeros(levels, np.int64),
        out_count=np.zeros(1, np.int64),
        crew_of=np.full(day.stop_count, -1, np.int64),
        place_of=np.zeros(day.stop_count, np.int64),
        cost=np.array([FAR], np.int64),
    )


def _work(day: Arrays, state: propose.State) -> propose.Work:
    crews, width, levels = state.leave.shape
    return propose.Work(
        removed=np.zeros(day.stop_count + 1, np.int64),
        order=np.zeros(day.stop_count + 1, np.float64),
        touched=np.zeros(crews, np.int64),
        is_touched=np.zeros(crews, np.bool_),
        old_route=np.zeros((crews, width), np.int32),
        old_length=np.zeros(crews, np.int64),
        old_leave=np.zeros((crews, width, levels), np.int64),
        old_begin_by=np.zeros((crews, width, levels), np.int64),
        old_leg=np.zeros((crews, width), np.int64),
        old_loaded=np.zeros(crews, np.int64),
        was_out=np.zeros(day.stop_count + 1, np.bool_),
        crews=np.zeros(2 * crews + 1, np.int64),
        stamp=np.zeros(crews + 1, np.int64),
    )


def _pool(day: Arrays, seed: int) -> propose.Pool:
    codes = np.random.default_rng(seed).integers(1, 2**61, day.stop_count)
    size = 1 << int(np.ceil(np.log2(POOL_ROUTES * 2)))
    return propose.Pool(
        slots=np.zeros((size, 2), np.int64),
        cost=np.zeros(POOL_ROUTES, np.int64),
        crew=np.zeros(POOL_ROUTES, np.int64),
        first=np.zeros(POOL_ROUTES + 1, np.int64),
        stops=np.zeros(POOL_STOPS, np.int32),
        count=np.zeros(1, np.int64),
        codes=codes,
    )
