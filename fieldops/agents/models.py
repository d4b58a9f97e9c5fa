"""Field agents and their crews 外访小组."""

from __future__ import annotations

import uuid
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.db import Base, Id, Stamped


class Agent(Stamped, Base):
    """A field agent 外访员; ``substitute_id`` takes their place where they may not go (B角)."""

    __tablename__ = "agent"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    substitute_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("agent.id"))


class AgentPaper(Base):
    """One paper of an agent 资质: its ``kind`` is one of ``agents.rules``; a newer one takes over, none is overwritten.

    ``bank_id`` is the bank an authorisation letter is for (None: every bank). ``until_on`` None never ends.
    """

    __tablename__ = "agent_paper"
    __table_args__ = (sa.Index(None, "agent_id"), sa.UniqueConstraint("agent_id", "kind", "number"))

    id: Mapped[Id]
    agent_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("agent.id"))
    kind: Mapped[str]
    number: Mapped[str]
    bank_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("bank.id"))
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None]


class AgentBankBlock(Base):
    """An agent who may not visit for a bank 调出专案, since when and for what."""

    __tablename__ = "agent_bank_block"
    __table_args__ = (
        sa.Index(
            "uq_agent_bank_block_standing",
            "agent_id",
            "bank_id",
            unique=True,
            postgresql_where=sa.text("lifted_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    agent_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("agent.id"))
    bank_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("bank.id"))
    reason: Mapped[str]
    since_at: Mapped[datetime]
    raised_by: Mapped[str]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None]


class RecorderRegistration(Base):
    """A recorder a bank has on file 录音设备备案."""

    __tablename__ = "recorder_registration"
    __table_args__ = (sa.UniqueConstraint("serial", "bank_id", "from_on"),)

    id: Mapped[Id]
    serial: Mapped[str]
    bank_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("bank.id"))
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None]


class Crew(Stamped, Base):
    """Two people, one vehicle, one recorder, and their working day; points are WGS-84.

    The day ends where it starts unless ``end_lat`` and ``end_lon`` name another place. A break of ``break_s`` lies
    between ``break_from_s`` and ``break_until_s``; None: no break is planned. ``from_on`` and ``until_on`` bound the
    days it works; None is open.
    """

    __tablename__ = "crew"
    __table_args__ = (
        sa.CheckConstraint("(end_lat IS NULL) = (end_lon IS NULL)", name="end_is_a_point"),
        sa.CheckConstraint(
            "num_nulls(break_from_s, break_until_s, break_s) = 3 OR num_nulls(break_from_s, break_until_s, break_s) = 0"
            " AND shift_start_s <= break_from_s AND break_until_s <= shift_end_s"
            " AND 0 < break_s AND break_s <= break_until_s - break_from_s",
            name="break_fits",
        ),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    start_lat: Mapped[float]
    start_lon: Mapped[float]
    end_lat: Mapped[float | None]
    end_lon: Mapped[float | None]
    shift_start_s: Mapped[int]
    shift_end_s: Mapped[int]
    break_from_s: Mapped[int | None]
    break_until_s: Mapped[int | None]
    break_s: Mapped[int | None]
    mode: Mapped[str]
    recorder_serial: Mapped[str | None]
    from_on: Mapped[date | None]
    until_on: Mapped[date | None]
    active: Mapped[bool] = mapped_column(default=True)


class CrewMember(Base):
    """Who belongs to a crew; ``place`` 1 leads. ``since_at`` None: since before that was kept."""

    __tablename__ = "crew_member"
    __table_args__ = (sa.UniqueConstraint("agent_id"),)

    crew_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("crew.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    agent_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("agent.id"))
    since_at: Mapped[datetime | None]


class PastMember(Base):
    """A place in a crew that somebody has left: who was at a door is asked long after crews have changed."""

    __tablename__ = "past_member"
    __table_args__ = (sa.Index(None, "agent_id"), sa.Index(None, "crew_id"))

    id: Mapped[Id]
    crew_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("crew.id"))
    agent_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("agent.id"))
    since_at: Mapped[datetime | None]
    left_at: Mapped[datetime]
