"""The push half of a sync: each mutation is a unit of its own, done once, and never refused once it has happened."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa
from marshmallow import ValidationError

from fieldops.errors import NotFound, NotUnderstood
from fieldops.results import service as results
from fieldops.results.schemas import ResultIn
from fieldops.sync import feed
from fieldops.sync.models import AgentFeed, PushReceipt, Quarantine, Recall, ScopeEntry, VisitEvent
from fieldops.sync.schemas import CheckInIn
from fieldops.visits import execution
from fieldops.visits import queries as visit_queries

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.sync.models import Device

APPLIED, DUPLICATE, BLOCKED = "APPLIED", "DUPLICATE", "BLOCKED"
ACCEPTED_AFTER_RECALL, ACCEPTED_OUT_OF_SCOPE = "ACCEPTED_AFTER_RECALL", "ACCEPTED_OUT_OF_SCOPE"
CONFLICT_ALREADY_COMPLETED = "CONFLICT_ALREADY_COMPLETED"
IDEMPOTENCY_MISMATCH = "IDEMPOTENCY_MISMATCH"
REJECTED_VALIDATION, REJECTED_FORBIDDEN = "REJECTED_VALIDATION", "REJECTED_FORBIDDEN"
REJECTED_UNKNOWN_ENTITY = "REJECTED_UNKNOWN_ENTITY"
DONE = frozenset({APPLIED, DUPLICATE, ACCEPTED_AFTER_RECALL, ACCEPTED_OUT_OF_SCOPE, CONFLICT_ALREADY_COMPLETED})

_FLAG_OF = {ACCEPTED_AFTER_RECALL: results.AFTER_RECALL, ACCEPTED_OUT_OF_SCOPE: results.OUT_OF_SCOPE}
_SCHEMAS = {"check_in": CheckInIn(), "result": ResultIn()}


@dataclass(frozen=True, slots=True)
class Refusal(Exception):  # noqa: N818 - it is an answer, caught where it is made
    """A mutation that cannot be done, with the code the phone is told."""

    code: str
    detail: str


def canonical_sha256(body: Mapping[str, Any]) -> str:
    """The hash phones and server agree on: SHA-256 of the body as JSON with sorted keys and no spaces."""
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()


def push(
    session: Session, actor: Actor, device: Device, mutations: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Do each mutation once, in order, and answer each.

    The agent's counter is locked first and the visits in the order of their ids, so that two phones of one crew never
    wait for each other in a circle.
    """
    feed.lock_head(session, device.agent_id)
    visit_queries.lock_visits(session, {mutation["entity_id"] for mutation in mutations})
    answers: list[dict[str, Any]] = []
    failed: set[uuid.UUID] = set()
    for mutation in mutations:
        answer = _answer(session, actor, device, mutation, failed)
        if answer["code"] not in DONE:
            failed.add(mutation["id"])
        answers.append(answer)
    return answers


def _answer(
    session: Session, actor: Actor, device: Device, mutation: Mapping[str, Any], failed: set[uuid.UUID]
) -> dict[str, Any]:
    known = session.get(PushReceipt, mutation["id"])
    sha256 = canonical_sha256(mutation["body"])
    if known is not None:
        return _answered_before(known, device, mutation, sha256)
    if mutation["depends_on"] in failed:
        return {"id": mutation["id"], "code": BLOCKED, "version": None, "detail": "what it depends on was not done"}
    try:
        _check_hash(mutation, sha256)
        with feed.savepoint(session):
            code, detail = _do(session, actor, device, mutation)
    except Refusal as refusal:
        code, detail = refusal.code, refusal.detail
        _quarantine(session, actor, device, mutation, code)
    result = {"code": code, "version": None, "detail": detail}
    session.add(
        PushReceipt(
            mutation_id=mutation["id"],
            device_id=device.id,
            agent_id=device.agent_id,
            body_sha256=sha256,
            code=code,
            result=result,
            received_at=actor.at,
        )
    )
    session.flush()
    return {"id": mutation["id"], **result}


def _check_hash(mutation: Mapping[str, Any], sha256: str) -> None:
    if sha256 != mutation["body_sha256"]:
        raise Refusal(REJECTED_VALIDATION, "body_sha256 is not the hash of the body")


def _answered_before(known: PushReceipt, device: Device, mutation: Mapping[str, Any], sha256: str) -> dict[str, Any]:
    """The stored answer, to the same agent and device with the same body only."""
    if (known.agent_id, known.device_id, known.body_sha256) != (device.agent_id, device.id, sha256):
        detail = "this id was used for something else; make a new one"
        return {"id": mutation["id"], "code": IDEMPOTENCY_MISMATCH, "version": None, "detail": detail}
    code = DUPLICATE if known.code in DONE else known.code
    return {"id": mutation["id"], **known.result, "code": code}


def _do(session: Session, actor: Actor, device: Device, mutation: Mapping[str, Any]) -> tuple[str, str | None]:
    schema = _SCHEMAS.get(mutation["type"])
    if schema is None:
        raise Refusal(REJECTED_VALIDATION, f"type {mutation['type']!r} is unknown; use one of {', '.join(_SCHEMAS)}")
    try:
        body = schema.load(mutation["body"])
    except ValidationError as error:
        raise Refusal(REJECTED_VALIDATION, str(error.messages)) from None
    if body["visit_id"] != mutation["entity_id"]:
        raise Refusal(REJECTED_VALIDATION, "entity_id and body.visit_id name two visits")
    code = _standing(session, device, body["visit_id"], mutation["type"])
    flags = [_FLAG_OF[code]] if code in _FLAG_OF else []
    session.add(_event_row(actor, device, mutation, flags))
    if mutation["type"] == "check_in":
        execution.begin_visit(session, actor, visit_queries.visit_by_id(session, body["visit_id"]))
        return code, None
    try:
        agent, device_id = device.agent_id, device.id
        results.record_result(session, actor, mutation["id"], body, agent_id=agent, device_id=device_id, flags=flags)
    except NotUnderstood as problem:
        raise Refusal(REJECTED_VALIDATION, problem.detail) from None
    return code, None


def _standing(session: Session, device: Device, visit_id: uuid.UUID, kind: str) -> str:
    """How this visit stands for this agent: theirs, recalled, moved to another crew, done already, or never theirs."""
    try:
        visit = visit_queries.visit_by_id(session, visit_id)
    except NotFound as problem:
        raise Refusal(REJECTED_UNKNOWN_ENTITY, problem.detail) from None
    if session.get(ScopeEntry, (device.agent_id, visit_id)) is not None:
        return APPLIED
    mine = {"agent_id": device.agent_id, "entity_id": visit_id}
    if session.scalar(sa.select(AgentFeed.seq).filter_by(**mine).limit(1)) is None:
        raise Refusal(REJECTED_FORBIDDEN, "this visit was never yours")
    if visit.status == "COMPLETED" and kind == "result":
        return CONFLICT_ALREADY_COMPLETED
    recalled = sa.select(Recall.id).filter_by(agent_id=device.agent_id, visit_id=visit_id).limit(1)
    return ACCEPTED_AFTER_RECALL if session.scalar(recalled) is not None else ACCEPTED_OUT_OF_SCOPE


def _event_row(actor: Actor, device: Device, mutation: Mapping[str, Any], flags: list[str]) -> VisitEvent:
    return VisitEvent(
        id=mutation["id"],
        visit_id=mutation["entity_id"],
        agent_id=device.agent_id,
        device_id=device.id,
        kind=mutation["type"],
        payload=mutation["body"],
        device_at=mutation["device_time"],
        received_at=actor.at,
        flags=flags,
    )


def _quarantine(session: Session, actor: Actor, device: Device, mutation: Mapping[str, Any], code: str) -> None:
    body = orjson.dumps(mutation["body"])
    session.add(
        Quarantine(mutation_id=str(mutation["id"]), device_id=device.id, code=code, body=body, received_at=actor.at)
    )
