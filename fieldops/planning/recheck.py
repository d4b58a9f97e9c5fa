"""The rules asked again before a plan is published, with the crew and the hour it gives each visit."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from fieldops.agents import queries as agents
from fieldops.agents.eligibility import read_eligibility
from fieldops.batching import queries as batches
from fieldops.cases import queries as cases
from fieldops.policies.catalogue import Severity, Stage
from fieldops.visits import deciding, files, requesting, states
from fieldops.visits import queries as visit_queries
from fieldops.visits.facts import CrewFact, MemberFact, SlotFact

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from fieldops.agents.eligibility import Eligibility
    from fieldops.agents.models import Agent, Crew
    from fieldops.audit import Actor
    from fieldops.planning.models import RouteStop
    from fieldops.planning.queries import VisitToPlan
    from fieldops.policies.decision import Decision, Finding
    from fieldops.visits.facts import DayFact
    from fieldops.visits.models import Visit

ABOUT_THE_CREW: Final = frozenset({"VR-080", "VR-081", "VR-082"})
"""Rules that bar a crew from every visit."""

ABOUT_THE_DAY: Final = frozenset({"VR-002", "VR-070", "VR-083", "VR-085"})
"""Rules that may reject this day, hour or crew and let another pass."""

ON_PLAN: Final = frozenset({states.BATCHED, states.PLANNED})


class Remedy(StrEnum):
    """What becomes of a visit that is taken off a plan."""

    GONE = "GONE"  # it had stopped before: nothing is left to do
    WAIT = "WAIT"  # another day may suit it: it waits in its batch
    STOP = "STOP"  # the rules forbid it, or a person must judge


@dataclass(frozen=True, slots=True)
class TakenOff:
    """A stop that may not be published, and what was said."""

    stop: RouteStop
    visit: Visit
    remedy: Remedy
    codes: tuple[str, ...]
    message_zh: str
    message_en: str
    decision: Decision | None = None

    def to_json(self) -> dict[str, Any]:
        """What the publisher is told."""
        return {
            "visit_id": str(self.visit.id),
            "visit_no": self.visit.no,
            "codes": list(self.codes),
            "message_zh": self.message_zh,
            "message_en": self.message_en,
        }


@dataclass
class Checked:
    """What asking again found: stops that stand, stops to take off, and crews that may not go, by their id."""

    standing: list[RouteStop] = field(default_factory=list)
    taken_off: list[TakenOff] = field(default_factory=list)
    barred: dict[uuid.UUID, dict[str, Any]] = field(default_factory=dict)


def ask_before_publishing(
    session: Session, actor: Actor, on_date: date, stops: Sequence[RouteStop], visits: Mapping[uuid.UUID, Visit]
) -> Checked:
    """Ask every publishing rule of every stop and keep each decision; ``visits`` are locked.

    A rule about the crew bars the crew. Any other rejection that was not waived takes its visit off, and so does a
    doubt its approval did not know of. Cost: about fifteen statements, however many stops.
    """
    checked = Checked()
    here = [stop for stop in stops if visits[stop.visit_id].status in ON_PLAN]
    cards = visit_queries.cards_of(session, [stop.visit_id for stop in here])
    on_file = files.read_files(
        session,
        {case_id for case_ids in cards.values() for case_id in case_ids},
        at=actor.at,
        also={visits[stop.visit_id].address_id for stop in here},
    )
    duty = on_duty(session, on_date, actor.at, {visits[stop.visit_id].debtor_id for stop in here})
    day = deciding.day_fact(session, on_date, at=actor.at)
    accepted = batches.accepted_for(session, [stop.visit_id for stop in here])
    for stop in stops:
        visit = visits[stop.visit_id]
        if visit.status not in ON_PLAN:
            checked.taken_off.append(_gone(stop, visit))
        elif stop.crew_id not in duty.crews:
            checked.barred[stop.crew_id] = _off_duty(session, stop.crew_id)
        else:
            crew = duty.crew_for(stop.crew_id, visit)
            decision = _ask(session, on_file, visit, cards[visit.id], stop, crew, day)
            _sort(checked, stop, visit, crew, decision, accepted.get(visit.id, frozenset()))
    return checked


def _sort(
    checked: Checked, stop: RouteStop, visit: Visit, crew: CrewFact, decision: Decision, accepted: frozenset[str]
) -> None:
    rejections = [each for each in decision.of_severity(Severity.REJECT) if each.code not in visit.waived]
    doubts = decision.new_doubts(accepted.union(visit.accepted))
    about_crew = [each for each in rejections if each.code in ABOUT_THE_CREW]
    if about_crew:
        checked.barred[stop.crew_id] = _barred(crew, about_crew, checked.barred.get(stop.crew_id))
    elif rejections or doubts:
        of_the_day = not doubts and ABOUT_THE_DAY.issuperset(each.code for each in rejections)
        remedy = Remedy.WAIT if of_the_day else Remedy.STOP
        checked.taken_off.append(_taken_off(stop, visit, remedy, rejections or doubts, decision))
    else:
        checked.standing.append(stop)


def _ask(
    session: Session,
    on_file: files.Files,
    visit: Visit,
    case_ids: tuple[uuid.UUID, ...],
    stop: RouteStop,
    crew: CrewFact,
    day: DayFact,
) -> Decision:
    address = on_file.address(visit.address_id, visit.address_kind)
    request = requesting.request_fact(visit, planned_on=day.on)
    facts = deciding.facts_of(on_file, case_ids, address, request, visit_id=visit.id)
    facts = replace(facts, day=day, slot=_slot(stop, on_file.at), crew=crew)
    decision = deciding.decide(on_file, case_ids, facts, stage=Stage.PUBLISH)
    session.add(requesting.decision_row(visit.id, decision, facts))
    return decision


def _taken_off(
    stop: RouteStop, visit: Visit, remedy: Remedy, findings: Sequence[Finding], decision: Decision
) -> TakenOff:
    return TakenOff(
        stop=stop,
        visit=visit,
        remedy=remedy,
        codes=tuple(finding.code for finding in findings),
        message_zh="；".join(finding.message_zh for finding in findings),
        message_en="; ".join(finding.message_en for finding in findings),
        decision=decision,
    )


def _gone(stop: RouteStop, visit: Visit) -> TakenOff:
    why = visit.status_reason or visit.status
    return TakenOff(stop, visit, Remedy.GONE, (), f"排程后已{visit.status}：{why}", f"{visit.status} meanwhile: {why}")


def _barred(crew: CrewFact, findings: Sequence[Finding], before: Mapping[str, Any] | None) -> dict[str, Any]:
    """A crew and all that bars it, each finding once: banks differ in what they ask of a crew."""
    said = dict.fromkeys(zip(*(before[name] for name in _SAID), strict=True)) if before else {}
    said |= {(finding.code, finding.message_zh, finding.message_en): None for finding in findings}
    columns = zip(*said, strict=True)
    named = {"crew": crew.ref.removeprefix("crew:"), "members": [member.name for member in crew.members]}
    return named | {name: list(column) for name, column in zip(_SAID, columns, strict=True)}


_SAID: Final = ("codes", "messages_zh", "messages_en")


def _off_duty(session: Session, crew_id: uuid.UUID) -> dict[str, Any]:
    return {
        "crew": agents.crew_by_id(session, crew_id).code,
        "members": [],
        "codes": ["CREW_OFF_DUTY"],
        "messages_zh": ["当天不出勤"],
        "messages_en": ["it is not on duty on this day"],
    }


def _slot(stop: RouteStop, at: datetime) -> SlotFact:
    return SlotFact(
        ref=f"route_stop:{stop.id}",
        recorded_at=at,
        arrive_at=stop.begins_at,
        leave_at=stop.leaves_at,
    )


@dataclass(frozen=True)
class Duty:
    """The crews on duty on a day, with what is on record about their members and recorders."""

    on_date: date
    at: datetime
    crews: Mapping[uuid.UUID, Crew]
    members: Mapping[uuid.UUID, Sequence[Agent]]
    eligibility: Eligibility
    complained_of: Mapping[uuid.UUID, Mapping[uuid.UUID, str]]

    def crew_for(self, crew_id: uuid.UUID, visit: Visit | VisitToPlan) -> CrewFact:
        """A crew as the rules look at it for a visit: each bank asks for its own papers, each debtor knows whom."""
        crew = self.crews[crew_id]
        complaints = self.complained_of.get(visit.debtor_id, {})
        return CrewFact(
            ref=f"crew:{crew.code}",
            recorded_at=self.at,
            members=tuple(
                self._member(agent, visit.bank_id, complaints.get(agent.id)) for agent in self.members.get(crew_id, ())
            ),
            recorder=crew.recorder_serial,
            recorder_registered=self.eligibility.is_registered(crew.recorder_serial, visit.bank_id, self.on_date),
        )

    def _member(self, agent: Agent, bank_id: uuid.UUID, complaint: str | None) -> MemberFact:
        why_not = self.eligibility.why_not(agent, bank_id, self.on_date)
        return MemberFact(
            ref=f"agent:{agent.code}",
            recorded_at=self.at,
            name=agent.name,
            eligible=not why_not,
            why_not=why_not,
            conflict=f"complaint 投诉 {complaint}" if complaint else "",
        )


def on_duty(session: Session, on_date: date, at: datetime, debtor_ids: set[uuid.UUID]) -> Duty:
    """The crews on duty that day, for visits to these debtors."""
    crews = {crew.id: crew for crew in agents.crews_on(session, on_date)}
    members = agents.members_by_crew(session, crews)
    everybody = [agent for some in members.values() for agent in some]
    serials = [crew.recorder_serial for crew in crews.values() if crew.recorder_serial]
    on_record = read_eligibility(session, everybody, serials)
    return Duty(on_date, at, crews, members, on_record, cases.complained_of(session, debtor_ids))
