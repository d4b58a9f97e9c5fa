"""Who did what, to which thing, when and why: one row in the transaction of each change, never altered."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldops.db import Base, uuid7
from fieldops.rows import insert_new, insert_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class AuditEntry(Base):
    """One line of the audit log; a trigger refuses UPDATE, DELETE and TRUNCATE."""

    __tablename__ = "audit_entry"
    __table_args__ = (sa.Index(None, "entity", "entity_id", "id"), sa.Index(None, "at", postgresql_using="brin"))

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


@dataclass(frozen=True, slots=True)
class Act:
    """One thing an actor did, as ``record`` is told of it."""

    action: str
    entity: str
    entity_id: object
    reason: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)


def record_all(session: Session, actor: Actor, acts: Iterable[Act]) -> None:
    """Write one audit row for each act, in their order. Cost: one statement."""
    insert_rows(session, AuditEntry, [_of(act) for act in acts], same={"at": actor.at, "actor": actor.name})


def record_new(
    session: Session, actor: Actor, table: type[Base], rows: Sequence[Mapping[str, Any]], acts: Iterable[Act]
) -> None:
    """Insert rows unless they are there, and write the act about each that was not. Cost: one statement."""
    insert_new(session, table, rows, AuditEntry, [_row(actor, act) for act in acts])


def _row(actor: Actor, act: Act) -> dict[str, Any]:
    return {**_of(act), "at": actor.at, "actor": actor.name}


def _of(act: Act) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "action": act.action,
        "entity": act.entity,
        "entity_id": str(act.entity_id),
        "reason": act.reason,
        "detail": act.detail,
    }


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
    session.add(AuditEntry(**_row(actor, Act(action, entity, entity_id, reason, detail))))
