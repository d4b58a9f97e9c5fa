"""Who may go where, asked of the rules before a search: a plan sends no crew that publishing would refuse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from fieldops.clock import local_date
from fieldops.planning.recheck import on_duty
from fieldops.policies import service as policies
from fieldops.policies.catalogue import Catalogue, Severity, Stage
from fieldops.policies.decision import ask
from fieldops.visits.rules import VISIT_RULES

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from fieldops.planning.queries import VisitToPlan
    from fieldops.policies.decision import Finding
    from fieldops.policies.edition import Policy
    from fieldops.visits.facts import CrewFact, VisitFacts

CREW_RULES: Final = Catalogue(
    name="crew",
    title="Rules about the crew 外访小组规则",
    rules=tuple(rule for rule in VISIT_RULES.asked_at(Stage.PUBLISH) if rule.about == "crew"),
)
"""VR-080 to VR-083: what is known about a crew and a visit before there is an hour."""

Barred = dict[str, tuple["Finding", ...]]
"""Crews that may not make a visit, by code, and why."""


@dataclass(frozen=True, slots=True)
class _OnlyTheCrew:
    """The facts that rules about a crew look at."""

    crew: CrewFact


def crews_barred(
    session: Session, on_date: date, at: datetime, visits: Sequence[VisitToPlan]
) -> dict[uuid.UUID, Barred]:
    """The crews on duty that may not make a visit, by visit; visits that any crew may make are not in it.

    Cost: about six statements; every rule is asked once for each product, each debtor who complained, and each crew.
    """
    duty = on_duty(session, on_date, at, {visit.debtor_id for visit in visits})
    policy = policies.policy_on(session, local_date(at))
    known: dict[tuple[object, ...], Barred] = {}
    found: dict[uuid.UUID, Barred] = {}
    for visit in visits:
        complained = visit.debtor_id if visit.debtor_id in duty.complained_of else None
        alike = (visit.bank_id, visit.product, complained, visit.waived)
        if alike not in known:
            facts = {crew.code: duty.crew_for(crew_id, visit) for crew_id, crew in duty.crews.items()}
            own = policy.for_bank(visit.bank, visit.product)
            told = {code: _against(fact, visit, own, at) for code, fact in facts.items()}
            known[alike] = {code: findings for code, findings in told.items() if findings}
        if known[alike]:
            found[visit.id] = known[alike]
    return found


def _against(crew: CrewFact, visit: VisitToPlan, policy: Policy, at: datetime) -> tuple[Finding, ...]:
    """What publishing would take the visit off the plan, or the crew off the road, for."""
    facts = cast("VisitFacts", _OnlyTheCrew(crew))
    findings = ask(CREW_RULES, facts, policy, stage=Stage.PUBLISH, at=at).findings
    grave = (Severity.REVIEW, Severity.REJECT)
    return tuple(each for each in findings if each.severity in grave and each.code not in visit.waived)
