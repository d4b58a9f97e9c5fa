"""Use cases of evidence: begin and end an upload, keep what has arrived, the receipt book, what is overdue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from fieldops import audit, jobs
from fieldops.cases.terms import policies_of_cases
from fieldops.clock import local_date, years_later
from fieldops.errors import NotFound, NotNow, TooLarge
from fieldops.evidence import queries
from fieldops.evidence.loose import note_loose
from fieldops.evidence.models import EvidenceFile, Upload, UploadPart
from fieldops.evidence.rules import LIFETIME, OVERDUE, RECEIPTS_SHOWN
from fieldops.evidence.tus import Progress
from fieldops.results import queries as result_queries
from fieldops.results import service as results
from fieldops.results.codes import SLOT_LIMITS, VISIT_LIMIT
from fieldops.visits import queries as visits

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.evidence.formats import Found
    from fieldops.evidence.tus import Wanted
    from fieldops.results.models import EvidenceSlot, VisitResult


def begin_upload(session: Session, actor: Actor, agent_id: UUID, wanted: Wanted) -> Progress:
    """Begin the upload of a slot a result of mine declares; begun before with the same hash, it goes on.

    Raises: NotFound; NotNow SLOT_DIFFERS; TooLarge naming the limit.
    """
    slot = _my_slot(session, wanted.slot_id, agent_id)
    limit = SLOT_LIMITS[slot.kind]
    if wanted.length > limit:
        raise TooLarge("EVIDENCE_TOO_LARGE", f"A piece of kind {slot.kind} has {limit} bytes at most.", limit=limit)
    if (wanted.sha256, wanted.length) != (slot.sha256, slot.length):
        detail = "The result declares another hash or length for this slot; give other bytes a slot of their own."
        raise NotNow("SLOT_DIFFERS", detail)
    if queries.bytes_of_visit(session, slot.visit_id, but=slot.id) + slot.length > VISIT_LIMIT:
        detail = f"All evidence of a visit has {VISIT_LIMIT} bytes at most."
        raise TooLarge("VISIT_TOO_LARGE", detail, limit=VISIT_LIMIT)
    times = {"begun_at": actor.at, "expires_at": actor.at + LIFETIME}
    fresh = insert(Upload).values(slot_id=slot.id, length=slot.length, received=0, **times)
    if session.scalar(fresh.on_conflict_do_nothing().returning(Upload.slot_id)) is not None:
        audit.record(session, actor, "evidence.begin", "evidence_slot", slot.id, length=slot.length)
    return upload_progress(session, agent_id, slot.id)


def _my_slot(session: Session, slot_id: UUID, agent_id: UUID) -> EvidenceSlot:
    """A slot of this agent. Raises: NotFound, the same for another's and for none."""
    slot = result_queries.slot_by_id(session, slot_id)
    if slot.agent_id != agent_id:
        raise NotFound("SLOT_UNKNOWN", f"No result declares the evidence {slot_id}; sync the result first.")
    return slot


def upload_progress(session: Session, agent_id: UUID, slot_id: UUID) -> Progress:
    """How far an upload of mine is. Raises: NotFound."""
    upload = queries.upload_of(session, slot_id, agent_id)
    done = upload.received == upload.length
    return Progress(slot_id, upload.received, upload.length, None if done else upload.expires_at)


def end_upload(session: Session, actor: Actor, agent_id: UUID, slot_id: UUID) -> None:
    """Give up an upload of mine; the slot still waits for its bytes. Raises: NotFound, NotNow once kept."""
    upload = queries.upload_of(session, slot_id, agent_id, lock=True)
    if upload.received == upload.length:
        raise NotNow("EVIDENCE_KEPT", "All bytes have arrived and are evidence now; nobody takes them back.")
    audit.record(session, actor, "evidence.give_up", "evidence_slot", slot_id, received=upload.received)
    erase(session, forget_upload(session, slot_id, actor.at))


def erase(session: Session, names: Sequence[str]) -> None:
    """Let a job take these objects out of the store once this transaction has said so."""
    if names:
        jobs.defer(session, "evidence.erase", names=list(names))


def forget_upload(session: Session, slot_id: UUID, now: datetime) -> list[str]:
    """Take an upload and its parts off the tables; the names of the objects nobody needs any longer, noted as loose."""
    gone = [part.object_sha256 for part in queries.parts_of(session, slot_id)]
    note_loose(session, gone, slot_id=slot_id, since=now)
    session.execute(sa.delete(UploadPart).where(UploadPart.slot_id == slot_id))
    session.execute(sa.delete(Upload).where(Upload.slot_id == slot_id))
    return gone


def forget_if_expired(session: Session, slot_id: UUID, now: datetime) -> list[str]:
    """Take an upload off the tables unless somebody has gone on with it after all; the objects that are free to go."""
    upload = session.get(Upload, slot_id, with_for_update=True)
    if upload is None or upload.received == upload.length or upload.expires_at > now:
        return []
    return forget_upload(session, slot_id, now)


def keep_evidence(session: Session, actor: Actor, slot_id: UUID, found: Found) -> None:
    """All bytes of a slot are here and prove to be what was declared: they are evidence from now on."""
    slot = result_queries.slot_by_id(session, slot_id)
    until = retain_until(session, slot.visit_id, local_date(actor.at))
    session.add(
        EvidenceFile(
            slot_id=slot_id,
            media_type=found.media_type,
            width_px=found.width_px,
            height_px=found.height_px,
            duration_s=found.duration_s,
            kept_at=actor.at,
            retain_until=until,
        )
    )
    session.flush()
    audit.record(session, actor, "evidence.keep", "evidence_slot", slot_id, sha256=slot.sha256, kind=slot.kind)
    results.take_evidence(session, actor, slot_id)


def retain_until(session: Session, visit_id: UUID, kept_on: date) -> date:
    """The years of the card that asks most, after the later of that day and the last one on which one is entrusted."""
    case_ids = visits.cards_of(session, [visit_id])[visit_id]
    years = max(each.evidence.retention_years for each in policies_of_cases(session, case_ids, kept_on).values())
    last_day, _ = queries.entrusted_until(session, visit_id)
    return years_later(max(kept_on, last_day or kept_on), years)


def receipt_book(session: Session, agent_id: UUID, now: datetime) -> dict[str, Any]:
    """What the server holds of my results of the last month, evidence n of n 回执簿, and what became of each."""
    rows = queries.results_of_agent(session, agent_id, since=now - RECEIPTS_SHOWN)
    slot_ids = [UUID(slot["id"]) for result, _ in rows for slot in result.slots]
    held = queries.held_of_slots(session, slot_ids)
    arrived = {slot.id: slot.arrived_at for slot in result_queries.slots_by_ids(session, slot_ids)}
    return {"server_time": now, "results": [_receipt(result, no, held, arrived) for result, no in rows]}


def _receipt(result: VisitResult, visit_no: str, held: dict[UUID, int], arrived: dict[UUID, Any]) -> dict[str, Any]:
    slots = [
        {**slot, "received": held.get(UUID(slot["id"]), 0), "arrived_at": arrived[UUID(slot["id"])]}
        for slot in result.slots
    ]
    return {
        **{name: getattr(result, name) for name in ("id", "visit_id", "number", "received_at", "status", "flags")},
        "visit_no": visit_no,
        "review_note": result.review_note,
        "complete_at": result.complete_at,
        "slots_declared": len(slots),
        "slots_arrived": sum(slot["arrived_at"] is not None for slot in slots),
        "slots": slots,
    }


def evidence_overdue(session: Session, now: datetime) -> list[dict[str, Any]]:
    """The reminder list 证据催传: results whose evidence has not all arrived two days after it was declared."""
    return queries.results_awaited(session, declared_before=now - OVERDUE)
