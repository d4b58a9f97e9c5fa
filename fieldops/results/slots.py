"""The evidence a result declares: one slot a piece, whole when the bytes of the last one have arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from fieldops import audit
from fieldops.results import queries
from fieldops.results.consequences import prove_address_dead
from fieldops.visits import queries as visit_queries

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.results.models import VisitResult


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
