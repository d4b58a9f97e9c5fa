"""One mutation of a phone: understood, weighed by how its visit stands, and given its effect.

Whatever refuses it does so before anything is written.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import orjson
from marshmallow import ValidationError

from fieldops.errors import NotUnderstood
from fieldops.results import queries as result_queries
from fieldops.results import service as results
from fieldops.results.codes import ABORTED_BY_OFFICE
from fieldops.results.schemas import ResultIn
from fieldops.sync import queries
from fieldops.sync.models import VisitEvent
from fieldops.sync.objections import object_to_visit
from fieldops.sync.rules import (
    CHECK_IN,
    CLOCK_JUMP,
    CLOCK_OFF,
    CLOCK_UNVERIFIED,
    OBJECTION,
    RESULT,
    Code,
    Standing,
    clock_signals,
    code_of,
    knowledge_of,
)
from fieldops.sync.schemas import CheckInIn, ObjectionIn
from fieldops.visits import states

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.sync.models import Device, Recall
    from fieldops.visits.models import Visit

_SCHEMAS: Final = {CHECK_IN: CheckInIn(), RESULT: ResultIn(), OBJECTION: ObjectionIn()}
_FLAG_OF: Final = {
    Code.ACCEPTED_AFTER_RECALL: results.AFTER_RECALL,
    Code.ACCEPTED_OUT_OF_SCOPE: results.OUT_OF_SCOPE,
    Code.CONFLICT_ALREADY_COMPLETED: results.SECOND_RESULT,
}
_NUL: Final = b"\\u0000"


class Refusal(Exception):  # noqa: N818 - it is an answer, caught where it is made
    """A mutation that cannot be taken, with the code the phone is told; nothing has been written yet."""

    def __init__(self, code: Code, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Sender:
    """The phone that pushes: ``seen_at`` is its last sync before this one, ``clock`` what it says of its clock now."""

    actor: Actor
    device: Device
    seen_at: datetime | None
    clock: Mapping[str, Any]


def canonical_sha256(body: Mapping[str, Any]) -> str:
    """The hash phones and server agree on: SHA-256 of the body as JSON in UTF-8, keys sorted, without spaces."""
    return hashlib.sha256(_canonical(body)).hexdigest()


def take(
    session: Session, sender: Sender, mutation: Mapping[str, Any], sha256: str, visits: Mapping[UUID, Visit]
) -> Code:
    """Let a mutation have its effect and say what it is worth; ``visits`` are locked. Raises: Refusal."""
    body = _body(mutation, sha256)
    kind, visit_id = mutation["type"], mutation["entity_id"]
    if visit_id not in visits:
        raise Refusal(Code.REJECTED_UNKNOWN_ENTITY, f"there is no visit {visit_id}")
    standing, recall = _standing(session, sender, kind, visits[visit_id], body)
    code = code_of(standing)
    if code is Code.REJECTED_FORBIDDEN:
        raise Refusal(code, "this visit was never on a phone of yours")
    signals = clock_signals(sender.clock, mutation, sender.actor.at)
    flags = [*([_FLAG_OF[code]] if code in _FLAG_OF else []), *signals]
    times = _times(sender, signals, body.get("arrived_at", mutation["device_time"]), recall)
    if kind == CHECK_IN:
        arrived = {"arrived_at": mutation["device_time"], "position": body["position"]}
        flags += results.check_in(session, sender.actor, visit_id, **arrived)
    elif kind == OBJECTION:
        _object(session, sender, visits[visit_id], body, mutation, standing)
    else:
        _record_result(session, sender, mutation, body, flags, times)
    session.add(_event_row(sender, mutation, flags, times))
    return code


def _object(
    session: Session,
    sender: Sender,
    visit: Visit,
    body: Mapping[str, Any],
    mutation: Mapping[str, Any],
    standing: Standing,
) -> None:
    if standing.begun:
        detail = "this visit has begun; report what was found, or that it was broken off (O20, O24)"
        raise Refusal(Code.REJECTED_VALIDATION, detail)
    if standing.left_reason is None:
        object_to_visit(session, sender.actor, visit, body, mutation=str(mutation["id"]))


def _record_result(
    session: Session,
    sender: Sender,
    mutation: Mapping[str, Any],
    body: Mapping[str, Any],
    flags: list[str],
    times: dict[str, Any] | None,
) -> None:
    try:
        results.record_result(
            session,
            sender.actor,
            mutation["id"],
            body,
            agent_id=sender.device.agent_id,
            device_id=sender.device.id,
            flags=flags,
            times=times,
        )
    except NotUnderstood as problem:
        if problem.code != results.NOT_SOUND:  # a consequence that failed is a fault of ours, and comes after writing
            raise
        raise Refusal(Code.REJECTED_VALIDATION, problem.detail) from None


def _body(mutation: Mapping[str, Any], sha256: str) -> dict[str, Any]:
    schema = _SCHEMAS.get(mutation["type"])
    if schema is None:
        known = ", ".join(_SCHEMAS)
        raise Refusal(Code.REJECTED_VALIDATION, f"type {mutation['type']!r} is unknown; use one of {known}")
    if sha256 != mutation["body_sha256"]:
        raise Refusal(Code.REJECTED_VALIDATION, "body_sha256 is not the hash of the body")
    if _NUL in _canonical(mutation["body"]):
        raise Refusal(Code.REJECTED_VALIDATION, "a text holds the character U+0000; take it out")
    try:
        body: dict[str, Any] = schema.load(mutation["body"])
    except ValidationError as error:
        raise Refusal(Code.REJECTED_VALIDATION, str(error.messages)) from None
    if body["visit_id"] != mutation["entity_id"]:
        raise Refusal(Code.REJECTED_VALIDATION, "entity_id and body.visit_id name two visits")
    return body


def _standing(
    session: Session, sender: Sender, kind: str, visit: Visit, body: Mapping[str, Any]
) -> tuple[Standing, Recall | None]:
    held = queries.on_phone_of(session, sender.device.agent_id, visit.id)
    recall = queries.recall_in_force(session, sender.device.agent_id, visit.id)
    standing = Standing(
        kind=kind,
        ever_held=held is not None,
        left_reason=held.left_reason if held else None,
        recalled=recall is not None,
        begun=visit.status == states.IN_PROGRESS,
        has_primary=result_queries.results_before(session, visit.id).has_primary,
        obeys=all(line["outcome"] == ABORTED_BY_OFFICE for line in body.get("lines", ())),
        corrects=body.get("corrects") is not None,
    )
    return standing, recall


def _times(sender: Sender, signals: list[str], arrived_at: datetime, recall: Recall | None) -> dict[str, Any] | None:
    """What a reviewer compares to judge fairly whether the crew could have known of a recall.

    A clock that is wrong and has not been moved is put right by as much as it is off now.
    """
    if recall is None:
        return None
    off = sender.clock["client_time"] - sender.actor.at if CLOCK_OFF in signals else timedelta()
    knowledge = knowledge_of(
        recalled_at=recall.recalled_at,
        arrived_at=arrived_at - off,
        acked_at=recall.acked_at,
        seen_at=sender.seen_at,
        clock_ok=CLOCK_JUMP not in signals and not {CLOCK_OFF, CLOCK_UNVERIFIED} <= set(signals),
    )
    return {
        "knowledge": str(knowledge),
        "recalled_at": recall.recalled_at.isoformat(),
        "recall_reason": recall.reason,
        "acked_at": recall.acked_at.isoformat() if recall.acked_at else None,
        "phone_seen_at": sender.seen_at.isoformat() if sender.seen_at else None,
        "arrived_at": arrived_at.isoformat(),
        "clock_off_s": round(off.total_seconds()),
    }


def _event_row(
    sender: Sender, mutation: Mapping[str, Any], flags: list[str], times: dict[str, Any] | None
) -> VisitEvent:
    return VisitEvent(
        id=mutation["id"],
        visit_id=mutation["entity_id"],
        agent_id=sender.device.agent_id,
        device_id=sender.device.id,
        kind=mutation["type"],
        payload=mutation["body"],
        device_at=mutation["device_time"],
        received_at=sender.actor.at,
        flags=flags,
        times=times,
    )


def _canonical(body: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # half a surrogate pair, or a number no other side can hold
        return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
