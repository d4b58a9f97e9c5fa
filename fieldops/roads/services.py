"""Road services over HTTP: Valhalla and OSRM, each filling blocks of a travel matrix."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from fieldops.datum import distance_m

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from routing.travel import Ints, Points

TIMEOUT_S: Final = 30
OFF_ROAD_M: Final = 500
"""A point further from the nearest road than this has no road of its own: its legs are gaps."""
MISSING: Final = -1


class RoadsError(RuntimeError):
    """The road service cannot be used now: no connection, or an answer that is no matrix."""


class RefusedError(RoadsError):
    """The service answers, but not for these points."""


class RoadService(Protocol):
    """A service that fills blocks of a matrix."""

    name: str
    modes: Mapping[str, str]

    def block(self, origins: Points, targets: Points, mode: str) -> tuple[Ints, Ints]:
        """Seconds and metres, MISSING where it knows no way. Raises: RefusedError, RoadsError."""


@dataclass(frozen=True, slots=True)
class Valhalla:
    """Valhalla's `/sources_to_targets`. Source: https://valhalla.github.io/valhalla/api/matrix/api-reference/."""

    url: str
    name: str = "valhalla"
    modes: Mapping[str, str] = field(
        default_factory=lambda: {
            "CAR": "auto",
            "MOTORBIKE": "motorcycle",
            "EBIKE": "motor_scooter",
            "BIKE": "bicycle",
            "WALK": "pedestrian",
        }
    )

    def block(self, origins: Points, targets: Points, mode: str) -> tuple[Ints, Ints]:
        """See RoadService."""
        places = {
            name: [{"lat": lat, "lon": lon} for lat, lon in points]
            for name, points in (("sources", origins), ("targets", targets))
        }
        reply = _json(f"{self.url}/sources_to_targets", {**places, "costing": self.modes[mode], "units": "kilometers"})
        with _as_a_matrix(len(origins), len(targets)):
            rows = reply["sources_to_targets"]
            cells = [
                [_valhalla_cell(cell, origin, target) for cell, target in zip(row, targets, strict=True)]
                for row, origin in zip(rows, origins, strict=True)
            ]
        return _checked(cells)


@dataclass(frozen=True, slots=True)
class Osrm:
    """OSRM's table service; a server holds one profile, for cars. Source: https://project-osrm.org/docs/v5.24.0/api/."""

    url: str
    name: str = "osrm"
    modes: Mapping[str, str] = field(default_factory=lambda: {"CAR": "driving", "MOTORBIKE": "driving"})

    def block(self, origins: Points, targets: Points, mode: str) -> tuple[Ints, Ints]:
        """See RoadService."""
        points = ";".join(f"{lon:.6f},{lat:.6f}" for lat, lon in [*origins, *targets])
        first = ";".join(str(i) for i in range(len(origins)))
        rest = ";".join(str(i) for i in range(len(origins), len(origins) + len(targets)))
        query = f"sources={first}&destinations={rest}&annotations=duration,distance"
        reply = _json(f"{self.url}/table/v1/{self.modes[mode]}/{points}?{query}")
        if reply.get("code") != "Ok":
            raise RefusedError(str(reply.get("message") or reply.get("code")))
        with _as_a_matrix(len(origins), len(targets)):
            cells = self._cells(reply)
        return _checked(cells)

    def _cells(self, reply: Mapping[str, Any]) -> list[list[tuple[int, int]]]:
        off = [[end.get("distance", 0) > OFF_ROAD_M for end in reply[side]] for side in ("sources", "destinations")]
        return [
            [
                (MISSING, MISSING) if s is None or m is None or off[0][i] or off[1][j] else (round(s), round(m))
                for j, (s, m) in enumerate(zip(seconds, metres, strict=True))
            ]
            for i, (seconds, metres) in enumerate(zip(reply["durations"], reply["distances"], strict=True))
        ]


SERVICES: Final[Mapping[str, Any]] = {"valhalla": Valhalla, "osrm": Osrm}


def road_service(setting: str | None) -> RoadService | None:
    """The service a setting like `valhalla+http://127.0.0.1:8002` names, or None where none is set."""
    if setting is None:
        return None
    kind, _, url = setting.partition("+")
    made: RoadService = SERVICES[kind](url.rstrip("/"))
    return made


def _valhalla_cell(
    cell: Mapping[str, Any], origin: tuple[float, float], target: tuple[float, float]
) -> tuple[int, int]:
    if cell.get("time") is None or cell.get("distance") is None:
        return MISSING, MISSING
    for name, (lat, lon) in (("begin", origin), ("end", target)):
        if f"{name}_lat" in cell and distance_m(lat, lon, cell[f"{name}_lat"], cell[f"{name}_lon"]) > OFF_ROAD_M:
            return MISSING, MISSING
    return round(cell["time"]), round(cell["distance"] * 1000)


@contextmanager
def _as_a_matrix(origins: int, targets: int) -> Iterator[None]:
    """Whatever does not read as a matrix of that shape is one error. Raises: RoadsError."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError):
        raise RoadsError(f"its answer is not {origins} × {targets} legs") from None


def _checked(cells: Sequence[Sequence[tuple[int, int]]]) -> tuple[Ints, Ints]:
    """The block as arrays. Raises: RoadsError for travel below zero."""
    made = np.array(cells, dtype=np.int64)
    if (made < MISSING).any():
        raise RoadsError("its answer holds travel below zero")
    return made[:, :, 0], made[:, :, 1]


def _json(url: str, body: Any = None) -> Any:
    """The answer to a request. Raises: RefusedError for 4xx, RoadsError for anything else that is no JSON object."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})  # noqa: S310 - settings allow http(s) only
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
            reply = json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            said = error.read(300).decode(errors="replace")
        if error.code == 400:  # noqa: PLR2004 - Valhalla and OSRM: these points cannot be placed
            raise RefusedError(said) from None
        raise RoadsError(f"it answers {error.code}: {said}") from None
    except (OSError, ValueError) as error:
        raise RoadsError(f"it does not answer ({error})") from None
    if not isinstance(reply, dict):
        raise RoadsError("its answer is no JSON object")
    return reply
