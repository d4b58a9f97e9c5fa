"""Numbered stock: what was received, where every number is, and each hand-over by two logins."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.db import Base, Id, Stamped


class StockLot(Base):
    """A range of numbered sheets that was received and counted; two lots of a series never overlap."""

    __tablename__ = "stock_lot"

    id: Mapped[Id]
    kind_no: Mapped[int] = mapped_column(sa.Integer)
    series: Mapped[str]
    low: Mapped[int]
    high: Mapped[int]
    supplier: Mapped[str]
    received_by: Mapped[str]
    counted_by: Mapped[str]
    received_at: Mapped[datetime]


class StockSpan(Base):
    """Numbers of a lot that are in one place. The spans of a lot never overlap and always add up to it."""

    __tablename__ = "stock_span"
    __table_args__ = (sa.Index(None, "lot_id"),)

    id: Mapped[Id]
    lot_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("stock_lot.id"))
    kind_no: Mapped[int] = mapped_column(sa.Integer)
    series: Mapped[str]
    low: Mapped[int]
    high: Mapped[int]
    state: Mapped[str]
    holder: Mapped[str]


class StockHandover(Stamped, Base):
    """Numbers one login hands over and another counts and accepts, or declines.

    ``kind``: RECEIPT from a supplier, ISSUE to a person, RETURN to the store, DESTRUCTION before a witness.
    """

    __tablename__ = "stock_handover"
    __table_args__ = (
        sa.Index(None, "status"),
        sa.CheckConstraint("answered_by <> offered_by", name="two_logins"),
    )

    id: Mapped[Id]
    kind: Mapped[str]
    kind_no: Mapped[int] = mapped_column(sa.Integer)
    series: Mapped[str]
    low: Mapped[int]
    high: Mapped[int]
    from_holder: Mapped[str]
    to_holder: Mapped[str]
    status: Mapped[str]
    reason: Mapped[str | None]
    offered_by: Mapped[str]
    offered_at: Mapped[datetime]
    answered_by: Mapped[str | None]
    answered_at: Mapped[datetime | None]


class StockMove(Base):
    """What became of numbers, by whom and why; append-only."""

    __tablename__ = "stock_move"
    __table_args__ = (sa.Index(None, "lot_id", "id"), sa.Index(None, "batch_id"))

    id: Mapped[Id]
    at: Mapped[datetime]
    lot_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("stock_lot.id"))
    event: Mapped[str]
    low: Mapped[int]
    high: Mapped[int]
    holder: Mapped[str]
    actor: Mapped[str]
    second: Mapped[str | None]
    reason: Mapped[str | None]
    photo_sha256: Mapped[str | None]
    batch_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("print_batch.id"))
