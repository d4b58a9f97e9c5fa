"""Which tasks there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from fieldops.tasks.models import Task

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session


def tasks_of(
    session: Session, roles: Iterable[str], *, done: bool, after: UUID | None = None, limit: int = 100
) -> Sequence[Task]:
    """The tasks of these roles, oldest first, that are done or still to do."""
    finished = Task.done_at.is_not(None) if done else Task.done_at.is_(None)
    chosen = sa.select(Task).where(Task.role.in_(list(roles)), finished).order_by(Task.id).limit(limit)
    if after is not None:
        chosen = chosen.where(Task.id > after)
    return session.scalars(chosen).all()


def task_of(session: Session, kind: str, entity_id: UUID) -> Task | None:
    """The one task of this kind about this thing."""
    return session.scalar(sa.select(Task).filter_by(kind=kind, entity_id=entity_id))
