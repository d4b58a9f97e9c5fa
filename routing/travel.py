"""Travel between points: great circle × detour always, or a road matrix handed in from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from routing.errors import InvalidValueError, MatrixShapeError, NegativeTravelError, UnknownModeError

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Points = Sequence[tuple[float, float]] | npt.NDArray[np.float64]

EARTH_RADIUS_M: Final = 6_371_008.8
UNREACHABLE_S: Final = 1_000_000
"""A road matrix says with this (or more) that there is no way: longer than any day."""

NEAR_DETOUR: Final = 1.5
"""A short way's detour: more of it is round the block."""

KMH: Final[Mapping[str, float]] = {"CAR": 24.0, "EBIKE": 20.0, "TRANSIT": 16.0, "BIKE": 12.0, "WALK": 4.5}
"""Door-to-door speeds in a Chinese city, by transport mode (汽车, 电动车, 公交, 自行车, 步行)."""


@dataclass(frozen=True, slots=True)
class GreatCircle:
    """Distance over the globe × detour, at a speed by mode.

    Below `near_m` the detour is `near_detour`, capped so that a longer way is never the quicker one.
    Source: detours and speeds of `docs` domain notes, a setting per city.
    """

    detour: float = 1.35
    near_detour: float = NEAR_DETOUR
    near_m: float = 3000.0
    kmh: Mapping[str, float] = field(default_factory=lambda: dict(KMH))

    def __post_init__(self) -> None:
        if not 1 <= self.detour <= self.near_detour or any(not v > 0 for v in self.kmh.values()):
            raise InvalidValueError("travel", "detour or speed", "give 1 <= detour <= near_detour and speeds above 0")

    @property
    def source(self) -> str:
        """Name kept with the plan."""
        return f"great circle × {self.detour}"

    def check(self, size: int, modes: Sequence[str]) -> None:
        """Every mode has a speed. Raises: UnknownModeError."""
        del size
        _check_modes(modes, self.kmh)

    def picked(self, rows: Sequence[int]) -> GreatCircle:
        """The same travel for some of the points."""
        del rows
        return self

    def filled(self, origin: int, target: int, mode: str) -> bool:
        """No leg fills a gap: all are of one kind."""
        del origin, target, mode
        return False

    def legs(self, points: Points, origins: Ints, targets: Ints, mode: str) -> tuple[Ints, Ints]:
        """Travel between rows of `points`. Shape: (origins, targets) twice. Units: seconds, metres."""
        road_m = self._road_m(points, origins[:, None], targets[None, :])
        seconds = np.rint(road_m * (3.6 / self.kmh[mode]))
        return seconds.astype(np.int64), np.rint(road_m).astype(np.int64)

    def seconds(self, points: Points, origins: Ints, targets: Ints, mode: str) -> Ints:
        """Travel from each origin to its target, seconds alone. Shape: that of `origins` and `targets` broadcast."""
        road_m = self._road_m(points, origins, targets)
        road_m *= 3.6 / self.kmh[mode]
        return np.asarray(np.rint(road_m, out=road_m).astype(np.int64))

    def _road_m(self, points: Points, origins: Ints, targets: Ints) -> Floats:
        at = np.asarray(points, dtype=np.float64).reshape(-1, 2)
        line_m = _great_circle_m(np.radians(at[origins]), np.radians(at[targets]))
        near_m = np.minimum(line_m * self.near_detour, self.near_m * self.detour)
        return np.maximum(near_m, line_m * self.detour)


@dataclass(frozen=True, slots=True)
class Legs:
    """One mode's matrix over `Problem.points`. Shape: (n, n) twice. Units: seconds, metres."""

    seconds: Ints
    metres: Ints


@dataclass(frozen=True, slots=True)
class RoadMatrix:
    """Matrices from a road engine, one per mode, over `Problem.points`; `source` names the engine and its data.

    Cells at or above UNREACHABLE_S are places with no way between them. `gaps` are cells the road engine knew no way
    for, filled by other travel. Shape: (n, n) by mode; a mode without any has none.
    """

    by_mode: Mapping[str, Legs]
    source: str
    gaps: Mapping[str, Bools] = field(default_factory=dict)

    def check(self, size: int, modes: Sequence[str]) -> None:
        """The matrices fit the problem. Raises: MatrixShapeError, NegativeTravelError, UnknownModeError."""
        _check_modes(modes, self.by_mode)
        for mode, legs in self.by_mode.items():
            for name, matrix in (("seconds", legs.seconds), ("metres", legs.metres)):
                _check_matrix(f"{mode} {name}", matrix, size)
        for mode, gaps in self.gaps.items():
            if gaps.shape != (size, size):
                raise MatrixShapeError(f"{mode} gaps", f"shape {gaps.shape}", f"give {(size, size)}")

    def picked(self, rows: Sequence[int]) -> RoadMatrix:
        """The matrices of some of the points."""
        cells = np.ix_(rows, rows)
        return RoadMatrix(
            {m: Legs(legs.seconds[cells], legs.metres[cells]) for m, legs in self.by_mode.items()},
            self.source,
            {mode: gaps[cells] for mode, gaps in self.gaps.items()},
        )

    def filled(self, origin: int, target: int, mode: str) -> bool:
        """Whether a leg fills a gap of the road engine."""
        return mode in self.gaps and bool(self.gaps[mode][origin, target])

    def legs(self, points: Points, origins: Ints, targets: Ints, mode: str) -> tuple[Ints, Ints]:
        """The part of the matrix between rows of `points`."""
        del points
        cells = np.ix_(origins, targets)
        legs = self.by_mode[mode]
        return np.minimum(legs.seconds[cells], UNREACHABLE_S).astype(np.int64), legs.metres[cells].astype(np.int64)

    def seconds(self, points: Points, origins: Ints, targets: Ints, mode: str) -> Ints:
        """Travel from each origin to its target, seconds alone. Shape: that of `origins` and `targets` broadcast."""
        del points
        return np.minimum(self.by_mode[mode].seconds[origins, targets], UNREACHABLE_S).astype(np.int64)


def _great_circle_m(a: Floats, b: Floats) -> Floats:
    """Metres over the globe from half the chord between two points of the unit sphere. Shape: (…, 2) radians each.

    The trigonometry is done once per point and not once per pair.
    """
    half_squared: Floats = np.zeros(())
    for mine, theirs in zip(_on_sphere(a), _on_sphere(b), strict=True):
        apart = mine - theirs
        half_squared = half_squared + apart * apart
    return 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(half_squared, 4.0)) / 2)


def _on_sphere(at: Floats) -> tuple[Floats, Floats, Floats]:
    lat, lon = at[..., 0], at[..., 1]
    return np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)


def _check_modes(modes: Sequence[str], known: Mapping[str, object]) -> None:
    for mode in modes:
        if mode not in known:
            raise UnknownModeError(mode, "no travel for this mode", f"use one of {', '.join(sorted(known))}")


def _check_matrix(name: str, matrix: Ints, size: int) -> None:
    if not isinstance(matrix, np.ndarray) or not np.issubdtype(matrix.dtype, np.integer):
        raise MatrixShapeError(name, "no whole-number array", "give a numpy integer array")
    if matrix.shape != (size, size):
        raise MatrixShapeError(name, f"shape {matrix.shape}", f"give {(size, size)}: stops, then starts and ends")
    if size and int(matrix.min()) < 0:
        row, column = (int(i) for i in np.argwhere(matrix < 0)[0])
        raise NegativeTravelError(name, f"entry [{row}, {column}] is negative", "give 0 or more everywhere")
