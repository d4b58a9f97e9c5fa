"""Paper after the printer: every copy of a letter, in whose hands it went, and what was printed again."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.db import Base, Id


class Reprint(Base):
    """What was printed again and why: the gap of a jam (GAP), or counted copies of single letters (COPY).

    ``letters`` names each letter and the number of its new copy; ``part`` is the file made of the same bytes.
    """

    __tablename__ = "reprint"
    __table_args__ = (sa.Index(None, "batch_id"),)

    id: Mapped[Id]
    batch_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("print_batch.id"))
    kind: Mapped[str]
    reason: Mapped[str]
    letters: Mapped[list[Any]]
    part: Mapped[int | None]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]


class PrintCopy(Base):
    """One copy of a letter on paper. It counts until it is ended: spoiled or void, by whom and why.

    Whoever destroys the paper and whoever sees it done are two people. A letter has one copy that counts, at most.
    """

    __tablename__ = "print_copy"
    __table_args__ = (
        sa.UniqueConstraint("letter_id", "copy_no"),
        sa.Index(None, "batch_id"),
        sa.Index("uq_print_copy_live", "letter_id", unique=True, postgresql_where=sa.text("ended_at IS NULL")),
        sa.CheckConstraint("witness <> destroyed_by", name="two_people"),
        sa.CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="ended_with_reason"),
    )

    id: Mapped[Id]
    letter_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("letter.id"))
    batch_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("print_batch.id"))
    copy_no: Mapped[int] = mapped_column(sa.Integer)
    sheets: Mapped[int] = mapped_column(sa.Integer)
    printed_at: Mapped[datetime]
    printed_by: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    end_reason: Mapped[str | None]
    photo_sha256: Mapped[str | None]
    destroyed_by: Mapped[str | None]
    destroyed_at: Mapped[datetime | None]
    witness: Mapped[str | None]
    witnessed_at: Mapped[datetime | None]


class CustodyEntry(Base):
    """Who has a letter's paper from this instant on; append-only."""

    __tablename__ = "custody_entry"
    __table_args__ = (sa.Index(None, "letter_id", "id"),)

    id: Mapped[Id]
    at: Mapped[datetime]
    letter_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("letter.id"))
    copy_no: Mapped[int | None] = mapped_column(sa.Integer)
    event: Mapped[str]
    holder: Mapped[str]
    holder_name: Mapped[str]
    actor: Mapped[str]
    reason: Mapped[str | None]
