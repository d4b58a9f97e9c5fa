"""Use cases of results: take what a crew found, and let it have its consequences."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from fieldops import audit, events
from fieldops.addresses import queries as address_queries
from fieldops.addresses import service as addresses
from fieldops.cases import service as cases
from fieldops.clock import SHANGHAI, local_date
from fieldops.datum import distance_m
from fieldops.errors import NotUnderstood
from fieldops.results.codes import FINDINGS, OUTCOMES
from fieldops.results.events import ResultRecorded
from fieldops.results.models import ResultLine, VisitResult
from fieldops.results.rules import Line, Report, faults
from fieldops.tasks import service as tasks
from fieldops.visits import execution
from fieldops.visits import queries as visit_queries

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.visits.models import Visit

AFTER_RECALL, OUT_OF_SCOPE, SECOND_RESULT, LATE = "AFTER_RECALL", "OUT_OF_SCOPE", "SECOND_RESULT", "LATE"
_LINE_COLUMNS = frozenset({"case_id", "outcome", "promise_fen", "promise_on"})
_ANSWER_DAYS = 1


def record_result(
    session: Session,
    actor: Actor,
    result_id: uuid.UUID,
    sent: Mapping[str, Any],
    *,
    agent_id: uuid.UUID,
    device_id: uuid.UUID | None,
    flags: Sequence[str] = (),
) -> VisitResult:
    """Keep what a crew found, as ``ResultIn`` reads it, and let it take effect.

    A second result of a visit is kept beside the first and changes nothing until a person decides. What happened is
    never refused for being late or recalled: that is what ``flags`` say.
    Raises: NotFound for an unknown visit, NotUnderstood with every fault for a result that is not sound.
    """
    visit = _locked_visit(session, sent["visit_id"])
    _refuse_faults(session, visit, sent)
    number = 1 + (
        session.scalar(sa.select(sa.func.max(VisitResult.number)).where(VisitResult.visit_id == visit.id)) or 0
    )
    is_primary = number == 1
    flagged = [*flags, *([] if is_primary else [SECOND_RESULT]), *_lateness(actor.at, sent["left_at"])]
    result = _result_row(result_id, visit, sent, number=number, is_primary=is_primary, flags=flagged)
    result.agent_id, result.device_id, result.received_at = agent_id, device_id, actor.at
    session.add(result)
    session.flush()
    session.add_all(_line_row(result, line) for line in sent["lines"])
    audit.record(session, actor, "results.record", "visit", visit.id, result=str(result.id), flags=flagged)
    if is_primary:
        _take_effect(session, actor, visit, result, sent["lines"])
    if set(flagged) & {AFTER_RECALL, OUT_OF_SCOPE, SECOND_RESULT}:
        due_at = actor.at + timedelta(days=_ANSWER_DAYS)
        tasks.open_task(
            session, actor, "REVIEW_RESULT", "SUPERVISOR", "visit_result", result.id, due_at, {"flags": flagged}
        )
    events.announce(session, ResultRecorded(result.id, visit.id, is_primary, actor))
    return result


def _locked_visit(session: Session, visit_id: uuid.UUID) -> Visit:
    visit_queries.visit_by_id(session, visit_id)
    return visit_queries.lock_visits(session, [visit_id])[visit_id]


def _refuse_faults(session: Session, visit: Visit, sent: Mapping[str, Any]) -> None:
    report = Report(
        address_finding=sent["address_finding"],
        person_met=sent["person_met"],
        identity_verified=sent["identity_verified"],
        arrived_at=sent["arrived_at"],
        left_at=sent["left_at"],
        summary=sent["summary"],
        next_step=sent["next_step"],
        lines=tuple(Line(str(line["case_id"]), line["outcome"], line) for line in sent["lines"]),
        case_ids=frozenset(str(case_id) for case_id in visit_queries.cards_of(session, [visit.id])[visit.id]),
        slot_kinds=tuple(slot["kind"] for slot in sent["slots"]),
    )
    found = faults(report)
    if found:
        detail = "; ".join(f"{fault.field}: {fault.mend}" for fault in found)
        raise NotUnderstood("RESULT_NOT_SOUND", detail, faults=[asdict(fault) for fault in found])


def _result_row(
    result_id: uuid.UUID, visit: Visit, sent: Mapping[str, Any], *, number: int, is_primary: bool, flags: list[str]
) -> VisitResult:
    position = sent["position"]
    return VisitResult(
        id=result_id,
        visit_id=visit.id,
        number=number,
        is_primary=is_primary,
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
        distance_m=_distance_m(visit, position),
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


def _take_effect(
    session: Session, actor: Actor, visit: Visit, result: VisitResult, lines: Sequence[Mapping[str, Any]]
) -> None:
    """The consequences of a result: the visit's end, the address, and each card."""
    done = any(OUTCOMES[line["outcome"]].done for line in lines)
    execution.end_visit(session, actor, visit, done=done, reason=result.address_finding)
    _teach_address(session, actor, visit, result)
    for line in lines:
        _follow_up(session, actor, result, line)


def _teach_address(session: Session, actor: Actor, visit: Visit, result: VisitResult) -> None:
    finding = FINDINGS[result.address_finding]
    address = address_queries.address_by_id(session, visit.address_id)
    evidence = {"evidence_kind": "VISIT_RESULT", "evidence_id": str(result.id)}
    if finding.invalid:
        addresses.invalidate_address(
            session,
            actor,
            address=address,
            scope=finding.scope,
            channel="ALL",
            reason=finding.invalid,
            code=finding.code,
            visit_id=visit.id,
            **evidence,
        )
    else:
        confirms = finding.state == "VALID"
        addresses.record_finding(session, actor, address=address, code=finding.code, confirms=confirms, **evidence)


def _follow_up(session: Session, actor: Actor, result: VisitResult, line: Mapping[str, Any]) -> None:
    """What one card's outcome brings about."""
    outcome, case_id = OUTCOMES[line["outcome"]], line["case_id"]
    today = local_date(actor.at)
    if outcome.promise:
        cases.record_promise(
            session,
            actor,
            case_id=case_id,
            amount_fen=line["promise_fen"],
            due_on=line["promise_on"],
            source_kind="VISIT_RESULT",
            source_id=result.id,
        )
    if outcome.hold:
        cases.open_hold(session, actor, case_id=case_id, kind=outcome.hold, channels="ALL", from_on=today)
    if outcome.status:
        cases.record_special_status(
            session, actor, case_id=case_id, kind=outcome.status, proof="CLAIMED", from_on=today
        )
    if outcome.complaint:
        cases.open_complaint(session, actor, case_id=case_id, grade="ORDINARY", received_on=today)
    if outcome.code in _ASK_THE_BANK:
        due_at = datetime.combine(today, time(21), SHANGHAI)
        detail = {"outcome": outcome.code, "result": str(result.id)}
        tasks.open_task(session, actor, f"REPORT_{outcome.name}", "BUSINESS_DEPT", "case", case_id, due_at, detail)


_ASK_THE_BANK = frozenset({"O01", "O02", "O08", "O09", "O19", "O20"})
"""Outcomes the entrusting bank hears of the same day: payments claimed, disputes, fraud, complaints, clashes."""
