"""What phones and server have promised each other: feeds, receipts, events, recalls."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.db import Base, Id


class Device(Base):
    """A phone bound to an agent by its public key; ``state`` follows the table of ``sync.rules``.

    A higher ``session_no`` ends every token made before. ``boot_id`` and ``clock_off_ms`` (ahead is positive) are what
    its last sync said of its clock. ``manifest_mismatches`` counts the times it held other visits than the server
    thought: without a restore the count must stay 0, or the safety net is hiding a fault.
    """

    __tablename__ = "device"
    __table_args__ = (sa.UniqueConstraint("agent_id", "public_key"),)

    id: Mapped[Id]
    agent_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("agent.id"))
    public_key: Mapped[str]
    state: Mapped[str]
    app_version: Mapped[str]
    schema_version: Mapped[int]
    last_seq_acked: Mapped[int] = mapped_column(default=0)
    manifest_mismatches: Mapped[int] = mapped_column(default=0)
    last_seen_at: Mapped[datetime | None]
    session_no: Mapped[int] = mapped_column(default=0)
    boot_id: Mapped[str | None]
    clock_off_ms: Mapped[int | None]
    registered_at: Mapped[datetime]


class AgentFeedHead(Base):
    """The locked counter of an agent's feed: the only source of cursors. Rows up to ``pruned_to`` are gone."""

    __tablename__ = "agent_feed_head"

    agent_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("agent.id"), primary_key=True)
    seq: Mapped[int]
    pruned_to: Mapped[int] = mapped_column(default=0, server_default="0")


class AgentFeed(Base):
    """One put or remove for one agent; gapless in ``seq``."""

    __tablename__ = "agent_feed"
    __table_args__ = (sa.Index(None, "created_at"),)

    agent_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("agent.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    op: Mapped[str]
    entity: Mapped[str]
    entity_id: Mapped[uuid.UUID]
    version: Mapped[int]
    reason: Mapped[str | None]
    urgent: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class StopCard(Base):
    """What a phone may show of a visit, as the bytes it is sent, one row per version (masked)."""

    __tablename__ = "stop_card"

    visit_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("visit.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[bytes]
    valid_until: Mapped[datetime]


class ScopeEntry(Base):
    """What an agent's phone should hold now, and what it has held: the truth the manifest hash is made of.

    ``left_reason`` None: it is in scope. A visit that has left comes back under a higher version only.
    """

    __tablename__ = "agent_scope"
    __table_args__ = (
        sa.Index(None, "visit_id"),
        sa.Index("ix_agent_scope_held", "agent_id", postgresql_where=sa.text("left_reason IS NULL")),
    )

    agent_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("agent.id"), primary_key=True)
    visit_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("visit.id"), primary_key=True)
    version: Mapped[int]
    left_reason: Mapped[str | None]
    changed_at: Mapped[datetime]


class PushReceipt(Base):
    """The stored answer to one mutation: the same id always gets the same result."""

    __tablename__ = "push_receipt"

    mutation_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    device_id: Mapped[uuid.UUID]
    agent_id: Mapped[uuid.UUID]
    body_sha256: Mapped[str]
    code: Mapped[str]
    result: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]


class VisitEvent(Base):
    """Something a phone reports of a visit: append-only, never refused once it has happened.

    ``times`` is what was compared when the visit had been recalled: could the agent have known?
    """

    __tablename__ = "visit_event"
    __table_args__ = (sa.Index(None, "visit_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    visit_id: Mapped[uuid.UUID]
    agent_id: Mapped[uuid.UUID]
    device_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(sa.JSON)  # JSONB would write 1e16 and -0.0 otherwise than hashed
    device_at: Mapped[datetime]
    received_at: Mapped[datetime]
    flags: Mapped[list[str]] = mapped_column(default=list)
    times: Mapped[dict[str, Any] | None]


class Quarantine(Base):
    """A mutation that could not be taken, kept as it came; sealed, for it may hold what it was refused for."""

    __tablename__ = "push_quarantine"

    id: Mapped[Id]
    mutation_id: Mapped[str]
    device_id: Mapped[uuid.UUID]
    code: Mapped[str]
    body_sealed: Mapped[bytes]
    received_at: Mapped[datetime]


class Recall(Base):
    """A visit an agent must not make any more; a later put of a higher version lifts it.

    From ``recalled_at`` to ``acked_at``, when a phone of the agent has shown it, is the lag that is measured.
    """

    __tablename__ = "recall"
    __table_args__ = (sa.Index(None, "agent_id", "visit_id"),)

    id: Mapped[Id]
    visit_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("visit.id"))
    agent_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("agent.id"))
    version: Mapped[int]
    reason: Mapped[str]
    recalled_at: Mapped[datetime]
    acked_at: Mapped[datetime | None]


class SyncEpoch(Base):
    """The life of this database's feeds: a new value after a restore makes every phone start anew."""

    __tablename__ = "sync_epoch"

    value: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    begun_at: Mapped[datetime]


class Position(Base):
    """Where a phone was during a shift, WGS-84; kept for days, not for ever."""

    __tablename__ = "position"
    __table_args__ = (sa.Index(None, "at"), sa.Index(None, "agent_id", "at"))

    device_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("device.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    agent_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("agent.id"))
    lat: Mapped[float]
    lon: Mapped[float]
    accuracy_m: Mapped[float]
    speed_mps: Mapped[float | None]
    is_mock: Mapped[bool | None]
