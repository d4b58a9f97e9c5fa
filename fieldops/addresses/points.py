"""Where an address is, in values: which source is believed first, and whether a point can be of its city at all."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from fieldops.addresses.divisions import divisions

CONFIRMED_SOURCE: Final = "CONFIRMED"
GAZETTEER_SOURCE: Final = "GAZETTEER"
CENTRE_SOURCE: Final = "COUNTY_CENTRE"
CITY_MISMATCH: Final = "GEO_CITY_MISMATCH"

FAR_FROM_CENTRE_M: Final = 30_000
"""Nearer to its county's centre than this, a point is never doubted (centres are off by 19 km at p90)."""
MUCH_NEARER: Final = 3
"""A point is of another city when a centre there is this many times nearer than its own."""
_METRES_PER_DEGREE: Final = 111_195.0


@dataclass(frozen=True, slots=True)
class PointFound:
    """A point (WGS-84), how well it is known, who said so, and the codes that doubt it."""

    lat: float
    lon: float
    precision: str
    source: str
    codes: tuple[str, ...] = ()


def located(point: PointFound | None, region_code: str | None) -> PointFound | None:
    """The point, doubted if it cannot be of that county's city; without one, the centre of the county."""
    if point is None:
        centre = divisions().centre(region_code) if region_code else None
        return PointFound(*centre, "DISTRICT", CENTRE_SOURCE) if centre else None
    if region_code and is_of_another_city(point.lat, point.lon, region_code):
        return replace(point, codes=(CITY_MISMATCH,))
    return point


def is_of_another_city(lat: float, lon: float, region_code: str) -> bool:
    """Whether the point lies far from its county and much nearer to a county of another city."""
    table = divisions()
    own = table.centre(region_code)
    if own is None or (away_m := _distance_m(lat, lon, *own)) <= FAR_FROM_CENTRE_M:
        return False
    nearest_m, nearest = min((_distance_m(lat, lon, *at), code) for code, at in _lowest_centres().items())
    return nearest_m * MUCH_NEARER < away_m and table.city_of(nearest) != table.city_of(region_code)


@cache
def _lowest_centres() -> dict[str, tuple[float, float]]:
    """Centres of the divisions that are not divided further: a province's centre says nothing about a city."""
    table = divisions()
    return {
        code: at
        for code, at in table.centres.items()
        if code in table.by_code and not table.has_counties(code) and table.by_code[code].level != "P"
    }


def _distance_m(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Metres on a plane, good to a few percent at these distances."""
    east = (lon - other_lon) * math.cos(math.radians((lat + other_lat) / 2))
    return math.hypot(lat - other_lat, east) * _METRES_PER_DEGREE
