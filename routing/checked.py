"""Checks of values when they are made: each names what is wrong and the mend."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from routing.errors import DuplicateIdError, InvalidCoordinatesError, InvalidValueError, InvalidWindowError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from routing.problem import Window


def check_point(subject: str, lat: float, lon: float) -> None:
    """A place on earth. Raises: InvalidCoordinatesError."""
    for name, value, limit in (("latitude", lat, 90), ("longitude", lon, 180)):
        if not isinstance(value, int | float) or not math.isfinite(value) or abs(value) > limit:
            raise InvalidCoordinatesError(subject, f"{name} {value!r}", "give WGS-84 degrees as numbers")


def check_whole(subject: str, name: str, value: int, low: int, high: int) -> None:
    """A whole number within bounds. Raises: InvalidValueError."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InvalidValueError(subject, f"{name} {value!r}", f"give a whole number from {low} to {high}")


def check_distinct(kind: str, ids: list[str]) -> None:
    """No id twice. Raises: DuplicateIdError."""
    seen: set[str] = set()
    for one in ids:
        if one in seen:
            raise DuplicateIdError(one, f"two {kind}s with this id", f"give every {kind} its own id")
        seen.add(one)


def check_in_day(subject: str, windows: Iterable[Window], horizon_s: int) -> None:
    """Windows end with the day. Raises: InvalidWindowError."""
    for window in windows:
        if window.end_s > horizon_s:
            raise InvalidWindowError(
                subject, f"window ends at {window.end_s} s, after the day's end {horizon_s} s", "cut it to the day"
            )
