"""Visit requests 外访申请 and the decisions made on them."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.db import Base, Decided, Id, Stamped
from fieldops.visits.states import OPEN


class Visit(Stamped, Base):
    """One visit to one debtor at one address, from request to result; several cards may share it.

    ``status`` follows the table of ``visits.states``; ``purpose``: COLLECT, VERIFY, DELIVER_LETTER, ANTI_FRAUD.
    ``codes`` are the findings of WARN and above of the last decision, ``waived`` those a supervisor set aside with
    a reason, ``accepted`` the doubts a person let stand: a code, or a code and the row it is about. ``windows`` are
    pairs of seconds since local midnight in which the visit may begin.
    """

    __tablename__ = "visit"
    __table_args__ = (
        sa.Index(
            "uq_visit_open_per_address",
            "debtor_id",
            "address_key",
            unique=True,
            postgresql_where=sa.text("status IN ('" + "','".join(OPEN) + "') AND address_key <> ''"),
        ),
        sa.Index(
            "ix_visit_waiting",
            sa.text("(-priority)"),
            "created_at",
            "id",
            postgresql_where=sa.text("status = 'PENDING_REVIEW'"),
        ),
        sa.Index(None, "status"),
        sa.Index(None, "debtor_id"),
        sa.Index(None, "address_id"),
        sa.Index(None, "address_key"),
        sa.Index(None, "site_key"),
    )

    id: Mapped[Id]
    no: Mapped[str] = mapped_column(unique=True)
    debtor_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("debtor.id"))
    bank_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("bank.id"))
    address_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("address.id"))
    address_key: Mapped[str]
    site_key: Mapped[str]
    address_kind: Mapped[str]
    purpose: Mapped[str]
    reason: Mapped[str]
    goal: Mapped[str]
    status: Mapped[str]
    status_before_hold: Mapped[str | None]
    status_reason: Mapped[str | None]
    verdict: Mapped[str]
    codes: Mapped[list[str]] = mapped_column(default=list)
    waived: Mapped[list[str]] = mapped_column(default=list)
    accepted: Mapped[list[str]] = mapped_column(default=list)
    waiver_reason: Mapped[str | None]
    policy_edition: Mapped[str]
    priority: Mapped[int]
    amount_fen: Mapped[int]
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    point_precision: Mapped[str | None]
    windows: Mapped[list[Any]] = mapped_column(default=list)
    requested_by: Mapped[str]
    approved_by: Mapped[str | None]
    approve_comment: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    valid_until_on: Mapped[date | None]
    done_at: Mapped[datetime | None]


class VisitCase(Base):
    """A card that shares the visit."""

    __tablename__ = "visit_case"
    __table_args__ = (sa.Index(None, "case_id"),)

    visit_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("visit.id"), primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("case.id"), primary_key=True)


class VisitDecision(Decided, Base):
    """The rules' answer at one stage: every finding with its inputs, so it can be shown and replayed."""

    __tablename__ = "visit_decision"
    __table_args__ = (sa.Index(None, "visit_id", "id"),)

    id: Mapped[Id]
    visit_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("visit.id"))
    policy_scope: Mapped[str]
