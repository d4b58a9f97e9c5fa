"""Plans of a day: versions, routes, stops, and the visits left out with their reasons."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, column_property, mapped_column

from fieldops.db import Base, Id, Stamped
from fieldops.planning.states import CANCELLED


class DayPlan(Stamped, Base):
    """One version of the plan of one day.

    ``status``: see ``states``; WAITING: its job is queued. ``base_id`` is the plan it was made from and ``asked`` how:
    a re-plan or a move by hand. ``engine`` holds engine, versions, seed, budget and the source of travel times;
    ``totals`` the sums the judge re-added; ``progress`` how far the search is;
    ``tries`` how often it was begun. ``cancelled_by`` cut its search short; ``called_off_by`` made it CANCELLED.
    """

    __tablename__ = "day_plan"
    __table_args__ = (
        sa.UniqueConstraint("on_date", "number"),
        sa.Index("uq_day_plan_published", "on_date", unique=True, postgresql_where=sa.text("status = 'PUBLISHED'")),
    )

    id: Mapped[Id]
    base_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("day_plan.id"))
    on_date: Mapped[date]
    number: Mapped[int]
    status: Mapped[str]
    failure: Mapped[str | None]
    tries: Mapped[int] = mapped_column(default=0, server_default=sa.text("0"))
    budget_s: Mapped[int]
    seed: Mapped[int]
    engine: Mapped[dict[str, Any]] = mapped_column(default=dict)
    totals: Mapped[dict[str, Any]] = mapped_column(default=dict)
    asked: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=sa.text("'{}'::jsonb"))
    progress: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=sa.text("'{}'::jsonb"))
    cancelled_by: Mapped[str | None]
    stops_cancelled: ClassVar[Any]  # a stop that is cancelled is a new version of the plan, without a lock on its row
    made_by: Mapped[str]
    published_by: Mapped[str | None]
    published_at: Mapped[datetime | None]
    called_off_by: Mapped[str | None]
    called_off_at: Mapped[datetime | None]
    called_off_reason: Mapped[str | None]


class CrewRoute(Base):
    """The day of one crew in one plan; ``home_filled``: its way home is no road's, see ``RouteStop.filled``.

    ``rests`` are the breaks on its way, each ``[from, until]`` in seconds since local midnight.
    """

    __tablename__ = "crew_route"

    plan_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("day_plan.id"), primary_key=True)
    crew_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("crew.id"), primary_key=True)
    area: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    travel_s: Mapped[int]
    distance_m: Mapped[int]
    home_filled: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    rests: Mapped[list[Any]] = mapped_column(default=list, server_default=sa.text("'[]'::jsonb"))


class RouteStop(Base):
    """One visit on a route; ``status``: PENDING, CHECKED_IN, DONE, SKIPPED, CANCELLED, ABORTED, since ``status_at``.

    ``filled``: the leg to it is a great circle's, as the road service that was asked told none.
    """

    __tablename__ = "route_stop"
    __table_args__ = (sa.UniqueConstraint("plan_id", "crew_id", "sequence"), sa.Index(None, "visit_id"))

    id: Mapped[Id]
    plan_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("day_plan.id"))
    crew_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("crew.id"))
    visit_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("visit.id"))
    sequence: Mapped[int]
    arrives_at: Mapped[datetime]
    begins_at: Mapped[datetime]
    leaves_at: Mapped[datetime]
    travel_s: Mapped[int]
    distance_m: Mapped[int]
    filled: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    status: Mapped[str] = mapped_column(default="PENDING")
    status_at: Mapped[datetime | None]


class LeftOutVisit(Base):
    """A visit the plan does not hold, with the proved reason and the cheapest repair."""

    __tablename__ = "left_out_visit"

    plan_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("day_plan.id"), primary_key=True)
    visit_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("visit.id"), primary_key=True)
    reason: Mapped[str]
    message_zh: Mapped[str]
    message_en: Mapped[str]
    detail: Mapped[dict[str, Any]]


class VisitLock(Base):
    """A visit a person gave to a crew on a day; ``position`` and the span in which it begins are part of it if given.

    A newer lock lifts the older one; seconds are since local midnight.
    """

    __tablename__ = "visit_lock"
    __table_args__ = (
        sa.Index(
            "uq_visit_lock_standing", "on_date", "visit_id", unique=True, postgresql_where=sa.text("lifted_at IS NULL")
        ),
    )

    id: Mapped[Id]
    on_date: Mapped[date]
    visit_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("visit.id"))
    crew_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("crew.id"))
    position: Mapped[int | None]
    from_s: Mapped[int | None]
    until_s: Mapped[int | None]
    reason: Mapped[str]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    lifted_by: Mapped[str | None]
    lifted_at: Mapped[datetime | None]


DayPlan.stops_cancelled = column_property(
    sa.select(sa.func.count())
    .where(RouteStop.plan_id == DayPlan.id, RouteStop.status == CANCELLED)
    .correlate_except(RouteStop)
    .scalar_subquery()
)
