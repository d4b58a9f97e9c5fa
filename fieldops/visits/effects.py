"""What an event does to the visits it concerns: the rules are asked again, and a table says what follows.

Source: domain reference §3.3.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from fieldops import audit, events
from fieldops.clock import local_date
from fieldops.policies.catalogue import Severity, Stage
from fieldops.visits import queries, states
from fieldops.visits.deciding import day_fact, decide, facts_of, owed_fen
from fieldops.visits.events import VisitAdjusted
from fieldops.visits.facts import PROVEN
from fieldops.visits.files import read_files
from fieldops.visits.models import VisitCase
from fieldops.visits.moves import move_visit, stop_crew
from fieldops.visits.requesting import decision_row, request_fact, show_decision, weigh

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.policies.decision import Decision
    from fieldops.visits.facts import VisitFacts
    from fieldops.visits.files import Files
    from fieldops.visits.models import Visit


class Effect(IntEnum):
    """What a failed rule does to an open visit; the heaviest wins."""

    NONE = 0
    REVIEW = 1
    SUSPEND = 2
    EXPIRE = 3
    CANCEL = 4


EFFECTS: Final = {
    "VR-001": Effect.CANCEL,
    "VR-002": Effect.CANCEL,
    "VR-020": Effect.CANCEL,
    "VR-022": Effect.CANCEL,
    "VR-025": Effect.SUSPEND,
    "VR-030": Effect.CANCEL,
    "VR-040": Effect.CANCEL,
    "VR-041": Effect.REVIEW,
    "VR-042": Effect.CANCEL,
    "VR-043": Effect.CANCEL,
    "VR-050": Effect.SUSPEND,
    "VR-051": Effect.SUSPEND,
    "VR-052": Effect.SUSPEND,
    "VR-085": Effect.EXPIRE,
}
"""What follows when a rule rejects (VR-041: asks for a person) after an event. Rules that are not here change nothing
between approval and the day: they are asked again there."""

IN_REVIEW: Final = dict.fromkeys(("VR-022", "VR-041", "VR-044", "VR-051"), Effect.REVIEW)
"""What follows when a rule asks for a person about something the approval did not know of."""

PAUSED_STATES: Final = frozenset({"PAUSED", "EXTENSION_PENDING", "WITHDRAWAL_PENDING"})
"""States of a case that suspend; every other state but ACTIVE ends its visits."""

ANOTHER_PERSON: Final = "DEBTOR_CORRECTED"
"""Why a visit ends whose every card turned out to be another person's: no rule is needed for that."""


@dataclass(frozen=True)
class _Asked:
    """An open visit with what the rules say to it now."""

    visit: Visit
    case_ids: tuple[UUID, ...]
    files: Files
    facts: VisitFacts
    decision: Decision


def reconsider(session: Session, actor: Actor, causes: Mapping[UUID, str]) -> None:
    """Ask the rules again about these visits, each for its cause, and cancel, suspend, adjust or resume them.

    The visits are locked first, in the order of their ids, so that an approval at the same moment is seen whole or
    not at all. A crew that is at the door is told to leave.
    """
    if not causes:
        return
    visits = queries.lock_visits(session, causes)
    open_visits = [visit for visit in visits.values() if visit.status in states.OPEN]
    cards = queries.cards_of(session, [visit.id for visit in open_visits])
    files = read_files(
        session,
        {case_id for case_ids in cards.values() for case_id in case_ids},
        at=actor.at,
        also={visit.address_id for visit in open_visits},
    )
    for visit in open_visits:
        _reconsider_one(session, actor, files, visit, cards[visit.id], causes[visit.id])
    session.flush()


def _reconsider_one(
    session: Session, actor: Actor, files: Files, visit: Visit, case_ids: tuple[UUID, ...], cause: str
) -> None:
    staying = _staying(files, visit, case_ids)
    asked = _ask(session, files, visit, staying)
    visit.accepted = asked.decision.still_doubted(visit.accepted)
    effect, codes = _effect(asked)
    if all(files.cases[case_id].debtor_id != visit.debtor_id for case_id in case_ids):
        effect, codes = Effect.CANCEL, [ANOTHER_PERSON]
    reason = f"{cause}: {', '.join(codes)}" if codes else cause
    if visit.status == states.IN_PROGRESS:
        if effect >= Effect.SUSPEND:
            stop_crew(session, actor, visit, reason=reason)
        return
    _drop_cards(session, actor, visit, set(case_ids) - set(staying))
    if effect in _GOES_TO and states.may_follow(visit.status, _GOES_TO[effect]):
        _keep(session, asked)
        move_visit(session, actor, visit, _GOES_TO[effect], action=f"visits.{effect.name.lower()}", reason=reason)
    elif visit.status == states.SUSPENDED and effect < Effect.SUSPEND:
        _resume(session, actor, asked, cause)
    elif effect is Effect.NONE:
        _adjust(session, actor, asked, cause)


_GOES_TO: Final = {
    Effect.CANCEL: states.CANCELLED,
    Effect.SUSPEND: states.SUSPENDED,
    Effect.EXPIRE: states.EXPIRED,
    Effect.REVIEW: states.PENDING_REVIEW,
}


def _ask(session: Session, files: Files, visit: Visit, case_ids: tuple[UUID, ...]) -> _Asked:
    stage = Stage.BATCH if _state_before_hold(visit) in states.GOING else Stage.SUBMIT
    address = files.address(visit.address_id, visit.address_kind)
    facts = facts_of(files, case_ids, address, request_fact(visit), visit_id=visit.id)
    facts = replace(facts, day=day_fact(session, local_date(files.at), at=files.at))
    return _Asked(visit, case_ids, files, facts, decide(files, case_ids, facts, stage=stage))


def _state_before_hold(visit: Visit) -> str:
    return visit.status_before_hold or states.PENDING_REVIEW if visit.status == states.SUSPENDED else visit.status


def _effect(asked: _Asked) -> tuple[Effect, list[str]]:
    """The heaviest effect, and the codes that have it."""
    found: dict[str, Effect] = {}
    for finding in asked.decision.of_severity(Severity.REJECT):
        found[finding.code] = EFFECTS.get(finding.code, Effect.NONE)
    if found.get("VR-001") and _only_paused(asked.facts):
        found["VR-001"] = Effect.SUSPEND
    if found.get("VR-042") and not _death_is_proven(asked.facts):
        found["VR-042"] = Effect.SUSPEND
    if _state_before_hold(asked.visit) in states.CLEARED:
        for finding in asked.decision.new_doubts(asked.visit.accepted):
            found[finding.code] = IN_REVIEW.get(finding.code, Effect.NONE)
    taken = {code: effect for code, effect in found.items() if _may_take(asked.visit, effect)}
    worst = max(taken.values(), default=Effect.NONE)
    return worst, [code for code, effect in taken.items() if effect is worst and effect is not Effect.NONE]


def _may_take(visit: Visit, effect: Effect) -> bool:
    """Whether a visit can go, or is, where an effect leads: one it cannot take hides no lighter one."""
    to = _GOES_TO.get(effect)
    return to is None or visit.status in (to, states.IN_PROGRESS) or states.may_follow(visit.status, to)


def _only_paused(facts: VisitFacts) -> bool:
    return all(case.status in {"ACTIVE", *PAUSED_STATES} for case in facts.file.cases)


def _death_is_proven(facts: VisitFacts) -> bool:
    return any(each.kind == "DECEASED" and each.proof == PROVEN for each in facts.file.special_statuses)


def _staying(files: Files, visit: Visit, case_ids: tuple[UUID, ...]) -> tuple[UUID, ...]:
    """The cards that still belong on the visit, as long as there is one.

    One that is paid off, has left us or turned out to be another person's goes.
    """
    own = tuple(case_id for case_id in case_ids if files.cases[case_id].debtor_id == visit.debtor_id)
    open_ = tuple(
        case_id
        for case_id in own
        if owed_fen(files, case_id) != 0 and files.cases[case_id].fact.status in {"ACTIVE", *PAUSED_STATES}
    )
    return open_ or own or case_ids


def _drop_cards(session: Session, actor: Actor, visit: Visit, gone: Iterable[UUID]) -> None:
    for case_id in sorted(gone):
        session.execute(sa.delete(VisitCase).filter_by(visit_id=visit.id, case_id=case_id))
        audit.record(session, actor, "visits.drop_card", "visit", visit.id, case_id=str(case_id))
        visit.version += 1


def _resume(session: Session, actor: Actor, asked: _Asked, cause: str) -> None:
    """Bring a suspended visit back to where it was, or reject it when the rules no longer let it pass."""
    visit = asked.visit
    before = _state_before_hold(visit)
    rejected = [
        finding.code for finding in asked.decision.of_severity(Severity.REJECT) if finding.code not in visit.waived
    ]
    to = states.REJECTED if rejected else states.AFTER_HOLD[before]
    _keep(session, asked)
    weigh(asked.files, asked.facts, visit)
    move_visit(session, actor, visit, to, action="visits.resume", reason=cause, codes=rejected)


def _adjust(session: Session, actor: Actor, asked: _Asked, cause: str) -> None:
    """Let the visit ask for what is owed now."""
    visit, before_fen = asked.visit, asked.visit.amount_fen
    weigh(asked.files, asked.facts, visit)
    if visit.amount_fen == before_fen:
        return
    _keep(session, asked)
    visit.version += 1
    told = {"before_fen": before_fen, "amount_fen": visit.amount_fen}
    audit.record(session, actor, "visits.adjust", "visit", visit.id, reason=cause, **told)
    if visit.status in states.CLEARED:
        session.flush()
        events.announce(session, VisitAdjusted(visit.id, before_fen, visit.amount_fen, visit.status, actor))


def _keep(session: Session, asked: _Asked) -> None:
    """Keep and show what the rules said; what a person has accepted stands beside it."""
    show_decision(asked.visit, asked.decision)
    session.add(decision_row(asked.visit.id, asked.decision, asked.facts))
