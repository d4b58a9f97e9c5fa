"""Field agents and their crews 外访小组."""

from __future__ import annotations

import uuid
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.db import Base, Id, Stamped


class Agent(Stamped, Base):
    """A field agent 外访员."""

    __tablename__ = "agent"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)


class Crew(Stamped, Base):
    """Two people, one vehicle, one recorder; starts and ends its day at one point (WGS-84).

    ``from_on`` and ``until_on`` bound the days it works; None is open.
    """

    __tablename__ = "crew"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    start_lat: Mapped[float]
    start_lon: Mapped[float]
    shift_start_s: Mapped[int]
    shift_end_s: Mapped[int]
    mode: Mapped[str]
    recorder_serial: Mapped[str | None]
    from_on: Mapped[date | None]
    until_on: Mapped[date | None]
    active: Mapped[bool] = mapped_column(default=True)


class CrewMember(Base):
    """Who belongs to a crew; ``place`` 1 leads."""

    __tablename__ = "crew_member"
    __table_args__ = (sa.UniqueConstraint("agent_id"),)

    crew_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("crew.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    agent_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("agent.id"))
