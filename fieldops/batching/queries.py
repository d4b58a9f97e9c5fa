"""Reads of batches: what may be batched, what is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from fieldops.addresses.models import Address
from fieldops.addresses.queries import among
from fieldops.batching.models import BatchedVisit, VisitBatch
from fieldops.errors import NotFound
from fieldops.visits import states
from fieldops.visits.models import Visit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy.orm import Session

_LIVE = ("LOCKED", "PLANNED")


def approved_visit_ids(session: Session) -> list[UUID]:
    """The visits that wait for a batch."""
    return list(session.scalars(sa.select(Visit.id).where(Visit.status == states.APPROVED)))


def visit_ids_left_over(session: Session, before: date) -> list[UUID]:
    """Batched visits whose day is over without them."""
    query = (
        sa.select(Visit.id)
        .join(BatchedVisit, BatchedVisit.visit_id == Visit.id)
        .join(VisitBatch, VisitBatch.id == BatchedVisit.batch_id)
        .where(Visit.status == states.BATCHED, VisitBatch.on_date < before)
    )
    return list(session.scalars(query))


def debtors_visited_on(session: Session, on_date: date) -> set[UUID]:
    """Debtors who have a visit in a batch of that day already."""
    query = (
        sa.select(Visit.debtor_id)
        .join(BatchedVisit, BatchedVisit.visit_id == Visit.id)
        .join(VisitBatch, VisitBatch.id == BatchedVisit.batch_id)
        .where(VisitBatch.on_date == on_date, VisitBatch.status.in_(_LIVE))
    )
    return set(session.scalars(query))


def region_codes(session: Session, address_ids: Iterable[UUID]) -> dict[UUID, str | None]:
    """The county of each address."""
    query = sa.select(Address.id, Address.region_code).where(among(Address.id, address_ids))
    return dict(session.execute(query).all())


def batch_by_id(session: Session, batch_id: UUID, *, lock: bool = False) -> VisitBatch:
    """The batch of that id. Raises: NotFound."""
    batch = session.get(VisitBatch, batch_id, with_for_update=lock, populate_existing=lock)
    if batch is None:
        raise NotFound("BATCH_UNKNOWN", f"There is no batch {batch_id}; list them with GET /batches.")
    return batch


def visit_ids_of_batch(session: Session, batch_id: UUID) -> list[UUID]:
    """The visits in a batch."""
    return list(session.scalars(sa.select(BatchedVisit.visit_id).where(BatchedVisit.batch_id == batch_id)))


def accepted_for(session: Session, visit_ids: Iterable[UUID]) -> dict[UUID, frozenset[str]]:
    """The doubts about the day that a supervisor accepted when these visits were batched."""
    query = sa.select(BatchedVisit.visit_id, VisitBatch.accepted).join(
        VisitBatch, VisitBatch.id == BatchedVisit.batch_id
    )
    rows = session.execute(query.where(among(BatchedVisit.visit_id, visit_ids)))
    return {visit_id: frozenset(accepted) for visit_id, accepted in rows}


def batches(session: Session, on_date: date | None, *, batch_ids: Sequence[UUID] = ()) -> list[dict[str, Any]]:
    """Batches with the number of their visits, newest day first."""
    count = sa.select(sa.func.count()).where(BatchedVisit.batch_id == VisitBatch.id).scalar_subquery()
    query = sa.select(VisitBatch, count).order_by(VisitBatch.on_date.desc(), VisitBatch.id).limit(1000)
    if on_date is not None:
        query = query.where(VisitBatch.on_date == on_date)
    if batch_ids:
        query = query.where(among(VisitBatch.id, batch_ids))
    return [_shown(batch, visits) for batch, visits in session.execute(query)]


def shown_batch(session: Session, batch_id: UUID) -> dict[str, Any]:
    """One batch with its visits. Raises: NotFound."""
    batch = batch_by_id(session, batch_id)
    query = (
        sa.select(Visit.id, Visit.no, Visit.status, Visit.priority, Visit.lat, Visit.lon, Address.raw.label("address"))
        .join(BatchedVisit, BatchedVisit.visit_id == Visit.id)
        .join(Address, Address.id == Visit.address_id)
        .where(BatchedVisit.batch_id == batch_id)
        .order_by(Visit.priority.desc(), Visit.id)
    )
    visits = [dict(row) for row in session.execute(query).mappings()]
    return {**_shown(batch, len(visits)), "items": visits}


def _shown(batch: VisitBatch, visits: int) -> dict[str, Any]:
    said = ("id", "on_date", "area", "status", "made_by", "accepted", "comment", "created_at", "version")
    return {name: getattr(batch, name) for name in said} | {"visits": visits}
