"""A candidate route: what the searches hand to the choice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from routing.arrays import Arrays, Routes


@dataclass(frozen=True, slots=True)
class Column:
    """A route that can be chosen: its crew stands for all crews alike."""

    crew: int
    stops: tuple[int, ...]
    cost: int


def columns_of(day: Arrays, routes: Routes, crews: Sequence[int] | None = None) -> list[Column]:
    """The routes that are not idle, as columns."""
    found = []
    for v, route in zip(range(day.crew_count) if crews is None else crews, routes, strict=True):
        if route:
            chain = [int(day.start_node[v]), *route, int(day.end_node[v])]
            cost = int(day.travel[day.mode[v], chain[:-1], chain[1:]].sum()) + int(day.fit[v, route].sum())
            cost += day.balance_s * max(0, len(route) - day.fair_stops)
            found.append(Column(v, tuple(route), cost))
    return found
