"""Where an address is, in values: the offline geocoder's answer, and whether it can be of its city at all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from fieldops.addresses.divisions import divisions
from fieldops.datum import distance_m
from fieldops.geocoding import OfflineGeocoder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fieldops.geocoding import GeoPoint

CONFIRMED_SOURCE: Final = "CONFIRMED"
GAZETTEER_SOURCE: Final = "GAZETTEER"
CENTRE_SOURCE: Final = "centre"
CITY_MISMATCH: Final = "GEO_CITY_MISMATCH"
DEFERRED: Final = "GEO_DEFERRED"

FAR_FROM_CENTRE_M: Final = 30_000
"""Nearer to its county's centre than this, a point is never doubted (centres are off by 19 km at p90)."""
MUCH_NEARER: Final = 3
"""A point is of another city when a centre there is this many times nearer than its own."""


@dataclass(frozen=True, slots=True)
class PointFound:
    """A point (WGS-84), how well it is known, who said so in which datum, and the codes that doubt it."""

    lat: float
    lon: float
    precision: str
    source: str
    codes: tuple[str, ...] = ()
    datum_given: str = "WGS84"


def geocoder(confirmed: Mapping[str, GeoPoint], gazetteer: Mapping[str, GeoPoint]) -> OfflineGeocoder:
    """The geocoder that needs no network: confirmed points, the user's gazetteer, centres of counties and cities."""
    return OfflineGeocoder(confirmed, gazetteer, divisions().centres)


def located(known: OfflineGeocoder, site_key: str, region_code: str | None, doubt: str = "") -> PointFound | None:
    """The best point known for an address, doubted where it cannot be of that county's city.

    ``doubt`` is the code of an online geocoder's failure; a point of the building itself overrules it.
    """
    city_code = divisions().city_of(region_code) if region_code else None
    point = known.point(site_key, region_code=region_code, city_code=city_code)
    if point is None:
        return None
    elsewhere = region_code is not None and is_of_another_city(point.lat, point.lon, region_code)
    doubts = (CITY_MISMATCH if elsewhere else "", doubt if point.source == CENTRE_SOURCE else "")
    codes = tuple(dict.fromkeys(filter(None, doubts)))
    return PointFound(point.lat, point.lon, point.precision.name, point.source, codes, point.datum_given)


def is_of_another_city(lat: float, lon: float, region_code: str) -> bool:
    """Whether the point lies far from its county and much nearer to a county of another city."""
    own = divisions().centres.get(region_code)
    if own is None or (away_m := distance_m(lat, lon, *own)) <= FAR_FROM_CENTRE_M:
        return False
    nearest_m, nearest = min((distance_m(lat, lon, *at), code) for code, at in _lowest_centres().items())
    table = divisions()
    return nearest_m * MUCH_NEARER < away_m and table.city_of(nearest) != table.city_of(region_code)


@cache
def _lowest_centres() -> dict[str, tuple[float, float]]:
    """Centres of the divisions that are not divided further: a province's centre says nothing about a city."""
    table = divisions()
    return {
        code: at
        for code, at in table.centres.items()
        if code in table.by_code and table.by_code[code].level != "P" and not table.has_counties(code)
    }
