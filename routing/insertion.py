"""Routes that can be changed one stop at a time: cheapest insertion, proved by the exact timing of the route."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from routing.arrays import FAR, Arrays, Routes
from routing.timing import Broken, Labels, labels_of, leg_s, shortfall_s, time_route
from routing.ways import Ways

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy.typing as npt

    from routing.travel import Ints

SWAP_CREWS: Final = 6


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stop would go and what that costs. Units: seconds of travel."""

    crew: int
    place: int
    cost_s: int


class Places(NamedTuple):
    """Every place of some routes, one after the other: between which nodes, left when at best, met when at worst."""

    crew: Ints
    place: Ints
    before: Ints
    after: Ints
    leave: Ints
    begin_by: Ints
    saved: Ints


class Board:
    """The routes of a day while the last stops are fitted in."""

    def __init__(self, day: Arrays, routes: Routes, excluded: Collection[int] = ()) -> None:
        self.day = day
        self.excluded = frozenset(excluded)
        self.routes = [list(route) for route in routes]
        self._crew_of = {stop: crew for crew, route in enumerate(self.routes) for stop in route}
        self._addresses: dict[int, list[int]] = {}
        for stop, debtor in enumerate(day.debtor.tolist()):
            if debtor >= 0:
                self._addresses.setdefault(debtor, []).append(stop)
        self._labels: dict[int, Labels] = {}
        self._shorter: dict[int, list[tuple[list[int], Labels]]] = {}
        self._places: list[Places | None] = [None] * day.crew_count
        self._every: Places | None = None

    @property
    def left_out(self) -> list[int]:
        """Stops in no route and not excluded, dearest first."""
        planned = {stop for route in self.routes for stop in route} | self.excluded
        rest = [stop for stop in range(self.day.stop_count) if stop not in planned]
        return sorted(rest, key=lambda stop: (-int(self.day.left_out[stop]), stop))

    def near_crews(self, stop: int, most: int) -> list[int]:
        """Crews that may have the stop, by how near they come to it; none on a day that has another of its debtor's."""
        day = self.day
        days = self.other_addresses(stop)
        may = [v for v in range(day.crew_count) if day.fit[v, stop] >= 0 and int(day.crew_day[v]) not in days]
        if len(may) > most:
            places = self._every_place()
            way_s = day.travel[day.mode[places.crew], places.before, stop]
            firsts = np.searchsorted(places.crew, np.arange(day.crew_count))
            nearest_s = np.minimum.reduceat(way_s, firsts)
            may = sorted(may, key=lambda v: (int(nearest_s[v]), v))[:most]
        if isinstance(day.travel, Ways):  # every place of theirs is tried next: asked for at once, not one by one
            day.travel.keep_around(stop, [(int(day.mode[v]), node) for v in may for node in self.labels(v).nodes])
        return may

    def other_addresses(self, stop: int) -> dict[int, int]:
        """Other planned stops of the same debtor: day → stop."""
        others = self._addresses.get(int(self.day.debtor[stop]), [])
        planned = ((other, self._crew_of.get(other, -1)) for other in others if other != stop)
        return {int(self.day.crew_day[crew]): other for other, crew in planned if crew >= 0}

    def detour_s(self, crew: int, stop: int, place: int, route: list[int] | None = None) -> int:
        """Cost of the stop at this place: travel, crew preference and balance."""
        day = self.day
        order = self.routes[crew] if route is None else route
        before = order[place - 1] if place else int(day.start_node[crew])
        after = order[place] if place < len(order) else int(day.end_node[crew])
        saved = leg_s(day, crew, before, after) if order else 0
        balance = day.balance_s if len(order) >= day.fair_stops else 0
        both = leg_s(day, crew, before, stop) + leg_s(day, crew, stop, after)
        return both - saved + int(day.fit[crew, stop]) + balance

    def cheapest_at(self, crew: int, stop: int, bound_s: int = FAR, without: int | None = None) -> Place | None:
        """The cheapest place in one crew's route that keeps every rule, below a bound; `without` drops one stop."""
        day = self.day
        order, labels = (self.routes[crew], None) if without is None else self.shorter(crew)[without]
        if len(order) >= day.max_stops[crew] or day.fit[crew, stop] < 0:
            return None
        labels = labels or self.labels(crew)
        costs = sorted((self.detour_s(crew, stop, k, order), k) for k in range(len(order) + 1))
        for cost_s, k in costs:
            if cost_s >= bound_s:
                return None
            if shortfall_s(day, crew, labels, stop, k) <= 0:
                tried = [*order[:k], stop, *order[k:]]
                if not isinstance(time_route(day, crew, tried), Broken):
                    return Place(crew, k, cost_s)
        return None

    def cheapest(self, stop: int) -> Place | None:
        """The cheapest place in the whole day, or None: every place of every crew is tried.

        Cost: one vectorised pass over all places, which rules most of them out; exact timing of the rest.
        """
        places = self._every_place()
        cost_s, may = self._weighed(stop, places)
        hopeful = np.flatnonzero(may)
        for i in hopeful[np.argsort(cost_s[hopeful], kind="stable")].tolist():
            crew, k = int(places.crew[i]), int(places.place[i])
            tried = [*self.routes[crew][:k], stop, *self.routes[crew][k:]]
            if not isinstance(time_route(self.day, crew, tried), Broken):
                return Place(crew, k, int(cost_s[i]))
        return None

    def _weighed(self, stop: int, places: Places) -> tuple[Ints, npt.NDArray[np.bool_]]:
        """Cost of the stop at every place, and whether it may fit there (breaks and the rarer rules not asked)."""
        day = self.day
        lengths = np.array([len(route) for route in self.routes], dtype=np.int64)
        may = (day.fit[:, stop] >= 0) & (lengths < day.max_stops)
        for blocked in self.other_addresses(stop):
            may &= day.crew_day != blocked
        fixed = day.fit[:, stop] + np.where(lengths >= day.fair_stops, day.balance_s, 0)
        mode = day.mode[places.crew]
        there = day.travel[mode, places.before, stop].astype(np.int64)
        back = day.travel[mode, stop, places.after].astype(np.int64)
        begin = np.full(len(there), FAR, np.int64)
        for w in range(int(day.window_count[stop]) - 1, -1, -1):
            arrive = places.leave + there
            begin = np.where(arrive <= day.shuts[stop, w], np.maximum(arrive, day.opens[stop, w]), begin)
        holds = begin + int(day.service[stop]) + back <= places.begin_by
        return there + back - places.saved + fixed[places.crew], holds & may[places.crew]

    def _every_place(self) -> Places:
        if self._every is None:
            for crew, known in enumerate(self._places):
                if known is None:
                    self._places[crew] = self._places_of(crew)
            self._every = Places(*(np.concatenate(column) for column in zip(*filter(None, self._places), strict=True)))
        return self._every

    def _places_of(self, crew: int) -> Places:
        labels, count = self.labels(crew), len(self.routes[crew]) + 1
        nodes = np.array(labels.nodes, dtype=np.int64)
        saved = self.day.travel[self.day.mode[crew], nodes[:-1], nodes[1:]] if count > 1 else np.zeros(1)
        return Places(
            crew=np.full(count, crew, np.int64),
            place=np.arange(count, dtype=np.int64),
            before=nodes[:-1],
            after=nodes[1:],
            leave=np.array([min(levels) for levels in labels.leave], dtype=np.int64),
            begin_by=np.array([max(levels) for levels in labels.begin_by], dtype=np.int64),
            saved=saved.astype(np.int64),
        )

    def labels(self, crew: int) -> Labels:
        """Labels of a crew's route, kept until it changes."""
        if crew not in self._labels:
            self._labels[crew] = labels_of(self.day, crew, self.routes[crew])
        return self._labels[crew]

    def shorter(self, crew: int) -> list[tuple[list[int], Labels]]:
        """The crew's route without its first, second, … stop, kept until it changes."""
        if crew not in self._shorter:
            route = self.routes[crew]
            rests = [[*route[:k], *route[k + 1 :]] for k in range(len(route))]
            self._shorter[crew] = [(rest, labels_of(self.day, crew, rest)) for rest in rests]
        return self._shorter[crew]

    def change(self, crew: int, route: list[int]) -> None:
        """Give the crew another route."""
        for stop in self.routes[crew]:
            self._crew_of.pop(stop, None)
        self._crew_of.update(dict.fromkeys(route, crew))
        self.routes[crew] = route
        self._labels.pop(crew, None)
        self._shorter.pop(crew, None)
        self._places[crew] = self._every = None

    def put(self, stop: int, place: Place) -> None:
        """Insert the stop."""
        route = self.routes[place.crew]
        self.change(place.crew, [*route[: place.place], stop, *route[place.place :]])

    def swaps(self, stop: int) -> list[tuple[int, int, Place]]:
        """Ways in by dropping a stop worth no more: (change of cost, stop dropped, place), best first."""
        day = self.day
        worth = int(day.left_out[stop])
        found = []
        for crew in self.near_crews(stop, SWAP_CREWS):
            for k, other in enumerate(self.routes[crew]):
                if day.left_out[other] > worth:
                    continue
                place = self.cheapest_at(crew, stop, without=k)
                if place is not None:
                    saved_s = self.detour_s(crew, other, k, self.shorter(crew)[k][0])
                    change_s = place.cost_s - saved_s + int(day.left_out[other]) - worth
                    found.append((change_s, other, place))
        return sorted(found, key=lambda row: (row[0], row[1]))


def held(day: Arrays, routes: Routes) -> Routes:
    """The routes, without the stops that keep a route from holding: the one that saves most travel goes first."""
    board = Board(day, routes)
    for crew in range(day.crew_count):
        while isinstance(time_route(day, crew, board.routes[crew]), Broken):
            route = board.routes[crew]
            rests = [[*route[:k], *route[k + 1 :]] for k in range(len(route))]
            saved = [board.detour_s(crew, stop, k, rests[k]) for k, stop in enumerate(route)]
            worth = [(saved[k] - int(day.left_out[stop]), -k) for k, stop in enumerate(route)]
            board.change(crew, rests[-max(worth)[1]])
    return board.routes


def fitted_in(day: Arrays, routes: Routes, excluded: Collection[int] = ()) -> Routes:
    """The routes with every left-out stop that fits and is worth it, and with worthier stops for lesser ones.

    Cost: milliseconds per left-out stop.
    """
    board = Board(day, routes, excluded)
    _put_in(board)
    for stop in board.left_out:
        _swap_in(board, stop)
    _put_in(board)
    return board.routes


def _put_in(board: Board) -> None:
    for stop in board.left_out:
        place = board.cheapest(stop)
        if place is not None and place.cost_s < board.day.left_out[stop]:
            board.put(stop, place)


def _swap_in(board: Board, stop: int) -> None:
    """Follow a chain of strict gains: what is dropped may in turn take a lesser one's place."""
    while True:
        options = board.swaps(stop)
        if not options or options[0][0] >= 0:
            return
        _, other, place = options[0]
        board.change(place.crew, [x for x in board.routes[place.crew] if x != other])
        board.put(stop, place)
        again = board.cheapest(other)
        if again is not None and again.cost_s < board.day.left_out[other]:
            board.put(other, again)
            return
        stop = other
