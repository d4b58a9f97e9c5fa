"""Accounts."""

from __future__ import annotations

import uuid

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
