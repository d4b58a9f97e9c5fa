"""Visits into areas of a size one search can hold, in values; the routing engine draws the borders."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fieldops.addresses.divisions import divisions
from routing.areas import divide
from routing.problem import Crew, Problem, Stop, Window

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

NOWHERE: Final = "未知区域"
_ALL_DAY: Final = Window(0, 86_399)


@dataclass(frozen=True, slots=True)
class Located:
    """A visit with its point (WGS-84), its county, and the time it takes."""

    visit_id: UUID
    lat: float
    lon: float
    region_code: str | None
    service_s: int


@dataclass(frozen=True, slots=True)
class CrewStart:
    """Where a crew sets out."""

    crew_id: UUID
    lat: float
    lon: float
    max_stops: int


@dataclass(frozen=True, slots=True)
class AreaOfVisits:
    """An area with its name and its visits."""

    name: str
    visit_ids: tuple[UUID, ...]


def areas_of(visits: Sequence[Located], crews: Sequence[CrewStart]) -> list[AreaOfVisits]:
    """The visits by area, 75 to 110 to each as far as there are crews to share them; every visit is in one area.

    An area is named after the county most of its visits are in; two of one county are numbered.
    """
    if not visits:
        return []
    problem = Problem(stops=tuple(map(_stop, visits)), crews=tuple(map(_crew, crews)))
    parts = [[visits[row] for row in area.stop_rows] for area in divide(problem, range(len(visits)))]
    names = _names([_county(part) for part in parts])
    return [
        AreaOfVisits(name, tuple(visit.visit_id for visit in part)) for name, part in zip(names, parts, strict=True)
    ]


def _county(visits: Sequence[Located]) -> str:
    counted = Counter(visit.region_code for visit in visits if visit.region_code)
    if not counted:
        return NOWHERE
    code, _ = max(counted.items(), key=lambda pair: (pair[1], pair[0]))
    known = divisions().by_code.get(code)
    return known.name if known else code


def _names(counties: list[str]) -> list[str]:
    total, used = Counter(counties), Counter[str]()
    names = []
    for county in counties:
        used[county] += 1
        names.append(f"{county} {used[county]}" if total[county] > 1 else county)
    return names


def _stop(visit: Located) -> Stop:
    return Stop(str(visit.visit_id), visit.lat, visit.lon, visit.service_s, (_ALL_DAY,))


def _crew(crew: CrewStart) -> Crew:
    return Crew(str(crew.crew_id), crew.lat, crew.lon, crew.lat, crew.lon, _ALL_DAY, max_stops=crew.max_stops)
