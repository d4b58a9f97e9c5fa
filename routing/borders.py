"""Routes regrouped across the borders of areas, so that neighbours can exchange visits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from routing.rounds import Group

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy.typing as npt

    from routing.arrays import Routes


def regroup(
    plane: npt.NDArray[np.float64],
    homes: npt.NDArray[np.int64],
    routes: Routes,
    stops: Collection[int],
    *,
    count: int,
    axis: int,
) -> list[Group]:
    """Routes cut into `count` strips of about as many stops along an axis; left-out stops go to the nearest strip.

    Shape: `plane` (points, 2) in kilometres; `homes` (crews,) rows of their starts, where an idle crew counts.
    """
    middles = [plane[route].mean(axis=0) if route else plane[home] for route, home in zip(routes, homes, strict=True)]
    centre = np.array(middles)
    weight = np.array([len(route) + 0.5 for route in routes])
    along = np.argsort(centre[:, axis], kind="stable")
    strip = np.empty(len(routes), np.int64)
    strip[along] = np.minimum(count - 1, (np.cumsum(weight[along]) - weight[along]) * count // weight.sum())
    members: list[list[int]] = [[] for _ in range(count)]
    for v, route in enumerate(routes):
        members[strip[v]] += route
    for row in set(stops).difference(*map(set, routes)):
        members[strip[int(np.argmin(((centre - plane[row]) ** 2).sum(axis=1)))]].append(row)
    crews = [np.flatnonzero(strip == g).tolist() for g in range(count)]
    return [_group(sorted(member), crews[g], routes) for g, member in enumerate(members) if member and crews[g]]


def _group(rows: list[int], crews: list[int], routes: Routes) -> Group:
    number = {row: i for i, row in enumerate(rows)}
    return Group(tuple(rows), tuple(crews), [[number[stop] for stop in routes[v]] for v in crews])
