"""The rules asked at the door: what happened is kept and never refused; what should not have happened is flagged."""

from __future__ import annotations

from dataclasses import replace
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
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.visits.facts import VisitFacts
    from fieldops.visits.files import Files
    from fieldops.visits.models import Visit

POINT_PRECISION_M: Final = {
    "CONFIRMED": 30, "ROOFTOP": 50, "STREET": 200, "POI": 300, "VILLAGE": 1500, "TOWN": 4000, "DISTRICT": 10_000,
}  # fmt: skip
"""How well a point is known. Source: address design, precision."""
_ANYWHERE: Final = 40_000_000
_LOOK_WITHIN: Final = timedelta(days=1)


def ask_at_the_door(
    session: Session, actor: Actor, visit: Visit, *, arrived_at: datetime, position: Mapping[str, Any] | None
) -> list[str]:
    """Ask every rule of check-in, keep the decision, and have a supervisor look at what its approval did not know.

    Returns the codes to flag the check-in with. Cost: about fifteen statements.
    """
    case_ids = visit_queries.cards_of(session, [visit.id]).get(visit.id, ())
    if not case_ids:
        return []
    on_file = files.read_files(session, case_ids, at=actor.at, also=[visit.address_id])
    facts = _facts(session, on_file, visit, case_ids, arrived_at, position)
    decision = deciding.decide(on_file, case_ids, facts, stage=Stage.CHECK_IN)
    session.add(requesting.decision_row(visit.id, decision, facts))
    known = {*visit.codes, *visit.waived}
    found = decision.of_severity(Severity.REJECT, Severity.REVIEW)
    flags = [finding.code for finding in found if finding.code not in known]
    if flags:
        detail = {"visit_no": visit.no, "codes": flags}
        tasks.open_task(
            session, actor, "REVIEW_CHECK_IN", "SUPERVISOR", "visit", visit.id, actor.at + _LOOK_WITHIN, detail
        )
    return flags


def _facts(
    session: Session,
    on_file: Files,
    visit: Visit,
    case_ids: tuple[Any, ...],
    arrived_at: datetime,
    position: Mapping[str, Any] | None,
) -> VisitFacts:
    on = local_date(arrived_at)
    address = on_file.address(visit.address_id, visit.address_kind)
    request = requesting.request_fact(visit, planned_on=on)
    facts = deciding.facts_of(on_file, case_ids, address, request, visit_id=visit.id)
    stop = planning.live_stop_of(session, visit.id)
    duty = on_duty(session, on, on_file.at, {visit.debtor_id})
    crew = duty.crew_for(stop.crew_id, visit) if stop and stop.crew_id in duty.crews else None
    ref = f"route_stop:{stop.id}" if stop else f"visit:{visit.id}"
    return replace(
        facts,
        day=deciding.day_fact(session, on, at=on_file.at),
        slot=SlotFact(ref=ref, recorded_at=on_file.at, arrive_at=arrived_at, leave_at=arrived_at),
        crew=crew,
        position=_position(visit, position, on_file.at),
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
