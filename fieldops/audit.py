"""Who did what, to which thing, when and why: one row in the transaction of each change, never altered."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldops.db import Base, uuid7


class AuditEntry(Base):
    """One line of the audit log; a trigger refuses UPDATE, DELETE and TRUNCATE."""

    __tablename__ = "audit_entry"
    __table_args__ = (sa.Index(None, "entity", "entity_id", "id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid7)
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    entity: Mapped[str]
    entity_id: Mapped[str]
    reason: Mapped[str | None]
    detail: Mapped[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and the instant they act: handed to every use case that changes something."""

    name: str
    at: datetime
    user_id: uuid.UUID | None = None
    roles: frozenset[str] = frozenset()


def record(
    session: Session,
    actor: Actor,
    action: str,
    entity: str,
    entity_id: object,
    *,
    reason: str | None = None,
    **detail: Any,
) -> None:
    """Write one audit row beside the change it tells of; ``detail`` is plain JSON without personal numbers."""
    session.add(
        AuditEntry(
            at=actor.at,
            actor=actor.name,
            action=action,
            entity=entity,
            entity_id=str(entity_id),
            reason=reason,
            detail=detail,
        )
    )
