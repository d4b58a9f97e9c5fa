"""Use cases of results: crews are at the door, and what they found there. Many at a time, as phones report them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from fieldops import audit, events
from fieldops.planning import service as planning
from fieldops.planning import states as stop_states
from fieldops.results import corrections, queries, slots
from fieldops.results.arrival import ask_at_the_doors
from fieldops.results.codes import FINDINGS
from fieldops.results.consequences import follow_ups, take_effect
from fieldops.results.events import ResultRecorded
from fieldops.results.models import EvidenceSlot, ResultLine, VisitResult
from fieldops.results.reporting import (
    DO_NOT_CONTACT,
    LATE,
    SECOND_RESULT,
    Sent,
    declared_by,
    flags_of,
    line_rows,
    report_of,
    result_row,
    slot_rows,
    was_executed,
)
from fieldops.results.review import REVIEW, SUBMITTED
from fieldops.results.rules import faults
from fieldops.results.signals import REVIEW_AT
from fieldops.rows import insert_rows
from fieldops.tasks import service as tasks
from fieldops.visits import execution

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.results.arrival import Arrival
    from fieldops.results.codes import Finding
    from fieldops.results.queries import Declared, Ground
    from fieldops.results.rules import Fault
    from fieldops.visits.queries import Locked

__all__ = ["AFTER_RECALL", "LATE", "OUT_OF_SCOPE", "SECOND_RESULT", "Sent", "check_in", "record_results"]
AFTER_RECALL, OUT_OF_SCOPE = "AFTER_RECALL", "OUT_OF_SCOPE"
TO_REVIEW: Final = frozenset({AFTER_RECALL, OUT_OF_SCOPE, SECOND_RESULT, DO_NOT_CONTACT})
"""Flags a supervisor must look at."""
_ANSWER: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Landed:
    """A sound result with the row it became; ``counts``: its consequences follow."""

    sent: Sent
    visit: Locked
    ground: Ground
    row: Mapping[str, Any]
    counts: bool
    corrected: corrections.Corrected | None

    @property
    def result_id(self) -> UUID:
        """The id the phone has made."""
        return self.sent.id

    @property
    def finding(self) -> Finding | None:
        """What was found out about the address; None when nobody was there."""
        return FINDINGS.get(self.sent.body["address_finding"] or "")

    @property
    def lines(self) -> Sequence[Mapping[str, Any]]:
        """The outcome of each card, as it was sent."""
        lines: Sequence[Mapping[str, Any]] = self.sent.body["lines"]
        return lines


def check_in(session: Session, actor: Actor, arrivals: Sequence[Arrival]) -> dict[UUID, list[str]]:
    """Crews are at the doors: these visits are under way, and their stops with them, unless they had been stopped.

    The rules are asked, and their codes returned by visit for the event to be flagged with; nothing refuses what
    happened. The visits are locked, each is named once. Cost: about thirty statements, however many.
    """
    flags = ask_at_the_doors(session, actor, arrivals)
    execution.begin_visits(session, actor, [each.visit for each in arrivals])
    planning.move_stops(session, {each.visit.id: stop_states.CHECKED_IN for each in arrivals})
    return flags


def record_results(
    session: Session, actor: Actor, sent: Sequence[Sent], visits: Mapping[UUID, Locked], ground: Mapping[UUID, Ground]
) -> dict[UUID, tuple[Fault, ...]]:
    """Keep what crews found at these locked visits, one result each, and let it take effect.

    The first result of a visit that was made is its primary one; a second is kept beside it and changes nothing until
    a person decides. Return the faults of results that are not sound, by their ids: of these nothing is written.
    Cost: four statements within ``together``, however many, and what consequences that stop something cost.
    """
    known = queries.declared_already(session, [slot["id"] for each in sent for slot in each.body["slots"]])
    refused: dict[UUID, tuple[Fault, ...]] = {}
    landed: list[Landed] = []
    for each in sent:
        visit = visits[each.body["visit_id"]]
        found = faults(report_of(each, ground[visit.id], known))
        found += corrections.faults(session, visit.id, each.agent_id, each.body)
        if found:
            refused[each.id] = found
        else:
            landed.append(_landed(session, actor, each, visit, ground[visit.id], known))
            known = declared_by(each) | known
    _write(session, actor, landed)
    take_effect(session, actor, [each for each in landed if each.counts and each.corrected is None])
    for anew in landed:
        if anew.corrected is not None and anew.counts:
            corrections.take_effect_anew(session, actor, anew, anew.corrected)
    asked = follow_ups(session, actor, [each for each in landed if each.counts])
    asked += [_review(actor, each) for each in landed if _asks_for_review(each)]
    tasks.open_named(session, actor.at, asked)
    audit.record_all(session, actor, [act for each in landed for act in _acts(each, asked)])
    events.announce_all(session, [_told(actor, each) for each in landed if each.counts or was_executed(each.lines)])
    return refused


def take_evidence(session: Session, actor: Actor, slot_id: UUID) -> None:
    """The bytes of a declared slot are here and are what was declared: what they prove is proved. Raises: NotFound."""
    slots.arrive(session, actor, slot_id)


def _landed(
    session: Session, actor: Actor, sent: Sent, visit: Locked, ground: Ground, known: Mapping[UUID, Declared]
) -> Landed:
    corrected = corrections.supersede(session, actor, visit.id, sent.body["corrects"])
    flags = flags_of(sent, ground, received_at=actor.at, second=ground.has_primary and corrected is None)
    about_this_stop = sent.held or was_executed(sent.body["lines"])  # that nobody went ends no stop that is not theirs
    counts = corrected.counted if corrected else about_this_stop and not ground.has_primary
    arrived = (known.get(slot["id"]) for slot in sent.body["slots"])
    whole = all(slot is not None and slot.arrived_at is not None for slot in arrived)
    row = {
        **result_row(sent, visit, flags),
        "number": ground.count + 1,
        "is_primary": was_executed(sent.body["lines"]) and counts,
        "complete_at": actor.at if whole else None,
    }
    return Landed(sent, visit, ground, row, counts, corrected)


def _write(session: Session, actor: Actor, landed: Sequence[Landed]) -> None:
    """The rows of the results themselves; a correction may declare evidence that an earlier version did."""
    insert_rows(
        session, VisitResult, [each.row for each in landed], same={"received_at": actor.at, "status": SUBMITTED}
    )
    insert_rows(session, ResultLine, [row for each in landed for row in line_rows(each.sent)])
    declared = [row for each in landed for row in slot_rows(each.sent)]
    insert_rows(session, EvidenceSlot, declared, same={"declared_at": actor.at}, conflict="(id) DO NOTHING")


def _acts(landed: Landed, asked: Sequence[tasks.Asked]) -> list[audit.Act]:
    """What the audit log says of a new result: one act that names what follows from it, besides the visit's own end."""
    opened = [each.kind for each in asked if each.entity_id == landed.result_id]
    finding = landed.sent.body["address_finding"]
    said = {"result": str(landed.result_id), "flags": landed.row["flags"], "finding": finding, "tasks": opened}
    acts = [audit.Act("results.record", "visit", landed.visit.id, detail=said)]
    if landed.row["complete_at"] is not None:
        slots_told = {"slots": len(landed.row["slots"])}
        acts.append(audit.Act("results.complete", "visit_result", landed.result_id, detail=slots_told))
    return acts


def _asks_for_review(landed: Landed) -> bool:
    return bool(TO_REVIEW.intersection(landed.row["flags"])) or landed.row["score"] >= REVIEW_AT


def _review(actor: Actor, landed: Landed) -> tasks.Asked:
    detail = {"visit_id": str(landed.visit.id), "flags": landed.row["flags"], **(landed.sent.times or {})}
    return tasks.Asked(REVIEW, "SUPERVISOR", "visit_result", landed.result_id, actor.at + _ANSWER, detail)


def _told(actor: Actor, landed: Landed) -> ResultRecorded:
    executed = was_executed(landed.lines)
    return ResultRecorded(landed.result_id, landed.visit.id, landed.row["is_primary"], executed, actor)
