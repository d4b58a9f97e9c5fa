"""Evidence that is kept: looked at and borrowed with a purpose, held for a court, destroyed when nothing forbids it."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any, Final

from fieldops import audit
from fieldops.clock import local_date
from fieldops.errors import NotFound, NotNow, NotUnderstood
from fieldops.evidence import queries
from fieldops.evidence.rules import BORROW
from fieldops.evidence.sealed import open_sealed
from fieldops.evidence.service import erase, forget_upload, retain_until
from fieldops.house import house_of
from fieldops.results import queries as result_queries

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.evidence.models import EvidenceFile

HEADERS: Final = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
"""What a browser is told of evidence: never to show it inside a page, never to keep it."""


def list_evidence(session: Session, visit_id: UUID) -> list[dict[str, Any]]:
    """What a visit's results declare and what of it is here. Raises: NotFound for a visit nobody knows."""
    result_queries.results_of_visit(session, visit_id)
    return queries.evidence_of_visit(session, visit_id)


def open_evidence(
    session: Session, actor: Actor, slot_id: UUID, *, act: str, purpose: str, authorisation_no: str | None = None
) -> tuple[IO[bytes], str, int]:
    """The bytes of a piece of evidence, its media type and length; who looks, and what for, is written down first.

    To borrow 借阅 is to take it out of the house: that needs the bank's written authorisation.
    Raises: NotFound before the bytes are here and after they were destroyed; NotUnderstood without authorisation.
    """
    slot, file = result_queries.slot_by_id(session, slot_id), queries.file_of(session, slot_id)
    if file.destroyed_at is not None:
        raise NotFound("EVIDENCE_DESTROYED", f"It was destroyed on {file.destroyed_at:%Y-%m-%d} as instructed.")
    if act == BORROW and not authorisation_no:
        detail = "Evidence leaves the house with the bank's written authorisation only; give authorisation_no."
        raise NotUnderstood("AUTHORISATION_MISSING", detail)
    said = {"authorisation_no": authorisation_no, "visit": str(slot.visit_id)}
    audit.record(session, actor, f"evidence.{act.lower()}", "evidence_slot", slot_id, reason=purpose, **said)
    parts = queries.parts_of(session, slot_id)
    return open_sealed(house_of(session), slot_id, parts), file.media_type, slot.length


def hold_evidence(session: Session, actor: Actor, slot_id: UUID, *, reason: str) -> dict[str, Any]:
    """Forbid destroying a piece of evidence 法律保全, until the hold is released. Raises: NotFound, NotNow."""
    file = queries.file_of(session, slot_id, lock=True)
    if file.destroyed_at is not None:
        raise NotNow("EVIDENCE_DESTROYED", "It was destroyed; there is nothing left to hold.")
    file.held_at, file.held_by, file.held_reason = actor.at, actor.name, reason
    audit.record(session, actor, "evidence.hold", "evidence_slot", slot_id, reason=reason)
    return _shown(session, file)


def release_evidence(session: Session, actor: Actor, slot_id: UUID, *, reason: str) -> dict[str, Any]:
    """End a legal hold. Raises: NotFound, NotNow when there is none."""
    file = queries.file_of(session, slot_id, lock=True)
    if file.held_at is None:
        raise NotNow("NOT_HELD", "No legal hold stands on it.")
    file.held_at = file.held_by = file.held_reason = None
    audit.record(session, actor, "evidence.release", "evidence_slot", slot_id, reason=reason)
    return _shown(session, file)


def destroy_evidence(session: Session, actor: Actor, slot_id: UUID, *, instruction_no: str) -> None:
    """Destroy a piece of evidence as the bank instructs 销毁: on record now, its bytes as soon as that is.

    Raises: NotFound; NotNow, naming what forbids it: a legal hold, its term, a card still collected, or done before.
    """
    file = queries.file_of(session, slot_id, lock=True)
    slot = result_queries.slot_by_id(session, slot_id)
    if file.destroyed_at is not None:
        raise NotNow("EVIDENCE_DESTROYED", "It was destroyed before; nothing is left to do.")
    if file.held_at is not None:
        raise NotNow("EVIDENCE_HELD", f"A legal hold stands on it since {file.held_at:%Y-%m-%d}; release it first.")
    last_day, collected = queries.entrusted_until(session, slot.visit_id)
    if collected:
        raise NotNow("CASE_OPEN", "A card of its visit is still being collected; wait until that case has ended.")
    until = max(file.retain_until, retain_until(session, slot.visit_id, local_date(file.kept_at)))
    if local_date(actor.at) <= until:  # a case that was extended since it came has its evidence kept for longer
        raise NotNow("EVIDENCE_RETAINED", f"It is kept until {until}.", retain_until=until)
    file.destroyed_at, file.destroyed_by, file.instruction_no = actor.at, actor.name, instruction_no
    audit.record(
        session, actor, "evidence.destroy", "evidence_slot", slot_id, reason=instruction_no, last_day=str(last_day)
    )
    erase(session, forget_upload(session, slot_id, actor.at))


def _shown(session: Session, file: EvidenceFile) -> dict[str, Any]:
    return queries.shown(result_queries.slot_by_id(session, file.slot_id), file)
