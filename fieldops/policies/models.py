"""Editions of the user's own: policies and holiday calendars, drafted by one person and activated by another."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.db import Base, Id
from fieldops.policies.edition import DRAFT


class PolicyEdition(Base):
    """One edition of a policy or of a year's calendar; what it says never changes, a trigger sees to it.

    ``kind``: POLICY or CALENDAR; ``first_on`` is the day a policy begins, or the first of January of the calendar's
    year; ``status``: DRAFT, ACTIVE, WITHDRAWN.
    """

    __tablename__ = "policy_edition"
    __table_args__ = (
        sa.CheckConstraint("activated_by <> drafted_by", name="four_eyes"),
        sa.Index(
            "uq_policy_edition_name", "kind", "name", unique=True, postgresql_where=sa.text("status <> 'WITHDRAWN'")
        ),
        sa.Index(
            "uq_policy_edition_begins",
            "first_on",
            unique=True,
            postgresql_where=sa.text("kind = 'POLICY' AND status = 'ACTIVE'"),
        ),
    )

    id: Mapped[Id]
    kind: Mapped[str]
    name: Mapped[str]
    first_on: Mapped[date]
    status: Mapped[str] = mapped_column(default=DRAFT)
    document: Mapped[dict[str, Any]]
    reason: Mapped[str]
    drafted_by: Mapped[str]
    drafted_at: Mapped[datetime]
    activated_by: Mapped[str | None]
    activated_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_because: Mapped[str | None]
