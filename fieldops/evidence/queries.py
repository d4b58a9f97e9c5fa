"""Reads of evidence: uploads and their parts, what is kept, what is awaited, who holds what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from fieldops.cases.models import Case
from fieldops.cases.states import ENDED
from fieldops.errors import NotFound
from fieldops.evidence.models import ChainLink, EvidenceFile, Upload, UploadPart
from fieldops.evidence.sealed import Part
from fieldops.results.models import EvidenceSlot, VisitResult
from fieldops.rows import read_rows
from fieldops.sync.models import VisitEvent
from fieldops.visits.models import Visit, VisitCase

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


def upload_of(session: Session, slot_id: UUID, agent_id: UUID, *, lock: bool = False) -> Upload:
    """The upload of a slot of this agent. Raises: NotFound, the same for another's and for none."""
    query = sa.select(Upload).join(EvidenceSlot, EvidenceSlot.id == Upload.slot_id)
    query = query.where(Upload.slot_id == slot_id, EvidenceSlot.agent_id == agent_id)
    upload = session.scalar(query.with_for_update(of=Upload) if lock else query)
    if upload is None:
        detail = "There is no such upload, or it has expired; begin it with POST /mobile/uploads."
        raise NotFound("UPLOAD_UNKNOWN", detail)
    return upload


def parts_of(session: Session, slot_id: UUID) -> list[Part]:
    """The parts of an upload, in order."""
    query = sa.select(UploadPart.start, UploadPart.length, UploadPart.object_sha256)
    rows = session.execute(query.where(UploadPart.slot_id == slot_id).order_by(UploadPart.start))
    return [Part(*row) for row in rows]


def bytes_of_visit(session: Session, visit_id: UUID, *, but: UUID) -> int:
    """How many bytes the uploads of a visit have, begun or done, one slot aside."""
    total = sa.select(sa.func.coalesce(sa.func.sum(Upload.length), 0))
    joined = total.join(EvidenceSlot, EvidenceSlot.id == Upload.slot_id)
    return int(session.scalars(joined.where(EvidenceSlot.visit_id == visit_id, Upload.slot_id != but)).one())


def uploads_expired(session: Session, now: datetime) -> list[UUID]:
    """Uploads nobody has gone on with in time."""
    query = sa.select(Upload.slot_id).where(Upload.received < Upload.length, Upload.expires_at <= now)
    return list(session.scalars(query.order_by(Upload.expires_at)))


def file_of(session: Session, slot_id: UUID, *, lock: bool = False) -> EvidenceFile:
    """A piece of evidence that is kept. Raises: NotFound where the bytes have not arrived."""
    file = session.get(EvidenceFile, slot_id, with_for_update=lock or None)
    if file is None:
        raise NotFound("EVIDENCE_NOT_HERE", f"The bytes of {slot_id} have not arrived; ask the crew to sync.")
    return file


def entrusted_until(session: Session, visit_id: UUID) -> tuple[date | None, bool]:
    """The last day on which a card of a visit is entrusted, and whether one of them is still being collected."""
    ends = sa.func.max(sa.func.coalesce(Case.extension_until, Case.expiry_on, Case.entrusted_on))
    query = sa.select(ends, sa.func.bool_or(Case.status.not_in(ENDED)))
    row = session.execute(query.join(VisitCase, VisitCase.case_id == Case.id).where(VisitCase.visit_id == visit_id))
    day, collected = row.one()
    return day, bool(collected)


def results_awaited(session: Session, *, declared_before: datetime) -> list[dict[str, Any]]:
    """Results whose declared evidence has not all arrived although it has been awaited for long, oldest first."""
    declares = VisitResult.slots.contains(
        sa.func.jsonb_build_array(sa.func.jsonb_build_object("id", sa.cast(EvidenceSlot.id, sa.Text)))
    )
    query = (
        sa.select(
            VisitResult.id.label("result_id"),
            VisitResult.visit_id,
            Visit.no.label("visit_no"),
            VisitResult.agent_id,
            sa.func.min(EvidenceSlot.declared_at).label("declared_at"),
            sa.func.count().label("missing"),
        )
        .join(Visit, Visit.id == VisitResult.visit_id)
        .join(EvidenceSlot, sa.and_(EvidenceSlot.visit_id == VisitResult.visit_id, declares))
        .where(VisitResult.complete_at.is_(None), EvidenceSlot.arrived_at.is_(None))
        .where(EvidenceSlot.declared_at <= declared_before)
        .group_by(VisitResult.id, VisitResult.visit_id, Visit.no, VisitResult.agent_id)
    )
    return [dict(row) for row in session.execute(query.order_by(sa.text("declared_at"))).mappings()]


def results_of_agent(session: Session, agent_id: UUID, *, since: datetime) -> list[tuple[VisitResult, str]]:
    """An agent's results, newest first, with the number of their visit."""
    query = sa.select(VisitResult, Visit.no).join(Visit, Visit.id == VisitResult.visit_id)
    query = query.where(VisitResult.agent_id == agent_id, VisitResult.received_at >= since)
    rows = session.execute(query.order_by(VisitResult.received_at.desc(), VisitResult.id))
    return [(result, no) for result, no in rows]


def held_of_slots(session: Session, slot_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many bytes of each slot are here."""
    query = sa.select(Upload.slot_id, Upload.received).where(Upload.slot_id.in_(list(slot_ids)))
    return {slot_id: received for slot_id, received in session.execute(query)}  # noqa: C416 - rows are not pairs


def evidence_of_visit(session: Session, visit_id: UUID) -> list[dict[str, Any]]:
    """Every piece of evidence a visit's results declare, with what is known of the bytes."""
    query = (
        sa.select(EvidenceSlot, EvidenceFile)
        .outerjoin(EvidenceFile, EvidenceFile.slot_id == EvidenceSlot.id)
        .where(EvidenceSlot.visit_id == visit_id)
        .order_by(EvidenceSlot.declared_at, EvidenceSlot.id)
    )
    return [shown(slot, file) for slot, file in session.execute(query)]


def shown(slot: EvidenceSlot, file: EvidenceFile | None) -> dict[str, Any]:
    """A slot and its file as one thing."""
    columns = EvidenceFile.__table__.columns.keys()
    told = {name: getattr(file, name) if file else None for name in columns}
    declared = EvidenceSlot.__table__.columns.keys()
    return {**told, **{name: getattr(slot, name) for name in declared}}


_HELD: Final = """
    WITH told AS (
        SELECT row_number() OVER link AS place, hash,
            n = row_number() OVER link AND prev_hash = coalesce(lag(hash) OVER link, %(first)s) AS follows
        FROM chain_link WHERE device_id = %(device_id)s WINDOW link AS (ORDER BY n, received_at)
    ), whole AS (
        SELECT count(*) AS kept, coalesce(min(place) FILTER (WHERE NOT follows) - 1, count(*)) AS held FROM told)
    SELECT kept, held, (SELECT hash FROM told WHERE place = held) FROM whole
"""


def held_of_chain(session: Session, device_id: UUID, *, first: str) -> tuple[int, int, str | None]:
    """How many links of a phone are kept, how many follow each other from the first on, and the hash of the last such.

    Cost: a phone makes some fifteen thousand links a year; none of them leaves the database.
    """
    ((kept, held, held_hash),) = read_rows(session, _HELD, {"device_id": device_id, "first": first})
    return kept, held, held_hash


def links_between(session: Session, device_id: UUID, first: int, last: int) -> list[ChainLink]:
    """The links of a phone from one number to another, in order."""
    query = sa.select(ChainLink).where(ChainLink.device_id == device_id, ChainLink.n.between(first, last))
    return list(session.scalars(query.order_by(ChainLink.n, ChainLink.received_at)))


def chain_spans(session: Session, visit_id: UUID) -> list[tuple[UUID, int, int]]:
    """From which link to which each phone tells of a visit."""
    ends = sa.select(ChainLink.device_id, sa.func.min(ChainLink.n), sa.func.max(ChainLink.n))
    rows = session.execute(
        ends.where(ChainLink.visit_id == visit_id).group_by(ChainLink.device_id).order_by(ChainLink.device_id)
    )
    return [(device_id, first, last) for device_id, first, last in rows]


def reports_of_visit(session: Session, visit_id: UUID) -> list[tuple[UUID, dict[str, Any]]]:
    """What phones have reported of a visit, as they sent it."""
    rows = session.execute(
        sa.select(VisitEvent.id, VisitEvent.payload).where(VisitEvent.visit_id == visit_id).order_by(VisitEvent.id)
    )
    return [(mutation_id, payload) for mutation_id, payload in rows]
