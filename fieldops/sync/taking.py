"""Mutations of a phone: understood, weighed by how their visits stand, and given their effect.

Whatever refuses one does so before anything of it is written.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, cast

import orjson
from marshmallow import ValidationError

from fieldops.clock import local_date
from fieldops.reading import reader
from fieldops.results import queries as result_queries
from fieldops.results import service as results
from fieldops.results.arrival import Arrival
from fieldops.results.codes import ABORTED_BY_OFFICE, NOT_EXECUTED
from fieldops.results.schemas import ResultIn
from fieldops.rows import insert_rows
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
from fieldops.sync.series import Heard
from fieldops.sync.standing import standings_of
from fieldops.visits import states

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.results.queries import Ground
    from fieldops.sync.standing import OnRecord
    from fieldops.visits.models import Visit
    from fieldops.visits.queries import Locked

_READ: Final = {CHECK_IN: reader(CheckInIn()), RESULT: reader(ResultIn()), OBJECTION: reader(ObjectionIn())}
_FLAG_OF: Final = {
    Code.ACCEPTED_AFTER_RECALL: results.AFTER_RECALL,
    Code.ACCEPTED_OUT_OF_SCOPE: results.OUT_OF_SCOPE,
    Code.CONFLICT_ALREADY_COMPLETED: results.SECOND_RESULT,
}
_REPORTED: Final = frozenset({states.COMPLETED, states.BATCHED})
"""What has become of a visit a crew has just reported, made or not: what comes after is no objection to it."""
AFTER_REPORT: Final = "AFTER_REPORT"
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
    device_id: UUID
    agent_id: UUID
    seen_at: datetime | None
    clock: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Weighed:
    """A report that is taken: what it is worth, what is unusual about it, and the times a reviewer compares.

    ``left_reason``: why its visit is no longer on the phone (None: it is). ``held``: it is, by the plan of that day.
    """

    heard: Heard
    left_reason: str | None
    held: bool
    code: Code
    flags: list[str]
    times: dict[str, Any] | None


def canonical_sha256(body: Mapping[str, Any]) -> str:
    """The hash phones and server agree on: SHA-256 of the body as JSON in UTF-8, keys sorted, without spaces."""
    return hashlib.sha256(_canonical(body)).hexdigest()


def hear(mutation: Mapping[str, Any]) -> Heard:
    """Read a mutation; one that cannot be read carries its refusal."""
    canonical = _canonical(mutation["body"])
    sha256 = hashlib.sha256(canonical).hexdigest()
    try:
        return Heard(mutation, sha256, _body(mutation, sha256, canonical))
    except Refusal as refusal:
        return Heard(mutation, sha256, {}, refusal)


def take(
    session: Session, sender: Sender, heard: Sequence[Heard], visits: Mapping[UUID, Locked]
) -> dict[UUID, Code | Refusal]:
    """Let mutations of one kind have their effect and say what each is worth; their visits are locked, each named once.

    What refuses one does so before anything of it is written. Cost: about thirty statements for check-ins, six for
    results, however many.
    """
    said: dict[UUID, Code | Refusal] = {}
    known = [each for each in heard if each.visit_id in visits and each.refusal is None]
    about = {each.visit_id for each in known}
    standings = standings_of(session, sender.agent_id, about)
    ground = result_queries.ground_of(session, about) if known and known[0].kind == RESULT else {}
    weighed: list[_Weighed] = []
    for each in heard:
        found = _weigh(sender, each, visits, standings, ground)
        if isinstance(found, Refusal):
            said[each.id] = found
        else:
            weighed.append(found)
    said |= _land(session, sender, weighed, visits, ground)
    taken = [each for each in weighed if not isinstance(said[each.heard.id], Refusal)]
    same = {"agent_id": sender.agent_id, "device_id": sender.device_id, "received_at": sender.actor.at}
    insert_rows(session, VisitEvent, [_event_row(each) for each in taken], same=same)
    return said


def _weigh(
    sender: Sender,
    heard: Heard,
    visits: Mapping[UUID, Locked],
    standings: Mapping[UUID, OnRecord],
    ground: Mapping[UUID, Ground],
) -> _Weighed | Refusal:
    visit = visits.get(heard.visit_id)
    if heard.refusal is not None:
        return heard.refusal
    if visit is None:
        return Refusal(Code.REJECTED_UNKNOWN_ENTITY, f"there is no visit {heard.visit_id}")
    record, body = standings[visit.id], heard.body
    has_primary = ground[visit.id].has_primary if visit.id in ground else visit.status in _REPORTED
    standing = _standing(heard, visit, record, has_primary=has_primary)
    code = code_of(standing)
    if code is Code.REJECTED_FORBIDDEN:
        return Refusal(code, "this visit was never on a phone of yours")
    if heard.kind == OBJECTION and standing.begun:
        detail = "this visit has begun; report what was found, or that it was broken off (O20, O24)"
        return Refusal(Code.REJECTED_VALIDATION, detail)
    signals = clock_signals(sender.clock, heard.mutation, sender.actor.at)
    flag = AFTER_REPORT if heard.kind == OBJECTION and code is not Code.APPLIED else _FLAG_OF.get(code)
    flags = [*([flag] if flag else []), *signals]
    times = _times(sender, signals, body.get("arrived_at", heard.mutation["device_time"]), record)
    return _Weighed(heard, record.left_reason, _is_held(heard, record), code, flags, times)


def _land(
    session: Session,
    sender: Sender,
    weighed: Sequence[_Weighed],
    visits: Mapping[UUID, Locked],
    ground: Mapping[UUID, Ground],
) -> dict[UUID, Code | Refusal]:
    """Let reports of one kind have their effect."""
    said: dict[UUID, Code | Refusal] = {each.heard.id: each.code for each in weighed}
    kind = weighed[0].heard.kind if weighed else None
    if kind == CHECK_IN:
        found = results.check_in(session, sender.actor, [_arrival(each.heard, visits) for each in weighed])
        for each in weighed:
            each.flags.extend(found[each.heard.visit_id])
    elif kind == OBJECTION:
        for each in (one for one in weighed if one.left_reason is None and one.code is Code.APPLIED):
            visit, mutation = cast("Visit", visits[each.heard.visit_id]), str(each.heard.id)
            object_to_visit(session, sender.actor, visit, each.heard.body, mutation=mutation)
    elif kind == RESULT:
        sent = [_sent(sender, each) for each in weighed]
        faults = results.record_results(session, sender.actor, sent, visits, ground)
        for result_id, found_wrong in faults.items():
            detail = "; ".join(f"{fault.field}: {fault.mend}" for fault in found_wrong)
            said[result_id] = Refusal(Code.REJECTED_VALIDATION, detail)
    return said


def _arrival(heard: Heard, visits: Mapping[UUID, Locked]) -> Arrival:
    return Arrival(cast("Visit", visits[heard.visit_id]), heard.mutation["device_time"], heard.body["position"])


def _sent(sender: Sender, weighed: _Weighed) -> results.Sent:
    heard = weighed.heard
    return results.Sent(
        heard.id, heard.body, sender.agent_id, sender.device_id, weighed.flags, weighed.times, weighed.held
    )


def _body(mutation: Mapping[str, Any], sha256: str, canonical: bytes) -> dict[str, Any]:
    read = _READ.get(mutation["type"])
    if read is None:
        known = ", ".join(_READ)
        raise Refusal(Code.REJECTED_VALIDATION, f"type {mutation['type']!r} is unknown; use one of {known}")
    if sha256 != mutation["body_sha256"]:
        raise Refusal(Code.REJECTED_VALIDATION, "body_sha256 is not the hash of the body")
    if _NUL in canonical:
        raise Refusal(Code.REJECTED_VALIDATION, "a text holds the character U+0000; take it out")
    try:
        body: dict[str, Any] = read(mutation["body"])
    except ValidationError as error:
        raise Refusal(Code.REJECTED_VALIDATION, str(error.messages)) from None
    if body["visit_id"] != mutation["entity_id"]:
        raise Refusal(Code.REJECTED_VALIDATION, "entity_id and body.visit_id name two visits")
    return body


def _is_held(heard: Heard, record: OnRecord) -> bool:
    """Whether the stop a report speaks of is the one that is on the phone: not another crew's, nor a later day's."""
    at, until = heard.body.get("arrived_at", heard.mutation["device_time"]), record.valid_until
    return record.left_reason is None and (until is None or local_date(at) >= local_date(until))


def _standing(heard: Heard, visit: Locked, record: OnRecord, *, has_primary: bool) -> Standing:
    return Standing(
        kind=heard.kind,
        ever_held=record.version is not None,
        left_reason=record.left_reason,
        recalled=record.recalled_at is not None,
        begun=visit.status == states.IN_PROGRESS,
        has_primary=has_primary,
        obeys=all(line["outcome"] == ABORTED_BY_OFFICE for line in heard.body.get("lines", ())),
        corrects=heard.body.get("corrects") is not None,
        not_made={line["outcome"] for line in heard.body.get("lines", ())} == {NOT_EXECUTED},
    )


def _times(sender: Sender, signals: list[str], arrived_at: datetime, recall: OnRecord) -> dict[str, Any] | None:
    """What a reviewer compares to judge fairly whether the crew could have known of a recall.

    A clock that is wrong and has not been moved is put right by as much as it is off now.
    """
    if recall.recalled_at is None:
        return None
    cursor = sender.clock["cursor"]
    reached = cursor is None or recall.told_seq is None or cursor >= recall.told_seq  # else the answer got lost
    off = sender.clock["client_time"] - sender.actor.at if CLOCK_OFF in signals else timedelta()
    knowledge = knowledge_of(
        recalled_at=recall.recalled_at,
        arrived_at=arrived_at - off,
        acked_at=recall.acked_at,
        seen_at=sender.seen_at if reached else None,
        clock_ok=CLOCK_JUMP not in signals and not {CLOCK_OFF, CLOCK_UNVERIFIED} <= set(signals),
    )
    return {
        "knowledge": str(knowledge),
        "recalled_at": recall.recalled_at.isoformat(),
        "recall_reason": recall.recall_reason,
        "acked_at": recall.acked_at.isoformat() if recall.acked_at else None,
        "phone_seen_at": sender.seen_at.isoformat() if sender.seen_at else None,
        "arrived_at": arrived_at.isoformat(),
        "clock_off_s": round(off.total_seconds()),
    }


def _event_row(weighed: _Weighed) -> dict[str, Any]:
    mutation = weighed.heard.mutation
    return {
        "id": mutation["id"],
        "visit_id": mutation["entity_id"],
        "kind": mutation["type"],
        "payload": mutation["body"],
        "device_at": mutation["device_time"],
        "flags": weighed.flags,
        "times": weighed.times,
    }


def _canonical(body: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # half a surrogate pair, or a number no other side can hold
        return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
