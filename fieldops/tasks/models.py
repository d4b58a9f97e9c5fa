"""Who must do what by when: any feature may open a task."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from fieldops.db import Base, Id


class Task(Base):
    """One thing a role must do by an instant; the same thing is opened once."""

    __tablename__ = "task"
    __table_args__ = (sa.UniqueConstraint("kind", "entity_id"),)

    id: Mapped[Id]
    kind: Mapped[str]
    role: Mapped[str]
    entity: Mapped[str]
    entity_id: Mapped[uuid.UUID]
    detail: Mapped[dict[str, Any]]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None]
