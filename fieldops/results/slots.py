"""The evidence a result declares: one slot a piece, whole when the bytes of the last one have arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from fieldops import audit
from fieldops.results import queries
from fieldops.results.consequences import prove_address_dead
from fieldops.results.models import EvidenceSlot, VisitResult
from fieldops.visits import queries as visit_queries

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor


def taken_ids(session: Session, agent_id: UUID, visit_id: UUID, slots: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Which of these slots stand for other evidence already: of another visit, another agent, or with other bytes."""
    told = {slot["id"]: (agent_id, visit_id, slot["kind"], slot["sha256"], slot["length"]) for slot in slots}
    return frozenset(
        str(known.id)
        for known in queries.slots_by_ids(session, told)
        if (known.agent_id, known.visit_id, known.kind, known.sha256, known.length) != told[known.id]
    )


def declare(session: Session, actor: Actor, result: VisitResult) -> None:
    """Expect the evidence a result names; a correction may name what an earlier version did."""
    rows = [
        {
            "visit_id": result.visit_id,
            "agent_id": result.agent_id,
            "declared_at": actor.at,
            **{name: slot[name] for name in ("id", "kind", "sha256", "length")},
        }
        for slot in result.slots
    ]
    if rows:
        session.execute(insert(EvidenceSlot).values(rows).on_conflict_do_nothing(index_elements=["id"]))
    _note_if_whole(session, actor, result)


def arrive(session: Session, actor: Actor, slot_id: UUID) -> None:
    """The bytes of a slot are here and are what was declared: a proof counts, and a result may be whole now.

    Raises: NotFound. The visit is locked first, as a push does it.
    """
    slot = queries.slot_by_id(session, slot_id)
    visit = visit_queries.lock_visits(session, [slot.visit_id])[slot.visit_id]
    session.refresh(slot, with_for_update=True)
    if slot.arrived_at is not None:
        return
    slot.arrived_at = actor.at
    session.flush()
    audit.record(session, actor, "results.evidence", "evidence_slot", slot.id, kind=slot.kind, sha256=slot.sha256)
    for result in queries.results_of_visit(session, visit.id):
        if any(each["id"] == str(slot_id) for each in result.slots):
            prove_address_dead(session, actor, visit, result)
            _note_if_whole(session, actor, result)


def _note_if_whole(session: Session, actor: Actor, result: VisitResult) -> None:
    """EVIDENCE_COMPLETE: every slot the result names has its bytes."""
    slots = queries.slots_by_ids(session, [UUID(each["id"]) for each in result.slots])
    if result.complete_at is None and all(slot.arrived_at is not None for slot in slots):
        result.complete_at = actor.at
        audit.record(session, actor, "results.complete", "visit_result", result.id, slots=len(slots))
