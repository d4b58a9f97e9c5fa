"""What crews found 外访结果: one result per visit and version, one line per card."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.db import Base


class VisitResult(Base):
    """What was found at the door, in three dimensions; the id is made by the phone.

    ``number`` counts the results of a visit; nothing is overwritten. ``is_primary`` is the one that counts: the first
    from a crew that was there. ``address_finding`` is None when nobody was (O24). ``slots`` declares the evidence that
    must arrive, ``complete_at`` is when the last of it had. ``flags`` tell a reviewer what is unusual (AFTER_RECALL,
    OUT_OF_SCOPE, SECOND_RESULT, LATE …), ``signals`` what fixes and evidence say, each with its weight, and ``score``
    their sum. ``status``: SUBMITTED, ACCEPTED, RETURNED, or CORRECTED by a newer version, whose ``corrects`` names it.
    """

    __tablename__ = "visit_result"
    __table_args__ = (
        sa.UniqueConstraint("visit_id", "number"),
        sa.Index("uq_visit_result_primary", "visit_id", unique=True, postgresql_where=sa.text("is_primary")),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    visit_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("visit.id"))
    number: Mapped[int]
    is_primary: Mapped[bool]
    agent_id: Mapped[uuid.UUID]
    device_id: Mapped[uuid.UUID | None]
    address_finding: Mapped[str | None]
    person_met: Mapped[str]
    identity_verified: Mapped[bool]
    identity_shown: Mapped[bool]
    summary: Mapped[str]
    next_step: Mapped[str]
    arrived_at: Mapped[datetime]
    left_at: Mapped[datetime]
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    accuracy_m: Mapped[float | None]
    distance_m: Mapped[int | None]
    slots: Mapped[list[Any]] = mapped_column(default=list)
    flags: Mapped[list[str]] = mapped_column(default=list)
    status: Mapped[str] = mapped_column(default="SUBMITTED")
    received_at: Mapped[datetime]
    complete_at: Mapped[datetime | None]
    corrects: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("visit_result.id"))
    signals: Mapped[list[Any]] = mapped_column(default=list)
    score: Mapped[int] = mapped_column(default=0)
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[str | None]
    review_note: Mapped[str | None]


class EvidenceSlot(Base):
    """One piece of evidence a result has declared 证据槽位; its bytes come later, under the id the phone has made.

    The id is what it is; ``sha256`` only checks: two photos may well be the same.
    """

    __tablename__ = "evidence_slot"
    __table_args__ = (
        sa.Index(None, "visit_id"),
        sa.Index("ix_evidence_slot_awaited", "declared_at", postgresql_where=sa.text("arrived_at IS NULL")),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    visit_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("visit.id"))
    agent_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    sha256: Mapped[str]
    length: Mapped[int]
    declared_at: Mapped[datetime]
    arrived_at: Mapped[datetime | None]


class ResultLine(Base):
    """The outcome for one card; there is no column for money received."""

    __tablename__ = "result_line"

    result_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("visit_result.id"), primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("case.id"), primary_key=True)
    outcome: Mapped[str]
    promise_fen: Mapped[int | None]
    promise_on: Mapped[date | None]
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
