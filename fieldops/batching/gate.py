"""The gate before a batch: the rules asked again with the day, and who cannot go on that day."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from fieldops.batching import queries
from fieldops.policies.catalogue import Severity, Stage
from fieldops.policies.sections import PRECISIONS
from fieldops.visits import queries as visit_queries
from fieldops.visits import states
from fieldops.visits.deciding import day_fact, decide, facts_of
from fieldops.visits.effects import reconsider
from fieldops.visits.execution import withdraw_at_gate
from fieldops.visits.files import read_files
from fieldops.visits.requesting import decision_row, request_fact
from fieldops.visits.windows import day_suits

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.policies.decision import Decision
    from fieldops.policies.edition import Policy
    from fieldops.visits.facts import DayFact, VisitFacts
    from fieldops.visits.files import Files
    from fieldops.visits.models import Visit

OF_THE_DAY: Final = frozenset({"VR-002", "VR-085"})
"""Rules that may reject one day and let another pass."""

HOLIDAY: Final = "VR-071"

NOT_THAT_DAY: Final = ("OUT_OF_TIME", "委托或审批在当日已到期", "Entrustment or approval ends before that day")
NEEDS_A_PERSON: Final = ("NEW_FINDINGS", "审批后出现新情况", "The rules ask for a person about something new")
STOPPED: Final = ("STOPPED", "规则不再允许", "The rules no longer allow it")
CLOSED: Final = ("CLOSED_THAT_DAY", "单位当日不办公", "The workplace is closed that day")
ON_HOLIDAY: Final = (
    "HOLIDAY",
    "节假日或无日历，须主管说明后成批",
    "A holiday, or no calendar says: a supervisor batches it with a comment",
)
SAME_DEBTOR: Final = ("DEBTOR_TWICE", "同一债务人当日已有外访", "The debtor has another visit that day")
UNLOCATED: Final = ("NOT_LOCATED", "地址未定位，无法排程", "The address has no point good enough to drive to")


@dataclass(frozen=True, slots=True)
class LeftOver:
    """An approved visit that is in no batch, and why."""

    visit_id: UUID
    no: str
    status: str
    reason: str
    message_zh: str
    message_en: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Passed:
    """A visit that may go on that day, with what the rules said, by the policy of its bank."""

    visit: Visit
    facts: VisitFacts
    decision: Decision
    policy: Policy


@dataclass
class Gate:
    """The approved visits, sorted."""

    passed: list[Passed] = field(default_factory=list)
    unrouted: list[LeftOver] = field(default_factory=list)
    left: list[LeftOver] = field(default_factory=list)


@dataclass(frozen=True)
class _Asked:
    """A visit with what the rules said, and what keeps it."""

    visit: Visit
    facts: VisitFacts
    decision: Decision
    policy: Policy
    accepted: frozenset[str]

    @property
    def barring(self) -> tuple[str, ...]:
        """Codes that reject it and were not waived."""
        rejections = self.decision.of_severity(Severity.REJECT)
        return tuple(finding.code for finding in rejections if finding.code not in self.visit.waived)

    @property
    def new_doubts(self) -> tuple[str, ...]:
        """Codes that ask for a person about something its approval did not know."""
        return tuple(finding.code for finding in self.decision.new_doubts(self.accepted.union(self.visit.accepted)))


def ask_at_gate(
    session: Session,
    actor: Actor,
    visit_ids: Sequence[UUID],
    on_date: date,
    *,
    accepted: frozenset[str] = frozenset(),
) -> Gate:
    """Ask the rules of batching about these visits and sort them; the most urgent come first.

    What the rules reject on any day is stopped here: cancelled, suspended or expired. ``accepted`` are doubts about
    the day that a supervisor has set aside.
    """
    gate = Gate()
    taken = queries.debtors_visited_on(session, on_date)
    asked = _ask_all(session, actor, visit_ids, day_fact(session, on_date, at=actor.at), accepted)
    rejected = [each for each in asked if each.barring and not OF_THE_DAY.issuperset(each.barring)]
    lapsed = [each for each in asked if each.barring and OF_THE_DAY.issuperset(each.barring)]
    reconsider(session, actor, dict.fromkeys((each.visit.id for each in (*rejected, *lapsed)), "batching 成批"))
    for each in rejected:
        _stop(session, actor, each)
    for each in sorted(asked, key=lambda one: (-one.visit.priority, one.visit.approved_at, one.visit.id)):
        _sort(gate, each, on_date, taken)
    return gate


def _ask_all(
    session: Session, actor: Actor, visit_ids: Sequence[UUID], day: DayFact, accepted: frozenset[str]
) -> list[_Asked]:
    visits = [
        visit for visit in visit_queries.lock_visits(session, visit_ids).values() if visit.status == states.APPROVED
    ]
    cards = visit_queries.cards_of(session, [visit.id for visit in visits])
    files = read_files(
        session,
        {case_id for case_ids in cards.values() for case_id in case_ids},
        at=actor.at,
        also={visit.address_id for visit in visits},
    )
    return [_ask(files, visit, cards[visit.id], day, accepted) for visit in visits]


def _ask(files: Files, visit: Visit, case_ids: tuple[UUID, ...], day: DayFact, accepted: frozenset[str]) -> _Asked:
    address = files.address(visit.address_id, visit.address_kind)
    visit.lat, visit.lon, visit.point_precision = address.lat, address.lon, address.fact.precision
    facts = facts_of(files, case_ids, address, request_fact(visit, planned_on=day.on), visit_id=visit.id)
    facts = replace(facts, day=day)
    decision = decide(files, case_ids, facts, stage=Stage.BATCH)
    return _Asked(visit, facts, decision, files.policy_for(case_ids), accepted)


def _stop(session: Session, actor: Actor, asked: _Asked) -> None:
    """Cancel what the rules reject on any day and no event's table has settled."""
    if asked.visit.status == states.APPROVED:
        session.add(decision_row(asked.visit.id, asked.decision, asked.facts))
        withdraw_at_gate(session, actor, asked.visit, asked.decision)


def _sort(gate: Gate, asked: _Asked, on_date: date, taken: set[UUID]) -> None:
    visit = asked.visit
    if visit.status != states.APPROVED:
        gate.left.append(_left(visit, STOPPED, asked.barring))
    elif asked.barring:
        gate.left.append(_left(visit, NOT_THAT_DAY, asked.barring))
    elif asked.new_doubts == (HOLIDAY,):
        gate.left.append(_left(visit, ON_HOLIDAY, asked.new_doubts))
    elif asked.new_doubts:
        gate.left.append(_left(visit, NEEDS_A_PERSON, asked.new_doubts))
    elif not day_suits(visit.address_kind, on_date, asked.policy):
        gate.left.append(_left(visit, CLOSED))
    elif visit.debtor_id in taken:
        gate.left.append(_left(visit, SAME_DEBTOR))
    elif not _is_routable(visit, asked.policy):
        gate.unrouted.append(_left(visit, UNLOCATED))
    else:
        taken.add(visit.debtor_id)
        gate.passed.append(Passed(visit, asked.facts, asked.decision, asked.policy))


def _is_routable(visit: Visit, policy: Policy) -> bool:
    worst = PRECISIONS.index(policy.visit.geocode_worst)
    return visit.lat is not None and PRECISIONS.index(visit.point_precision or "NONE") <= worst


def _left(visit: Visit, why: tuple[str, str, str], codes: tuple[str, ...] = ()) -> LeftOver:
    reason, message_zh, message_en = why
    return LeftOver(visit.id, visit.no, visit.status, reason, message_zh, message_en, codes)
