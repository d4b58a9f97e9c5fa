"""Reads of planning: what can be planned, and what a plan holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from fieldops.addresses.queries import among
from fieldops.agents.models import Crew, CrewMember
from fieldops.batching.models import BatchedVisit, VisitBatch
from fieldops.cases.models import Bank, Case
from fieldops.errors import NotFound
from fieldops.planning.drawing import left_out_point, route_line, stop_point
from fieldops.planning.models import CrewRoute, DayPlan, LeftOutVisit, RouteStop, VisitLock
from fieldops.planning.states import BEGUN, CANCELLED, CHECKED_IN, DONE, PENDING, PUBLISHED
from fieldops.rows import read_rows
from fieldops.visits import states as visit_states
from fieldops.visits.models import Visit, VisitCase
from fieldops.visits.queries import product_in_common

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class VisitToPlan:
    """A visit as planning sees it; ``windows_s`` are seconds of the day in which it may begin.

    A person may have locked it to a crew, to a position in that crew's order, to a span in which it begins. ``last_on``
    is the last day its approval and every entrustment run, ``last_crew`` made a visit there last, ``product`` is the
    one its cards have in common.
    """

    id: uuid.UUID
    no: str
    debtor_id: uuid.UUID
    bank_id: uuid.UUID
    bank: str
    product: str | None
    waived: tuple[str, ...]
    last_on: date | None
    lat: float | None
    lon: float | None
    address_kind: str
    purpose: str
    priority: int
    windows_s: tuple[tuple[int, int], ...]
    crew_lock: str | None = None
    position: int | None = None
    begins_s: tuple[int, int] | None = None
    last_crew: str | None = None

    @property
    def locked(self) -> bool:
        """Whether a person gave it to a crew on this day."""
        return self.crew_lock is not None


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


def published_plan(session: Session, on_date: date, *, lock: bool = False) -> DayPlan | None:
    """The plan crews work by on that day."""
    query = sa.select(DayPlan).where(DayPlan.on_date == on_date, DayPlan.status == PUBLISHED)
    return session.scalar(query.with_for_update() if lock else query)


def visits_to_plan(session: Session, on_date: date, *, also: Collection[uuid.UUID] = ()) -> list[VisitToPlan]:
    """Visits batched for that day and ``also`` these, in the order of their ids, with the locks people put on them."""
    batched = (
        sa.select(BatchedVisit.visit_id)
        .join(VisitBatch, VisitBatch.id == BatchedVisit.batch_id)
        .where(VisitBatch.on_date == on_date)
    )
    open_ones = Visit.status.in_((visit_states.BATCHED, visit_states.PLANNED))
    mine = sa.and_(VisitLock.visit_id == Visit.id, VisitLock.on_date == on_date, VisitLock.lifted_at.is_(None))
    case_ends = sa.func.greatest(Case.expiry_on, Case.extension_until)
    ends = sa.select(sa.func.min(case_ends)).join(VisitCase, VisitCase.case_id == Case.id)
    last_on = sa.func.least(Visit.valid_until_on, ends.where(VisitCase.visit_id == Visit.id).scalar_subquery())
    rows = session.execute(
        sa.select(Visit, VisitLock, Crew.code, Bank.code, product_in_common(), last_on, _last_crew())
        .join(Bank, Bank.id == Visit.bank_id)
        .outerjoin(VisitLock, mine)
        .outerjoin(Crew, Crew.id == VisitLock.crew_id)
        .where(sa.or_(sa.and_(open_ones, Visit.id.in_(batched)), among(Visit.id, list(also))))
        .order_by(Visit.id)
    )
    return [
        VisitToPlan(
            id=visit.id,
            no=visit.no,
            debtor_id=visit.debtor_id,
            bank_id=visit.bank_id,
            bank=bank,
            product=product,
            waived=tuple(visit.waived),
            last_on=last_on,
            lat=visit.lat,
            lon=visit.lon,
            address_kind=visit.address_kind,
            purpose=visit.purpose,
            priority=visit.priority,
            windows_s=tuple((int(start), int(end)) for start, end in visit.windows),
            crew_lock=crew_code,
            position=None if lock is None else lock.position,
            begins_s=_span(lock),
            last_crew=last_crew,
        )
        for visit, lock, crew_code, bank, product, last_on, last_crew in rows
    ]


def _last_crew() -> sa.ScalarSelect[str]:
    """The code of the crew that was last at the door of a visit's address."""
    crew, earlier = aliased(Crew), aliased(Visit)
    there = sa.and_(earlier.id == RouteStop.visit_id, earlier.address_id == Visit.address_id, earlier.id != Visit.id)
    stops = sa.select(crew.code).join(RouteStop, RouteStop.crew_id == crew.id).join(earlier, there)
    newest = stops.where(RouteStop.status == DONE).order_by(RouteStop.status_at.desc().nulls_last()).limit(1)
    return newest.correlate(Visit).scalar_subquery()


def _span(lock: VisitLock | None) -> tuple[int, int] | None:
    if lock is None or lock.from_s is None or lock.until_s is None:
        return None
    return lock.from_s, lock.until_s


def locks_on(session: Session, on_date: date | None) -> list[VisitLock]:
    """Locks that stand on a day, or on any, newest first."""
    query = sa.select(VisitLock).where(VisitLock.lifted_at.is_(None)).order_by(VisitLock.id.desc()).limit(1000)
    return list(session.scalars(query if on_date is None else query.where(VisitLock.on_date == on_date)))


def lock_on_visit(session: Session, on_date: date, visit_id: uuid.UUID) -> VisitLock | None:
    """The lock that stands on a visit on a day."""
    query = sa.select(VisitLock).filter_by(on_date=on_date, visit_id=visit_id, lifted_at=None)
    return session.scalar(query.with_for_update())


def visit_nos(session: Session, visit_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Numbers of visits by their ids."""
    rows = session.execute(sa.select(Visit.id, Visit.no).where(among(Visit.id, list(visit_ids))))
    return {visit_id: no for visit_id, no in rows}  # noqa: C416 - rows


def called_off_since(session: Session, on_date: date, at: datetime) -> bool:
    """Whether the plan crews worked by on that day has been called off since an instant."""
    of_day = sa.select(DayPlan.id).where(DayPlan.on_date == on_date, DayPlan.status == CANCELLED)
    return bool(
        session.scalar(sa.select(of_day.where(DayPlan.published_at.is_not(None), DayPlan.called_off_at >= at).exists()))
    )


def plans_to_close(session: Session, today: date) -> list[DayPlan]:
    """Published plans of days before today, oldest first."""
    query = sa.select(DayPlan).where(DayPlan.status == PUBLISHED, DayPlan.on_date < today)
    return list(session.scalars(query.order_by(DayPlan.on_date)))


def pending_visits_of(session: Session, plan: DayPlan | None) -> set[uuid.UUID]:
    """The visits of a plan that are still to be made; none without a plan."""
    if plan is None:
        return set()
    query = sa.select(RouteStop.visit_id).where(RouteStop.plan_id == plan.id, RouteStop.status == PENDING)
    return set(session.scalars(query))


def pending_stops_with(session: Session, *, agent_id: uuid.UUID, bank_id: uuid.UUID) -> list[RouteStop]:
    """The stops still to be made for a bank by the crew an agent belongs to."""
    query = (
        sa.select(RouteStop)
        .join(DayPlan, DayPlan.id == RouteStop.plan_id)
        .join(CrewMember, CrewMember.crew_id == RouteStop.crew_id)
        .join(Visit, Visit.id == RouteStop.visit_id)
        .where(
            CrewMember.agent_id == agent_id,
            Visit.bank_id == bank_id,
            DayPlan.status == PUBLISHED,
            RouteStop.status == PENDING,
        )
    )
    return list(session.scalars(query.order_by(RouteStop.visit_id)))


def stops_of(session: Session, plan_id: uuid.UUID) -> list[RouteStop]:
    """Stops of a plan by crew and order."""
    query = sa.select(RouteStop).where(RouteStop.plan_id == plan_id)
    return list(session.scalars(query.order_by(RouteStop.crew_id, RouteStop.sequence)))


def routes_of(session: Session, plan_id: uuid.UUID) -> list[CrewRoute]:
    """Routes of a plan."""
    return list(session.scalars(sa.select(CrewRoute).where(CrewRoute.plan_id == plan_id).order_by(CrewRoute.crew_id)))


def rests_of(session: Session, stops: Iterable[RouteStop]) -> dict[tuple[uuid.UUID, uuid.UUID], list[Any]]:
    """The breaks on the routes these stops are of, by plan and crew; see ``CrewRoute.rests``."""
    of_plans = among(CrewRoute.plan_id, {stop.plan_id for stop in stops})
    rows = session.execute(sa.select(CrewRoute.plan_id, CrewRoute.crew_id, CrewRoute.rests).where(of_plans))
    return {(plan_id, crew_id): rests for plan_id, crew_id, rests in rows}


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


def left_out_rows(session: Session, plan_id: uuid.UUID, reason: str | None = None) -> list[LeftOutVisit]:
    """Visits a plan leaves out, all or for one reason."""
    query = sa.select(LeftOutVisit).filter_by(plan_id=plan_id)
    return list(session.scalars(query if reason is None else query.filter_by(reason=reason)))


def stops_begun_on(session: Session, on_date: date) -> list[RouteStop]:
    """Stops a crew has been at on that day, on whichever plan, in the order in which that was heard."""
    query = sa.select(RouteStop).join(DayPlan, DayPlan.id == RouteStop.plan_id)
    begun = query.where(DayPlan.on_date == on_date, RouteStop.status.in_(BEGUN))
    return list(session.scalars(begun.order_by(RouteStop.status_at.asc().nulls_first(), RouteStop.sequence)))


def live_stop_of(session: Session, visit_id: uuid.UUID) -> RouteStop | None:
    """The stop at which a visit is still to be made or is being made."""
    return live_stops_of(session, [visit_id]).get(visit_id)


def live_stops_of(session: Session, visit_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, RouteStop]:
    """The stop at which each visit is still to be made or is being made; one without is left out.

    A crew may be at the door of a stop whose plan a newer one has replaced meanwhile, or whose day is over.
    """
    ids = [stop_id for stop_id, *_ in states_of_live_stops(session, visit_ids)]
    return {stop.visit_id: stop for stop in session.scalars(sa.select(RouteStop).where(among(RouteStop.id, ids)))}


LIVE_STOP: Final = f"""
    SELECT s.id, s.status FROM route_stop s JOIN day_plan p ON p.id = s.plan_id
    WHERE s.visit_id = v.id AND (s.status = '{CHECKED_IN}' OR p.status = '{PUBLISHED}' AND s.status = '{PENDING}')
    ORDER BY p.on_date DESC, p.number DESC LIMIT 1
"""  # noqa: S608 - words of our own
"""The live stop of a visit ``v``, for a LATERAL join: its id and its state."""
_LIVE: Final = f"""
    SELECT stop.id, v.id, stop.status FROM unnest(%(visit_ids)s::uuid[]) AS v(id), LATERAL ({LIVE_STOP}) stop
"""  # noqa: S608 - words of our own


def states_of_live_stops(session: Session, visit_ids: Iterable[uuid.UUID]) -> Sequence[Any]:
    """The stop, the visit and the state of each live stop of these visits. Cost: one statement."""
    return read_rows(session, _LIVE, {"visit_ids": [*visit_ids]})


def geojson(session: Session, plan_id: uuid.UUID) -> dict[str, Any]:
    """A plan as GeoJSON (RFC 7946, WGS-84): a line per crew, a point per stop and per located visit left out."""
    crews = {crew.id: crew for crew in session.scalars(sa.select(Crew))}
    plan = plan_by_id(session, plan_id)
    before = _made_before(session, plan) if plan.base_id is not None else []
    stops = session.execute(
        sa.select(RouteStop, Visit)
        .join(Visit, Visit.id == RouteStop.visit_id)
        .where(RouteStop.plan_id == plan_id)
        .order_by(RouteStop.crew_id, RouteStop.sequence)
    ).all()
    left_out = session.execute(
        sa.select(LeftOutVisit, Visit)
        .join(Visit, Visit.id == LeftOutVisit.visit_id)
        .where(LeftOutVisit.plan_id == plan_id, Visit.lat.is_not(None), Visit.lon.is_not(None))
        .order_by(Visit.no)
    )
    return {
        "type": "FeatureCollection",
        "features": [
            *(
                route_line(plan.on_date, route, crews[route.crew_id], [*before, *stops])
                for route in routes_of(session, plan_id)
            ),
            *(stop_point(stop, visit, crews[stop.crew_id]) for stop, visit in stops),
            *(left_out_point(row, visit) for row, visit in left_out),
        ],
    }


def _made_before(session: Session, plan: DayPlan) -> list[Any]:
    """Stops and visits that crews had been at when this plan was made from another."""
    begun = [stop for stop in stops_begun_on(session, plan.on_date) if stop.plan_id != plan.id]
    visits = {v.id: v for v in session.scalars(sa.select(Visit).where(among(Visit.id, [s.visit_id for s in begun])))}
    return [(stop, visits[stop.visit_id]) for stop in begun]
