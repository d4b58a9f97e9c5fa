"""Approved visits gathered by area 外访批次."""

from __future__ import annotations

import uuid
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.db import Base, Id, Stamped


class VisitBatch(Stamped, Base):
    """The visits of one area for one day; ``status``: LOCKED, PLANNED, CLOSED, CANCELLED.

    ``accepted`` are doubts about the day (VR-071: a holiday) that a supervisor set aside with ``comment``.
    """

    __tablename__ = "visit_batch"

    id: Mapped[Id]
    on_date: Mapped[date]
    area: Mapped[str]
    status: Mapped[str]
    made_by: Mapped[str]
    accepted: Mapped[list[str]] = mapped_column(default=list)
    comment: Mapped[str | None]


class BatchedVisit(Base):
    """A visit in a batch; a visit is in one batch at a time."""

    __tablename__ = "batched_visit"

    visit_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("visit.id"), primary_key=True)
    batch_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("visit_batch.id"), index=True)
