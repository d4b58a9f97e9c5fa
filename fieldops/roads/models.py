"""Legs that a road service has told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from fieldops.db import Base


class RoadLeg(Base):
    """One leg a road service has told; no seconds: it knows no way. Keys are points rounded to 1e-5 degrees."""

    __tablename__ = "road_leg"

    service: Mapped[str] = mapped_column(primary_key=True)
    mode: Mapped[str] = mapped_column(primary_key=True)
    from_key: Mapped[int] = mapped_column(primary_key=True)
    to_key: Mapped[int] = mapped_column(primary_key=True)
    seconds: Mapped[int | None]
    metres: Mapped[int | None]
    asked_at: Mapped[datetime]
