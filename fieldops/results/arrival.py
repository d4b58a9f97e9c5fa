"""The rules asked at the door: what happened is kept and never refused; what should not have happened is flagged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from fieldops.clock import local_date
from fieldops.datum import distance_m
from fieldops.planning import queries as planning
from fieldops.planning.recheck import on_duty
from fieldops.policies.catalogue import Severity, Stage
from fieldops.tasks import service as tasks
from fieldops.visits import deciding, files, requesting
from fieldops.visits import queries as visit_queries
from fieldops.visits.facts import PositionFact, SlotFact

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.planning.models import RouteStop
    from fieldops.planning.recheck import Duty
    from fieldops.visits.facts import DayFact, VisitFacts
    from fieldops.visits.files import Files
    from fieldops.visits.models import Visit

POINT_PRECISION_M: Final = {
    "CONFIRMED": 30, "ROOFTOP": 50, "STREET": 200, "POI": 300, "VILLAGE": 1500, "TOWN": 4000, "DISTRICT": 10_000,
}  # fmt: skip
"""How well a point is known. Source: address design, precision."""
_ANYWHERE: Final = 40_000_000
_LOOK_WITHIN: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A crew at the door of a locked visit, at an instant and a place by its phone."""

    visit: Visit
    arrived_at: datetime
    position: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class _Known:
    """What all arrivals of a push are judged by."""

    files: Files
    cards: Mapping[UUID, tuple[UUID, ...]]
    stops: Mapping[UUID, RouteStop]
    days: Mapping[date, DayFact]
    duties: Mapping[date, Duty]


def ask_at_the_doors(session: Session, actor: Actor, arrivals: Sequence[Arrival]) -> dict[UUID, list[str]]:
    """Ask every rule of check-in, keep the decisions, and have a supervisor look at what an approval did not know.

    Return by visit the codes to flag its check-in with. Cost: about twenty statements, however many.
    """
    known = _known(session, actor, arrivals)
    flags: dict[UUID, list[str]] = {each.visit.id: [] for each in arrivals}
    for each in arrivals:
        visit, case_ids = each.visit, known.cards.get(each.visit.id, ())
        if not case_ids:
            continue
        facts = _facts(known, each, case_ids)
        decision = deciding.decide(known.files, case_ids, facts, stage=Stage.CHECK_IN)
        session.add(requesting.decision_row(visit.id, decision, facts))
        barred = [found for found in decision.of_severity(Severity.REJECT) if found.code not in visit.waived]
        flags[visit.id] = [finding.code for finding in (*barred, *decision.new_doubts(visit.accepted))]
    unexpected = [(each.visit, flags[each.visit.id]) for each in arrivals if flags[each.visit.id]]
    tasks.open_tasks(session, actor, [_look(actor, visit, codes) for visit, codes in unexpected])
    return flags


def _look(actor: Actor, visit: Visit, codes: list[str]) -> tasks.Asked:
    detail = {"visit_no": visit.no, "codes": codes}
    return tasks.Asked("REVIEW_CHECK_IN", "SUPERVISOR", "visit", visit.id, actor.at + _LOOK_WITHIN, detail)


def _known(session: Session, actor: Actor, arrivals: Sequence[Arrival]) -> _Known:
    visits = [each.visit for each in arrivals]
    cards = visit_queries.cards_of(session, [visit.id for visit in visits])
    case_ids = [case_id for of_visit in cards.values() for case_id in of_visit]
    days, debtors = {local_date(each.arrived_at) for each in arrivals}, {visit.debtor_id for visit in visits}
    return _Known(
        files=files.read_files(session, case_ids, at=actor.at, also=[visit.address_id for visit in visits]),
        cards=cards,
        stops=planning.live_stops_of(session, [visit.id for visit in visits]),
        days={on: deciding.day_fact(session, on, at=actor.at) for on in days},
        duties={on: on_duty(session, on, actor.at, debtors) for on in days},
    )


def _facts(known: _Known, arrival: Arrival, case_ids: tuple[UUID, ...]) -> VisitFacts:
    visit, at = arrival.visit, known.files.at
    on = local_date(arrival.arrived_at)
    address = known.files.address(visit.address_id, visit.address_kind)
    request = requesting.request_fact(visit, planned_on=on)
    facts = deciding.facts_of(known.files, case_ids, address, request, visit_id=visit.id)
    stop, duty = known.stops.get(visit.id), known.duties[on]
    ref = f"route_stop:{stop.id}" if stop else f"visit:{visit.id}"
    return replace(
        facts,
        day=known.days[on],
        slot=SlotFact(ref=ref, recorded_at=at, arrive_at=arrival.arrived_at, leave_at=arrival.arrived_at),
        crew=duty.crew_for(stop.crew_id, visit) if stop and stop.crew_id in duty.crews else None,
        position=_position(visit, arrival.position, at),
    )


def _position(visit: Visit, position: Mapping[str, Any] | None, at: datetime) -> PositionFact | None:
    if position is None or visit.lat is None or visit.lon is None:
        return None
    return PositionFact(
        ref=f"visit:{visit.id}",
        recorded_at=at,
        distance_m=distance_m(visit.lat, visit.lon, position["lat"], position["lon"]),
        accuracy_m=position["accuracy_m"],
        precision_m=POINT_PRECISION_M.get(visit.point_precision or "", _ANYWHERE),
    )
