"""A result as its phone has sent it, weighed in values: what is wrong with it, what is unusual, the rows it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fieldops.clock import local_date
from fieldops.datum import distance_m
from fieldops.results.codes import NOT_EXECUTED, PERSONS
from fieldops.results.queries import Declared
from fieldops.results.rules import Line, Report
from fieldops.results.signals import Reported, score_of, signals_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from fieldops.results.queries import Ground
    from fieldops.visits.queries import Locked

SECOND_RESULT, LATE, DO_NOT_CONTACT = "SECOND_RESULT", "LATE", "DO_NOT_CONTACT"
_LINE_COLUMNS: Final = ("case_id", "outcome", "promise_fen", "promise_on")
_OF_A_SLOT: Final = ("id", "kind", "sha256", "length")
_AS_SENT: Final = (
    "visit_id", "corrects", "address_finding", "person_met", "identity_verified", "identity_shown", "summary",
    "next_step", "arrived_at", "left_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sent:
    """One result of a phone: ``body`` as ``ResultIn`` reads it.

    ``flags`` say what is unusual about how it came, ``times`` what a reviewer compares. What happened is never refused
    for being late or recalled. ``held``: it speaks of the stop its phone holds, not of one others have or a later one.
    """

    id: UUID
    body: Mapping[str, Any]
    agent_id: UUID
    device_id: UUID | None = None
    flags: Sequence[str] = ()
    times: Mapping[str, Any] | None = None
    held: bool = True


def was_executed(lines: Sequence[Mapping[str, Any]]) -> bool:
    """Whether somebody was there at all."""
    return any(line["outcome"] != NOT_EXECUTED for line in lines)


def report_of(sent: Sent, ground: Ground, slots: Mapping[UUID, Declared]) -> Report:
    """What was sent beside what the visit is about; a card that was paid off meanwhile may still be told of."""
    body = sent.body
    return Report(
        address_finding=body["address_finding"],
        person_met=body["person_met"],
        identity_verified=body["identity_verified"],
        identity_shown=body["identity_shown"],
        arrived_at=body["arrived_at"],
        left_at=body["left_at"],
        summary=body["summary"],
        next_step=body["next_step"],
        lines=tuple(Line(str(line["case_id"]), line["outcome"], _fields(line)) for line in body["lines"]),
        case_ids=ground.case_ids,
        known_case_ids=ground.known_case_ids,
        slot_ids=tuple(str(slot["id"]) for slot in body["slots"]),
        slot_kinds=tuple(slot["kind"] for slot in body["slots"]),
        slot_lengths=tuple(slot["length"] for slot in body["slots"]),
        taken_slot_ids=_taken_ids(sent, slots),
    )


def flags_of(sent: Sent, ground: Ground, *, received_at: datetime, second: bool) -> list[str]:
    """What is unusual about a result: how it came, a second one, late, somebody who had asked not to be contacted."""
    flags = [*sent.flags]
    if local_date(received_at) > local_date(sent.body["left_at"]):  # it is due on the day of its visit
        flags.append(LATE)
    if PERSONS[sent.body["person_met"]].name in ground.keep_away:
        flags.append(DO_NOT_CONTACT)
    if second and SECOND_RESULT not in flags:
        flags.append(SECOND_RESULT)
    return flags


def result_row(sent: Sent, visit: Locked, flags: Sequence[str]) -> dict[str, Any]:
    """The columns of a result that follow from what was sent."""
    body, position = sent.body, sent.body["position"]
    away_m = _distance_m(visit, position)
    reported = Reported(
        position=position,
        distance_m=away_m,
        precision=visit.point_precision,
        stay=body["left_at"] - body["arrived_at"],
        slot_kinds=tuple(slot["kind"] for slot in body["slots"]),
        flags=tuple(flags),
        executed=was_executed(body["lines"]),
    )
    signals = signals_of(reported)
    return {
        "id": sent.id,
        **{name: body[name] for name in _AS_SENT},
        "agent_id": sent.agent_id,
        "device_id": sent.device_id,
        "lat": position["lat"] if position else None,
        "lon": position["lon"] if position else None,
        "accuracy_m": position["accuracy_m"] if position else None,
        "distance_m": away_m,
        "signals": signals,
        "score": score_of(signals),
        "slots": [{**slot, "id": str(slot["id"])} for slot in body["slots"]],
        "flags": [*flags],
    }


def line_rows(sent: Sent) -> list[dict[str, Any]]:
    """The columns of the outcome for each card."""
    return [
        {"result_id": sent.id, **{name: line[name] for name in _LINE_COLUMNS}, "detail": _detail(line)}
        for line in sent.body["lines"]
    ]


def declared_by(sent: Sent) -> dict[UUID, Declared]:
    """The evidence a result declares, by the ids of its slots."""
    mine = (sent.body["visit_id"], sent.agent_id)
    return {each["id"]: Declared(*mine, each["kind"], each["sha256"], each["length"]) for each in sent.body["slots"]}


def slot_rows(sent: Sent) -> list[dict[str, Any]]:
    """The columns of the evidence that must arrive."""
    of_result = {"visit_id": sent.body["visit_id"], "agent_id": sent.agent_id}
    return [{**of_result, **{name: slot[name] for name in _OF_A_SLOT}} for slot in sent.body["slots"]]


def _taken_ids(sent: Sent, slots: Mapping[UUID, Declared]) -> frozenset[str]:
    """Which slots stand for other evidence already: of another visit, another agent, or with other bytes."""
    mine, taken = (sent.agent_id, sent.body["visit_id"]), []
    for slot in sent.body["slots"]:
        known = slots.get(slot["id"])
        if known is not None:
            told = (*mine, slot["kind"], slot["sha256"], slot["length"])
            if (known.agent_id, known.visit_id, known.kind, known.sha256, known.length) != told:
                taken.append(str(slot["id"]))
    return frozenset(taken)


def _fields(line: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in {"case_id", "outcome"}}


def _detail(line: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in _LINE_COLUMNS and value is not None}


def _distance_m(visit: Locked, position: Mapping[str, Any] | None) -> int | None:
    if position is None or visit.lat is None or visit.lon is None:
        return None
    return round(distance_m(visit.lat, visit.lon, position["lat"], position["lon"]))
