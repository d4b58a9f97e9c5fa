"""Open a task, do a task: any feature may open one, and the same thing is asked of people once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from fieldops import audit
from fieldops.auth.roles import Role
from fieldops.db import uuid7
from fieldops.errors import NotAllowed, NotFound, NotNow
from fieldops.rows import insert_rows
from fieldops.tasks import queries
from fieldops.tasks.models import Task

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

OVERSEERS = frozenset({Role.SUPERVISOR, Role.MANAGER})


def open_task(
    session: Session,
    actor: audit.Actor,
    kind: str,
    role: str,
    entity: str,
    entity_id: UUID,
    due_at: datetime,
    detail: dict[str, Any] | None = None,
    *,
    again: bool = False,
) -> Task:
    """Ask ``role`` to do something by ``due_at``; asked before about the same thing, the first task stands.

    ``again`` opens the task anew where it was done before: there is more to do about the same thing.
    """
    values = {"kind": kind, "role": role, "entity": entity, "entity_id": entity_id, "detail": detail or {}}
    fresh = insert(Task).values(id=uuid7(), opened_at=actor.at, due_at=due_at, **values).on_conflict_do_nothing()
    made = session.scalar(fresh.returning(Task.id))
    if made is not None:
        audit.record(session, actor, "tasks.open", "task", made, kind=kind, role=role, about=str(entity_id))
    task = session.scalars(sa.select(Task).filter_by(kind=kind, entity_id=entity_id)).one()
    if again and task.done_at is not None:
        task.done_at, task.done_by, task.due_at, task.detail = None, None, due_at, detail or {}
        audit.record(session, actor, "tasks.reopen", "task", task.id, kind=kind, role=role, about=str(entity_id))
    return task


@dataclass(frozen=True, slots=True)
class Asked:
    """One task as ``open_task`` is told of it."""

    kind: str
    role: str
    entity: str
    entity_id: UUID
    due_at: datetime
    detail: dict[str, Any] = field(default_factory=dict)


def open_tasks(session: Session, actor: audit.Actor, asked: Sequence[Asked]) -> None:
    """Ask for many things as ``open_task`` asks for one. Cost: one statement."""
    rows = [{"id": uuid7(), "opened_at": actor.at, **_values(each)} for each in asked]
    acts = [
        audit.Act(
            "tasks.open", "task", row["id"], detail={"kind": one.kind, "role": one.role, "about": str(one.entity_id)}
        )
        for row, one in zip(rows, asked, strict=True)
    ]
    audit.record_new(session, actor, Task, rows, acts)


def open_named(session: Session, at: datetime, asked: Sequence[Asked]) -> None:
    """Ask for many things the act they follow from names in the audit log, each about what is new and asked of nobody.

    Cost: one statement.
    """
    rows = [{"id": uuid7(), **_values(each)} for each in asked]
    insert_rows(session, Task, rows, same={"opened_at": at}, conflict="DO NOTHING")


def _values(asked: Asked) -> dict[str, Any]:
    return {name: getattr(asked, name) for name in ("kind", "role", "entity", "entity_id", "due_at", "detail")}


def finish_if_open(session: Session, actor: audit.Actor, kind: str, entity_id: UUID) -> None:
    """Mark the task of this kind about this thing as done, because its work is."""
    task = queries.task_of(session, kind, entity_id)
    if task is not None and task.done_at is None:
        task.done_at, task.done_by = actor.at, actor.name
        audit.record(session, actor, "tasks.finish", "task", task.id, kind=kind)


def finish_task(session: Session, actor: audit.Actor, task_id: UUID, *, note: str | None = None) -> Task:
    """Mark a task as done.

    Raises: NotFound, NotAllowed for somebody it was not asked of, NotNow when it is done already.
    """
    task = session.get(Task, task_id, with_for_update=True)
    if task is None:
        raise NotFound("TASK_UNKNOWN", f"There is no task {task_id}; list them with GET /api/v1/tasks.")
    if actor.roles.isdisjoint({task.role, *OVERSEERS}):
        raise NotAllowed("TASK_OF_ANOTHER", f"This task is for {task.role}; ask one of them, or a supervisor.")
    if task.done_at is not None:
        raise NotNow("TASK_DONE", f"{task.done_by} did this task already; nothing is left to do.")
    task.done_at, task.done_by = actor.at, actor.name
    audit.record(session, actor, "tasks.finish", "task", task.id, reason=note, kind=task.kind)
    return task


def task_page(
    session: Session,
    actor: audit.Actor,
    *,
    done: bool,
    limit: int,
    role: str | None = None,
    after: UUID | None = None,
) -> dict[str, Any]:
    """One page of the tasks of a role, by default of every role the asker has."""
    items = queries.tasks_of(session, [role] if role else actor.roles, done=done, after=after, limit=limit)
    return {"items": items, "after": items[-1].id if len(items) == limit else None}
