"""Coordinates between WGS-84 (GPS), GCJ-02 (Amap, Tencent) and BD-09 (Baidu), and distances on the ground.

China's maps are shifted: GCJ-02 by 266 to 606 m, BD-09 by 0.9 to 1.4 km. A point without its datum is not a point.
"""

from __future__ import annotations

from math import asin, atan2, cos, hypot, pi, radians, sin, sqrt
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

Datum = Literal["WGS84", "GCJ02", "BD09"]

EARTH_RADIUS_M = 6_371_008.8
_SEMI_MAJOR_AXIS_M = 6_378_245.0  # Krasovsky 1940, which the shift is defined on
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_BD_ANGLE = pi * 3000 / 180
_ROUNDS = 60
_STILL_DEGREES = 1e-14


def to_wgs84(lat: float, lon: float, datum: Datum) -> tuple[float, float]:
    """Give the point in WGS-84 as (lat, lon) in degrees.

    The inverse of `from_wgs84` by fixed-point iteration, to less than 1e-6 m within China.

    Raises: ValueError for a datum nobody knows, or a point that is not on the globe.
    """
    _check(lat, lon)
    if datum == "WGS84":
        return lat, lon
    if datum == "BD09":
        lat, lon = _bd09_to_gcj02(lat, lon)
    elif datum != "GCJ02":
        raise ValueError(f"Unknown datum {datum!r}: give WGS84, GCJ02 or BD09.")
    return _settle(lat, lon, lat, lon, _gcj02)


def from_wgs84(lat: float, lon: float, datum: Datum) -> tuple[float, float]:
    """Give a WGS-84 point in another datum as (lat, lon) in degrees.

    Raises: ValueError as `to_wgs84`.
    Source: the public formula of the shift, as in https://github.com/Artoria2e5/PRCoords (CC0).
    """
    _check(lat, lon)
    if datum == "WGS84":
        return lat, lon
    if datum == "GCJ02":
        return _gcj02(lat, lon)
    if datum == "BD09":
        return _bd09(*_gcj02(lat, lon))
    raise ValueError(f"Unknown datum {datum!r}: give WGS84, GCJ02 or BD09.")


def distance_m(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Give the great-circle distance of two points of one datum, in metres.

    >>> round(distance_m(39.9, 116.4, 39.9, 116.41))
    853
    """
    phi1, phi2 = radians(lat1), radians(lat2)
    half = sin((phi2 - phi1) / 2) ** 2 + cos(phi1) * cos(phi2) * sin(radians(lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(half)))


def _check(lat: float, lon: float) -> None:
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):  # noqa: PLR2004 - the globe
        raise ValueError(f"({lat}, {lon}) is not a point on the globe: give latitude, then longitude, in degrees.")


def _gcj02(lat: float, lon: float) -> tuple[float, float]:
    x, y = lon - 105.0, lat - 35.0
    wave = (20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)) * 2 / 3
    north_m = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + wave
    north_m += (20 * sin(y * pi) + 40 * sin(y / 3 * pi)) * 2 / 3
    north_m += (160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)) * 2 / 3
    east_m = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + wave
    east_m += (20 * sin(x * pi) + 40 * sin(x / 3 * pi)) * 2 / 3
    east_m += (150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)) * 2 / 3
    phi = radians(lat)
    bend = 1 - _ECCENTRICITY_SQUARED * sin(phi) ** 2
    metres_per_lat = _SEMI_MAJOR_AXIS_M * (1 - _ECCENTRICITY_SQUARED) / (bend * sqrt(bend)) * pi / 180
    metres_per_lon = _SEMI_MAJOR_AXIS_M / sqrt(bend) * cos(phi) * pi / 180
    return lat + north_m / metres_per_lat, lon + east_m / metres_per_lon


def _bd09(lat: float, lon: float) -> tuple[float, float]:
    radius = hypot(lon, lat) + 0.00002 * sin(lat * _BD_ANGLE)
    angle = atan2(lat, lon) + 0.000003 * cos(lon * _BD_ANGLE)
    return radius * sin(angle) + 0.006, radius * cos(angle) + 0.0065


def _bd09_to_gcj02(lat: float, lon: float) -> tuple[float, float]:
    return _settle(lat, lon, lat - 0.006, lon - 0.0065, _bd09)


def _settle(
    lat: float, lon: float, start_lat: float, start_lon: float, forward: Callable[[float, float], tuple[float, float]]
) -> tuple[float, float]:
    """Move a guess by what its image still misses, until nothing moves."""
    guess_lat, guess_lon = start_lat, start_lon
    for _ in range(_ROUNDS):
        image_lat, image_lon = forward(guess_lat, guess_lon)
        miss_lat, miss_lon = lat - image_lat, lon - image_lon
        guess_lat, guess_lon = guess_lat + miss_lat, guess_lon + miss_lon
        if abs(miss_lat) < _STILL_DEGREES and abs(miss_lon) < _STILL_DEGREES:
            break
    return guess_lat, guess_lon
