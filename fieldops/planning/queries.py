"""Reads of planning: what can be planned, and what a plan holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from fieldops.agents.models import Crew
from fieldops.batching.models import BatchedVisit, VisitBatch
from fieldops.errors import NotFound
from fieldops.planning.models import CrewRoute, DayPlan, LeftOutVisit, RouteStop
from fieldops.visits.models import Visit

if TYPE_CHECKING:
    import uuid
    from datetime import date, datetime

    from sqlalchemy.orm import Session

LIVE_STOPS = ("PENDING", "CHECKED_IN")


@dataclass(frozen=True, slots=True)
class VisitToPlan:
    """A batched visit as planning sees it; ``windows_s`` are seconds of the day in which it may begin."""

    id: uuid.UUID
    debtor_id: uuid.UUID
    lat: float | None
    lon: float | None
    address_kind: str
    purpose: str
    priority: int
    windows_s: tuple[tuple[int, int], ...]
    approved_at: datetime | None


def plan_by_id(session: Session, plan_id: uuid.UUID, *, lock: bool = False) -> DayPlan:
    """The plan of that id. Raises: NotFound."""
    plan = session.get(DayPlan, plan_id, with_for_update=lock)
    if plan is None:
        raise NotFound("PLAN_UNKNOWN", f"There is no plan {plan_id}; list them with GET /plans.")
    return plan


def plans(session: Session, on_date: date | None) -> list[DayPlan]:
    """Plans, newest first."""
    query = sa.select(DayPlan).order_by(DayPlan.on_date.desc(), DayPlan.number.desc()).limit(100)
    return list(session.scalars(query if on_date is None else query.where(DayPlan.on_date == on_date)))


def published_plan(session: Session, on_date: date) -> DayPlan | None:
    """The plan crews work by on that day."""
    return session.scalar(sa.select(DayPlan).where(DayPlan.on_date == on_date, DayPlan.status == "PUBLISHED"))


def visits_to_plan(session: Session, on_date: date) -> list[VisitToPlan]:
    """Visits batched for that day, in the order of their ids."""
    rows = session.scalars(
        sa.select(Visit)
        .join(BatchedVisit, BatchedVisit.visit_id == Visit.id)
        .join(VisitBatch, VisitBatch.id == BatchedVisit.batch_id)
        .where(VisitBatch.on_date == on_date, Visit.status.in_(("BATCHED", "PLANNED")))
        .order_by(Visit.id)
    )
    return [
        VisitToPlan(
            id=visit.id,
            debtor_id=visit.debtor_id,
            lat=visit.lat,
            lon=visit.lon,
            address_kind=visit.address_kind,
            purpose=visit.purpose,
            priority=visit.priority,
            windows_s=tuple((int(start), int(end)) for start, end in visit.windows),
            approved_at=visit.approved_at,
        )
        for visit in rows
    ]


def stops_of(session: Session, plan_id: uuid.UUID) -> list[RouteStop]:
    """Stops of a plan by crew and order."""
    query = sa.select(RouteStop).where(RouteStop.plan_id == plan_id)
    return list(session.scalars(query.order_by(RouteStop.crew_id, RouteStop.sequence)))


def routes_of(session: Session, plan_id: uuid.UUID) -> list[CrewRoute]:
    """Routes of a plan."""
    return list(session.scalars(sa.select(CrewRoute).where(CrewRoute.plan_id == plan_id).order_by(CrewRoute.crew_id)))


def left_out_of(session: Session, plan_id: uuid.UUID) -> list[dict[str, Any]]:
    """Visits a plan does not hold, each with its number and its reason."""
    rows = session.execute(
        sa.select(LeftOutVisit, Visit.no, Visit.priority)
        .join(Visit, Visit.id == LeftOutVisit.visit_id)
        .where(LeftOutVisit.plan_id == plan_id)
        .order_by(Visit.priority.desc(), Visit.no)
    )
    return [
        {
            "visit_id": row.visit_id,
            "visit_no": no,
            "priority": priority,
            "reason": row.reason,
            "message_zh": row.message_zh,
            "message_en": row.message_en,
            "detail": row.detail,
        }
        for row, no, priority in rows
    ]


def live_stop_of(session: Session, visit_id: uuid.UUID) -> RouteStop | None:
    """The stop of the published plan a visit is still to be made at."""
    return session.scalar(
        sa.select(RouteStop)
        .join(DayPlan, DayPlan.id == RouteStop.plan_id)
        .where(
            RouteStop.visit_id == visit_id,
            DayPlan.status == "PUBLISHED",
            RouteStop.status.in_(LIVE_STOPS),
        )
    )


def geojson(session: Session, plan_id: uuid.UUID) -> dict[str, Any]:
    """A plan as GeoJSON (WGS-84): a line per crew, a point per stop and per located visit left out."""
    features: list[dict[str, Any]] = []
    crews = {crew.id: crew for crew in session.scalars(sa.select(Crew))}
    rows = session.execute(
        sa.select(RouteStop, Visit.no, Visit.lat, Visit.lon, Visit.priority)
        .join(Visit, Visit.id == RouteStop.visit_id)
        .where(RouteStop.plan_id == plan_id)
        .order_by(RouteStop.crew_id, RouteStop.sequence)
    ).all()
    for route in routes_of(session, plan_id):
        crew = crews[route.crew_id]
        home = [crew.start_lon, crew.start_lat]
        path = [[lon, lat] for stop, _, lat, lon, _ in rows if stop.crew_id == crew.id]
        line = {"type": "LineString", "coordinates": [home, *path, home]}
        features.append(_feature(line, kind="route", crew=crew.code, area=route.area, distance_m=route.distance_m))
    for stop, no, lat, lon, priority in rows:
        features.append(
            _feature(
                {"type": "Point", "coordinates": [lon, lat]},
                kind="stop",
                crew=crews[stop.crew_id].code,
                visit=no,
                visit_id=str(stop.visit_id),
                sequence=stop.sequence,
                status=stop.status,
                priority=priority,
                arrives_at=stop.arrives_at.isoformat(),
            )
        )
    left_out = sa.select(LeftOutVisit, Visit).join(Visit, Visit.id == LeftOutVisit.visit_id)
    for row, visit in session.execute(left_out.where(LeftOutVisit.plan_id == plan_id, Visit.lat.is_not(None))):
        point = {"type": "Point", "coordinates": [visit.lon, visit.lat]}
        features.append(_feature(point, kind="left_out", visit=visit.no, reason=row.reason, message_zh=row.message_zh))
    return {"type": "FeatureCollection", "features": features}


def _feature(geometry: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}
