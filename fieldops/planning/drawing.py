"""A plan on a map: its routes, stops and left-out visits as features of GeoJSON (RFC 7946, WGS-84)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldops.clock import at_local, local
from fieldops.planning.states import CANCELLED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from fieldops.agents.models import Crew
    from fieldops.planning.models import CrewRoute, LeftOutVisit, RouteStop
    from fieldops.visits.models import Visit


def breaks_of(on_date: date, rests: Iterable[tuple[int, int]]) -> list[dict[str, str]]:
    """The breaks of a route as people and phones are told of them."""
    return [
        {
            "begins_at": local(at_local(on_date, begins_s)).isoformat(),
            "ends_at": local(at_local(on_date, ends_s)).isoformat(),
        }
        for begins_s, ends_s in rests
    ]


def route_line(on_date: date, route: CrewRoute, crew: Crew, stops: Sequence[Any]) -> dict[str, Any]:
    """From the start past what was made before this plan and every stop of it that stands, to the end of the day."""
    start = [crew.start_lon, crew.start_lat]
    end = start if crew.end_lat is None else [crew.end_lon, crew.end_lat]
    path = [[v.lon, v.lat] for stop, v in stops if stop.crew_id == crew.id and stop.status != CANCELLED]
    line = {"type": "LineString", "coordinates": [start, *path, end]}
    return _feature(
        line,
        kind="route",
        crew=crew.code,
        area=route.area,
        distance_m=route.distance_m,
        travel_s=route.travel_s,
        filled=[v.no for stop, v in stops if stop.crew_id == crew.id and stop.filled],
        home_filled=route.home_filled,
        breaks=breaks_of(on_date, route.rests),
    )


def stop_point(stop: RouteStop, visit: Visit, crew: Crew) -> dict[str, Any]:
    """A stop, whatever has become of it."""
    return _feature(
        {"type": "Point", "coordinates": [visit.lon, visit.lat]},
        kind="stop",
        crew=crew.code,
        visit=visit.no,
        visit_id=str(visit.id),
        sequence=stop.sequence,
        status=stop.status,
        filled=stop.filled,
        priority=visit.priority,
        arrives_at=stop.arrives_at.isoformat(),
    )


def left_out_point(row: LeftOutVisit, visit: Visit) -> dict[str, Any]:
    """A visit the plan does not hold, with its reason."""
    point = {"type": "Point", "coordinates": [visit.lon, visit.lat]}
    return _feature(
        point,
        kind="left_out",
        visit=visit.no,
        visit_id=str(visit.id),
        reason=row.reason,
        message_zh=row.message_zh,
        message_en=row.message_en,
    )


def _feature(geometry: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}
