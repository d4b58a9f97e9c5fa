"""Use cases of results: a crew is at the door, and what it found there."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from fieldops import audit, events
from fieldops.cases import queries as cases
from fieldops.clock import local_date
from fieldops.datum import distance_m
from fieldops.errors import NotUnderstood
from fieldops.planning import service as planning
from fieldops.planning import states as stop_states
from fieldops.results import corrections, slots
from fieldops.results.arrival import ask_at_the_door
from fieldops.results.codes import PERSONS
from fieldops.results.consequences import take_effect, was_executed
from fieldops.results.events import ResultRecorded
from fieldops.results.models import ResultLine, VisitResult
from fieldops.results.queries import results_before
from fieldops.results.rules import Line, Report, faults
from fieldops.results.signals import REVIEW_AT, Reported, score_of, signals_of
from fieldops.tasks import service as tasks
from fieldops.visits import execution
from fieldops.visits import queries as visit_queries

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.visits.models import Visit

AFTER_RECALL, OUT_OF_SCOPE = "AFTER_RECALL", "OUT_OF_SCOPE"
SECOND_RESULT, LATE = "SECOND_RESULT", "LATE"
DO_NOT_CONTACT = "DO_NOT_CONTACT"
TO_REVIEW: Final = frozenset({AFTER_RECALL, OUT_OF_SCOPE, SECOND_RESULT, DO_NOT_CONTACT})
"""Flags a supervisor must look at."""

NOT_SOUND: Final = "RESULT_NOT_SOUND"
_ANSWER: Final = timedelta(days=1)
_LINE_COLUMNS: Final = frozenset({"case_id", "outcome", "promise_fen", "promise_on"})


def check_in(
    session: Session,
    actor: Actor,
    visit_id: uuid.UUID,
    *,
    arrived_at: datetime | None = None,
    position: Mapping[str, Any] | None = None,
) -> list[str]:
    """A crew is at the door: the visit is under way, and its stop with it, unless it had been stopped before.

    The rules are asked, and their codes returned for the event to be flagged with; nothing refuses what happened.
    Raises: NotFound for an unknown visit.
    """
    visit = _locked_visit(session, visit_id)
    flags = ask_at_the_door(session, actor, visit, arrived_at=arrived_at or actor.at, position=position)
    execution.begin_visit(session, actor, visit)
    planning.move_stop(session, visit.id, stop_states.CHECKED_IN)
    return flags


def record_result(
    session: Session,
    actor: Actor,
    result_id: uuid.UUID,
    sent: Mapping[str, Any],
    *,
    agent_id: uuid.UUID,
    device_id: uuid.UUID | None,
    flags: Sequence[str] = (),
    times: Mapping[str, Any] | None = None,
) -> VisitResult:
    """Keep what a crew found, as ``ResultIn`` reads it, and let it take effect.

    The first result of a visit that was made is its primary one; a second is kept beside it and changes nothing until
    a person decides. What happened is never refused for being late or recalled: that is what ``flags`` say, and
    ``times`` what a reviewer compares. Nothing is written before the result is found sound.
    Raises: NotFound for an unknown visit, NotUnderstood with every fault for a result that is not sound.
    """
    visit = _locked_visit(session, sent["visit_id"])
    _refuse_faults(session, visit, sent, agent_id)
    before, executed = results_before(session, visit.id), was_executed(sent["lines"])
    corrected = corrections.supersede(session, actor, visit.id, sent["corrects"])
    flagged = [*flags, *_lateness(actor.at, sent["left_at"]), *_intrusion(session, visit, sent["person_met"])]
    if before.has_primary and corrected is None and SECOND_RESULT not in flagged:
        flagged.append(SECOND_RESULT)
    result = _result_row(result_id, visit, sent, flags=flagged)
    counts = corrected.counted if corrected else not before.has_primary
    result.number, result.is_primary = before.count + 1, executed and counts
    result.agent_id, result.device_id, result.received_at = agent_id, device_id, actor.at
    session.add(result)
    session.flush()
    session.add_all(_line_row(result, line) for line in sent["lines"])
    slots.declare(session, actor, result)
    audit.record(session, actor, "results.record", "visit", visit.id, result=str(result.id), flags=flagged)
    if corrected is not None:
        corrections.take_effect_anew(session, actor, visit, result, sent["lines"], corrected)
    elif not before.has_primary:
        take_effect(session, actor, visit, result, sent["lines"])
    if TO_REVIEW & set(flagged) or result.score >= REVIEW_AT:
        detail = {"visit_id": str(visit.id), "flags": flagged, **(times or {})}
        due_at = actor.at + _ANSWER
        tasks.open_task(session, actor, "REVIEW_RESULT", "SUPERVISOR", "visit_result", result.id, due_at, detail)
    events.announce(session, ResultRecorded(result.id, visit.id, result.is_primary, executed, actor))
    return result


def take_evidence(session: Session, actor: Actor, slot_id: uuid.UUID) -> None:
    """The bytes of a declared slot are here and are what was declared: what they prove is proved. Raises: NotFound."""
    slots.arrive(session, actor, slot_id)


def _locked_visit(session: Session, visit_id: uuid.UUID) -> Visit:
    visit_queries.visit_by_id(session, visit_id)
    return visit_queries.lock_visits(session, [visit_id])[visit_id]


def _refuse_faults(session: Session, visit: Visit, sent: Mapping[str, Any], agent_id: uuid.UUID) -> None:
    found = faults(_report(session, visit, sent, agent_id)) + corrections.faults(session, visit.id, agent_id, sent)
    if found:
        detail = "; ".join(f"{fault.field}: {fault.mend}" for fault in found)
        raise NotUnderstood(NOT_SOUND, detail, faults=[asdict(fault) for fault in found])


def _report(session: Session, visit: Visit, sent: Mapping[str, Any], agent_id: uuid.UUID) -> Report:
    """What was sent beside what the visit is about; a card that was paid off meanwhile may still be told of."""
    of_debtor = cases.cases_of_debtors(session, [visit.debtor_id])[visit.debtor_id]
    return Report(
        address_finding=sent["address_finding"],
        person_met=sent["person_met"],
        identity_verified=sent["identity_verified"],
        identity_shown=sent["identity_shown"],
        arrived_at=sent["arrived_at"],
        left_at=sent["left_at"],
        summary=sent["summary"],
        next_step=sent["next_step"],
        lines=tuple(Line(str(line["case_id"]), line["outcome"], _fields(line)) for line in sent["lines"]),
        case_ids=frozenset(map(str, visit_queries.cards_of(session, [visit.id])[visit.id])),
        known_case_ids=frozenset(str(case.id) for case in of_debtor if case.bank_id == visit.bank_id),
        slot_ids=tuple(str(slot["id"]) for slot in sent["slots"]),
        slot_kinds=tuple(slot["kind"] for slot in sent["slots"]),
        slot_lengths=tuple(slot["length"] for slot in sent["slots"]),
        taken_slot_ids=slots.taken_ids(session, agent_id, visit.id, sent["slots"]),
    )


def _fields(line: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in {"case_id", "outcome"}}


def _result_row(result_id: uuid.UUID, visit: Visit, sent: Mapping[str, Any], *, flags: list[str]) -> VisitResult:
    position, away_m = sent["position"], _distance_m(visit, sent["position"])
    reported = Reported(
        position=position,
        distance_m=away_m,
        precision=visit.point_precision,
        stay=sent["left_at"] - sent["arrived_at"],
        slot_kinds=tuple(slot["kind"] for slot in sent["slots"]),
        flags=tuple(flags),
        executed=was_executed(sent["lines"]),
    )
    signals = signals_of(reported)
    return VisitResult(
        id=result_id,
        visit_id=visit.id,
        address_finding=sent["address_finding"],
        person_met=sent["person_met"],
        identity_verified=sent["identity_verified"],
        identity_shown=sent["identity_shown"],
        summary=sent["summary"],
        next_step=sent["next_step"],
        arrived_at=sent["arrived_at"],
        left_at=sent["left_at"],
        lat=position["lat"] if position else None,
        lon=position["lon"] if position else None,
        accuracy_m=position["accuracy_m"] if position else None,
        distance_m=away_m,
        corrects=sent["corrects"],
        signals=signals,
        score=score_of(signals),
        slots=[{**slot, "id": str(slot["id"])} for slot in sent["slots"]],
        flags=flags,
    )


def _distance_m(visit: Visit, position: Mapping[str, Any] | None) -> int | None:
    if position is None or visit.lat is None or visit.lon is None:
        return None
    return round(distance_m(visit.lat, visit.lon, position["lat"], position["lon"]))


def _lateness(received_at: datetime, left_at: datetime) -> list[str]:
    """A result is due on the day of its visit."""
    return [LATE] if local_date(received_at) > local_date(left_at) else []


def _intrusion(session: Session, visit: Visit, person_met: str) -> list[str]:
    """Somebody was met who had asked not to be contacted; it happened, so it is kept, and a supervisor looks."""
    place = (visit.debtor_id, visit.address_id)
    keep_away = cases.not_to_be_contacted(session, [place])[place]
    return [DO_NOT_CONTACT] if PERSONS[person_met].name in keep_away else []


def _line_row(result: VisitResult, line: Mapping[str, Any]) -> ResultLine:
    rest = {name: value for name, value in line.items() if name not in _LINE_COLUMNS and value is not None}
    return ResultLine(
        result_id=result.id,
        case_id=line["case_id"],
        outcome=line["outcome"],
        promise_fen=line["promise_fen"],
        promise_on=line["promise_on"],
        detail={name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in rest.items()},
    )
