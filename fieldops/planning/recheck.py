"""The rules asked again before a plan is published, with the crew and the hour it gives each visit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from fieldops.agents import queries as agents
from fieldops.policies.catalogue import Severity, Stage
from fieldops.policies.decision import Verdict
from fieldops.visits import deciding, files
from fieldops.visits import queries as visit_queries
from fieldops.visits import requesting
from fieldops.visits.facts import CrewFact, MemberFact, SlotFact

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from fieldops.agents.models import Agent, Crew
    from fieldops.audit import Actor
    from fieldops.planning.models import RouteStop
    from fieldops.policies.decision import Decision, Finding
    from fieldops.visits.models import Visit

CREW_RULES = frozenset({"VR-080", "VR-081", "VR-082"})


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A stop the rules took off, and what they said."""

    stop: RouteStop
    visit: Visit
    decision: Decision

    @property
    def grave(self) -> tuple[Finding, ...]:
        """The findings that stopped it."""
        return self.decision.of_severity(Severity.REJECT, Severity.REVIEW)

    def to_json(self) -> dict[str, Any]:
        """What the publisher is told."""
        return {
            "visit_id": str(self.visit.id),
            "visit_no": self.visit.no,
            "codes": [finding.code for finding in self.grave],
            "messages": [finding.message_zh for finding in self.grave],
        }


@dataclass(frozen=True, slots=True)
class Checked:
    """What asking again found: stops to take off, and crews that may not go."""

    withdrawn: tuple[Withdrawn, ...]
    barred_crews: list[dict[str, Any]]


def ask_before_publishing(session: Session, actor: Actor, on_date: date, stops: Sequence[RouteStop]) -> Checked:
    """Ask every publishing rule of every stop and keep each decision.

    A rule about the crew bars the crew; any other REJECT takes its visit off, and so does a REVIEW the approval did
    not already know of. Cost: about fifteen statements, however many stops.
    """
    visits = visit_queries.lock_visits(session, [stop.visit_id for stop in stops])
    cards = visit_queries.cards_of(session, visits)
    on_file = files.read_files(session, [case for found in cards.values() for case in found], at=actor.at)
    crews = {crew.id: crew for crew in agents.crews_on(session, on_date)}
    members = agents.members_by_crew(session, crews)
    withdrawn, barred = [], {}
    for stop in stops:
        visit = visits[stop.visit_id]
        crew = _crew(crews[stop.crew_id], members.get(stop.crew_id, []), actor.at)
        decision = _ask(session, on_file, visit, cards[visit.id], stop, crew, on_date)
        crew_faults = [f for f in decision.of_severity(Severity.REJECT) if f.code in CREW_RULES]
        if crew_faults:
            barred[stop.crew_id] = {
                "crew": crews[stop.crew_id].code,
                "codes": [finding.code for finding in crew_faults],
                "messages": [finding.message_zh for finding in crew_faults],
            }
        elif _stops_it(visit, decision):
            withdrawn.append(Withdrawn(stop, visit, decision))
    return Checked(tuple(withdrawn), list(barred.values()))


def _ask(
    session: Session,
    on_file: files.Files,
    visit: Visit,
    case_ids: tuple[uuid.UUID, ...],
    stop: RouteStop,
    crew: CrewFact,
    on_date: date,
) -> Decision:
    candidates = deciding.candidate_addresses(on_file, case_ids)
    address = next(each for each in candidates if each.id == visit.address_id)
    facts = deciding.facts_of(
        on_file, case_ids, address, requesting.request_fact(visit, planned_on=on_date), visit_id=visit.id
    )
    facts = replace(facts, slot=_slot(stop, on_file.at), crew=crew)
    decision = deciding.decide(on_file, case_ids, facts, stage=Stage.PUBLISH)
    session.add(requesting.decision_row(visit.id, decision, facts))
    return decision


def _stops_it(visit: Visit, decision: Decision) -> bool:
    if visit.status not in {"BATCHED", "PLANNED"}:
        return True
    if decision.verdict is Verdict.REJECT:
        waived = {finding.code for finding in decision.of_severity(Severity.REJECT)} <= set(visit.waived)
        return not waived
    known = set(visit.codes)
    return any(finding.code not in known for finding in decision.of_severity(Severity.REVIEW))


def _slot(stop: RouteStop, at: datetime) -> SlotFact:
    return SlotFact(ref=f"route_stop:{stop.id}", recorded_at=at, arrive_at=stop.begins_at, leave_at=stop.leaves_at)


def _crew(crew: Crew, agents_of_crew: Sequence[Agent], at: datetime) -> CrewFact:
    """Crews are eligible by declaration of whoever imported them, until a register of badges and training exists."""
    members = tuple(
        MemberFact(ref=f"agent:{agent.id}", recorded_at=at, name=agent.name, eligible=agent.active)
        for agent in agents_of_crew
    )
    return CrewFact(
        ref=f"crew:{crew.id}",
        recorded_at=at,
        members=members,
        recorder=crew.recorder_serial,
        recorder_registered=bool(crew.recorder_serial),
    )
