"""Accounts, and the answers they were given."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.db import Base, Id, Stamped


class UserAccount(Stamped, Base):
    """One person (or service) who may log in; ``agent_id`` ties a field agent to a crew member."""

    __tablename__ = "user_account"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    password_hash: Mapped[str]
    roles: Mapped[list[str]]
    agent_id: Mapped[uuid.UUID | None]
    active: Mapped[bool] = mapped_column(default=True)


class IdempotencyKey(Base):
    """An answer already given to a POST with this key, kept so that a repeat changes nothing."""

    __tablename__ = "idempotency_key"

    user_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    body_sha256: Mapped[bytes]
    status: Mapped[int]
    answer: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
