"""Road travel times from Valhalla or OSRM over HTTP, off by default; every leg asked for once and then kept.

A leg the service does not know, or whose end lies off its roads, is filled by great circle and named. A service that
does not answer costs no plan: the rest of the legs are filled the same way.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from fieldops.roads.models import RoadLeg
from fieldops.roads.services import MISSING, RefusedError, RoadsError, road_service
from routing.travel import GreatCircle, Ints, Legs, Points, RoadMatrix

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from fieldops.house import House
    from fieldops.roads.services import RoadService

_log = logging.getLogger(__name__)
BLOCK: Final = 50
"""Origins, and destinations, asked at once: the least that servers allow by default."""
KEPT_FOR: Final = timedelta(days=90)
MOST_POINTS: Final = 400
"""Points whose every leg is asked for; on a bigger day only legs to the nearest so many."""
MOST_REFUSALS: Final = 200
"""Requests a service may refuse (a point it cannot place) before the rest of a matrix is left to great circle."""
_HALF_LAT, _HALF_LON, _WIDTH = 9_000_000, 18_000_000, 36_000_001


def road_matrices(house: House, points: Points, modes: Sequence[str], fallback: GreatCircle) -> RoadMatrix | None:
    """Matrices of these points: legs that are kept, the rest asked for, gaps by great circle; None where no service is.

    Opens its own short transactions and holds none while it asks. Cost: one request per 50 × 50 legs not kept yet.
    """
    service = road_service(house.settings.roads)
    if service is None or not points:
        return None
    return _matrices(house, service, points, modes, fallback, ask=True)


def kept_matrices(house: House, points: Points, modes: Sequence[str], fallback: GreatCircle) -> RoadMatrix | None:
    """As `road_matrices`, of legs that are kept alone: for a request, which waits for nobody."""
    service = road_service(house.settings.roads)
    if service is None or not points:
        return None
    return _matrices(house, service, points, modes, fallback, ask=False)


def _matrices(
    house: House, service: RoadService, points: Points, modes: Sequence[str], fallback: GreatCircle, *, ask: bool
) -> RoadMatrix:
    by_mode, gaps, said = {}, {}, []
    for mode in modes:
        seconds = np.full((len(points), len(points)), MISSING, np.int64)
        metres = seconds.copy()
        failure = ""
        if mode in service.modes:
            failure = _fill(house, service, points, mode, (seconds, metres), ask=ask)
        for cells in (seconds, metres):
            np.fill_diagonal(cells, 0)
        gaps[mode] = seconds < 0
        by_mode[mode] = _without_gaps(points, mode, Legs(seconds, metres), fallback)
        said.append(_said(mode, points, seconds, failure, fallback))
    return RoadMatrix(by_mode, f"{service.name}: {'; '.join(said)}", gaps)


def _fill(
    house: House, service: RoadService, points: Points, mode: str, matrix: tuple[Ints, Ints], *, ask: bool
) -> str:
    """Put every leg that is known into the matrix; returns what went wrong, if anything did."""
    keys = np.array([_key(*point) for point in points], dtype=np.int64)
    with house.transaction() as session:
        known = _read(session, service.name, mode, keys, house.clock.now() - KEPT_FOR, matrix)
    np.fill_diagonal(known, val=True)
    refusals = [0]
    for origins, targets in _blocks(points, ~known) if ask else ():
        try:
            found = _ask(service, points, (origins, targets), mode, refusals)
        except RoadsError as error:
            _log.warning("the road service %s: %s", service.name, error)
            return str(error)
        for cells, told in zip(matrix, found, strict=True):
            cells[np.ix_(origins, targets)] = told
        with house.transaction() as session:
            _keep(session, service.name, mode, (keys[origins], keys[targets]), found, house.clock.now())
    return ""


def _ask(
    service: RoadService, points: Points, block: tuple[list[int], list[int]], mode: str, refusals: list[int]
) -> tuple[Ints, Ints]:
    """One block; one that is refused is halved until the points that cannot be placed stand alone.

    Raises: RoadsError when the service does not answer, or refuses too often.
    """
    origins, targets = block
    try:
        return service.block([points[i] for i in origins], [points[j] for j in targets], mode)
    except RefusedError as error:
        refusals[0] += 1
        if refusals[0] > MOST_REFUSALS:
            raise RoadsError(f"it refused {MOST_REFUSALS} requests, the last: {error}") from None
    if len(origins) == 1 and len(targets) == 1:
        return np.full((1, 1), MISSING, np.int64), np.full((1, 1), MISSING, np.int64)
    axis = 0 if len(origins) >= len(targets) else 1
    half = (len(block[axis]) + 1) // 2
    parts = [
        _ask(service, points, (part, targets) if axis == 0 else (origins, part), mode, refusals)
        for part in (block[axis][:half], block[axis][half:])
    ]
    seconds, metres = (np.concatenate([part[k] for part in parts], axis=axis) for k in (0, 1))
    return seconds, metres


def _blocks(points: Points, wanted: np.ndarray[Any, Any]) -> list[tuple[list[int], list[int]]]:
    """Origins and targets to ask for: only rows and columns with a leg that is not kept, near ones on a big day."""
    at = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    rows = [int(i) for i in np.lexsort((at[:, 1], np.round(at[:, 0], 2))) if wanted[i].any()]
    blocks = []
    for first in range(0, len(rows), BLOCK):
        origins = rows[first : first + BLOCK]
        columns = np.flatnonzero(wanted[origins].any(axis=0))
        if len(columns) > MOST_POINTS:
            far = ((at[columns] - at[origins].mean(axis=0)) ** 2).sum(axis=1)
            columns = np.sort(columns[np.argsort(far, kind="stable")[:MOST_POINTS]])
        targets = columns.tolist()
        blocks += [(origins, targets[start : start + BLOCK]) for start in range(0, len(targets), BLOCK)]
    return blocks


def _read(
    session: Session, service: str, mode: str, keys: Ints, since: datetime, matrix: tuple[Ints, Ints]
) -> np.ndarray[Any, Any]:
    """Legs that are kept, written into the matrix; returns which they are."""
    known = np.zeros(matrix[0].shape, dtype=bool)
    places: dict[int, list[int]] = {}
    for i, key in enumerate(keys.tolist()):
        places.setdefault(key, []).append(i)
    among = sa.literal(list(places), sa.ARRAY(sa.BigInteger))
    rows = session.execute(
        sa.select(RoadLeg.from_key, RoadLeg.to_key, RoadLeg.seconds, RoadLeg.metres).where(
            RoadLeg.service == service,
            RoadLeg.mode == mode,
            RoadLeg.from_key == sa.any_(among),
            RoadLeg.to_key == sa.any_(among),
            RoadLeg.asked_at >= since,
        )
    )
    for origin, target, seconds, metres in rows:
        cells = np.ix_(places[origin], places[target])
        known[cells] = True
        matrix[0][cells] = MISSING if seconds is None else seconds
        matrix[1][cells] = MISSING if metres is None else metres
    return known


def _keep(
    session: Session, service: str, mode: str, keys: tuple[Ints, Ints], told: tuple[Ints, Ints], at: datetime
) -> None:
    rows: dict[tuple[int, int], dict[str, Any]] = {}
    for i, origin in enumerate(keys[0].tolist()):
        for j, target in enumerate(keys[1].tolist()):
            seconds, metres = int(told[0][i, j]), int(told[1][i, j])
            leg = {"seconds": None, "metres": None} if seconds < 0 else {"seconds": seconds, "metres": metres}
            rows[origin, target] = {"service": service, "mode": mode, "from_key": origin, "to_key": target, **leg}
    fresh = insert(RoadLeg).on_conflict_do_update(
        index_elements=["service", "mode", "from_key", "to_key"],
        set_={"seconds": sa.text("excluded.seconds"), "metres": sa.text("excluded.metres"), "asked_at": at},
    )
    session.execute(fresh, [{**row, "asked_at": at} for row in rows.values()])


def _without_gaps(points: Points, mode: str, legs: Legs, fallback: GreatCircle) -> Legs:
    rows = np.arange(len(points))
    line_s, line_m = fallback.legs(points, rows, rows, mode)
    gaps = legs.seconds < 0
    return Legs(np.where(gaps, line_s, legs.seconds), np.where(gaps, line_m, legs.metres))


def _said(mode: str, points: Points, seconds: Ints, failure: str, fallback: GreatCircle) -> str:
    """How much of a matrix is by road, in words kept with the plan."""
    gaps, legs = int((seconds < 0).sum()), seconds.size - len(points)
    if not gaps:
        return f"{mode} {legs} legs"
    off = [i for i in range(len(points)) if len(points) > 1 and (seconds[i] < 0).sum() == len(points) - 1]
    named = f", all of {len(off)} points" if off else ""
    why = f" ({failure})" if failure else ""
    return f"{mode} {legs - gaps} legs, {gaps} by {fallback.source}{named}{why}"


def _key(lat: float, lon: float) -> int:
    return (round(lat * 1e5) + _HALF_LAT) * _WIDTH + round(lon * 1e5) + _HALF_LON
