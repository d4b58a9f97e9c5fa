"""Bytes of evidence 证据: on their way, in sealed parts, and kept."""

from __future__ import annotations

import uuid
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.db import Base


class Upload(Base):
    """The bytes of one slot on their way; ``offset`` counts what is durable, and is the length only when it is kept.

    ``turn`` names the request that may append until ``turn_until``: one at a time, and none for longer than its bytes
    keep coming. A row goes when it expires; what is kept stays.
    """

    __tablename__ = "upload"
    __table_args__ = (
        sa.CheckConstraint("0 <= received AND received <= length", name="received_in_length"),
        sa.Index("ix_upload_open", "expires_at", postgresql_where=sa.text("received < length")),
    )

    slot_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("evidence_slot.id"), primary_key=True)
    length: Mapped[int]
    received: Mapped[int] = mapped_column(default=0)
    turn: Mapped[uuid.UUID | None]
    turn_until: Mapped[datetime | None]
    begun_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class UploadPart(Base):
    """Some bytes of an upload as one sealed object of the store, from ``start`` on."""

    __tablename__ = "upload_part"

    slot_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("upload.slot_id"), primary_key=True)
    start: Mapped[int] = mapped_column(primary_key=True)
    length: Mapped[int]
    object_sha256: Mapped[str]


class LooseObject(Base):
    """A sealed object of the store that no upload counts, not yet or no longer; see ``loose``."""

    __tablename__ = "loose_object"
    __table_args__ = (sa.Index(None, "since"),)

    object_sha256: Mapped[str] = mapped_column(primary_key=True)
    slot_id: Mapped[uuid.UUID]
    turn: Mapped[uuid.UUID | None]
    since: Mapped[datetime]


class EvidenceFile(Base):
    """A piece of evidence that is here: its bytes hash to what was declared and are what they should be.

    ``held_at``: a legal hold 法律保全 forbids destroying it. ``destroyed_at``: its bytes are gone, this row stays.
    """

    __tablename__ = "evidence_file"

    slot_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("evidence_slot.id"), primary_key=True)
    media_type: Mapped[str]
    width_px: Mapped[int | None]
    height_px: Mapped[int | None]
    duration_s: Mapped[float | None]
    kept_at: Mapped[datetime]
    retain_until: Mapped[date]
    held_at: Mapped[datetime | None]
    held_by: Mapped[str | None]
    held_reason: Mapped[str | None]
    destroyed_at: Mapped[datetime | None]
    destroyed_by: Mapped[str | None]
    instruction_no: Mapped[str | None]


class ChainLink(Base):
    """One link of a phone's visit chain 外访证据链, as the phone has made it; append-only.

    ``hash`` is over the link and ``prev_hash``, the hash of the link before it. What the phone said is kept even where
    it does not hold: that is what a verifier finds. ``received_at`` is the server's word for when it was there.
    """

    __tablename__ = "chain_link"
    __table_args__ = (sa.Index(None, "visit_id"),)

    device_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("device.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(primary_key=True)
    prev_hash: Mapped[str]
    kind: Mapped[str]
    visit_id: Mapped[uuid.UUID]
    ref: Mapped[uuid.UUID]
    content_sha256: Mapped[str]
    at: Mapped[str]
    received_at: Mapped[datetime]


class ChainSeal(Base):
    """The server's counter-signature of the head of a phone's chain: up to link ``n`` it was here, at that instant.

    Append-only. ``signature`` is by ``key``, the installation's, over the statement ``seals.told_of_seal`` makes.
    """

    __tablename__ = "chain_seal"
    __table_args__ = (sa.UniqueConstraint("device_id", "n", "hash"),)

    no: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    device_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("device.id"))
    n: Mapped[int]
    hash: Mapped[str]
    signed_at: Mapped[datetime]
    signature: Mapped[str]
    key: Mapped[str]


class ChainRoot(Base):
    """The root of a day 日根: one hash over every seal since the root before it, signed, and following that one.

    Append-only; ``n`` counts 1, 2, 3 …, ``hash`` is over the statement and ``prev_hash`` that of the root before.
    ``up_to_no`` is the last seal under it.
    """

    __tablename__ = "chain_root"

    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    on_date: Mapped[date] = mapped_column(unique=True)
    prev_hash: Mapped[str]
    seals: Mapped[int]
    up_to_no: Mapped[int]
    root: Mapped[str]
    signed_at: Mapped[datetime]
    hash: Mapped[str]
    signature: Mapped[str]
    key: Mapped[str]


class AuditDay(Base):
    """A day of the audit log under one signed hash 审计日封, which follows the day before's; append-only.

    ``digest`` is over its ``entries`` rows, ``hash`` over the statement that ``signature`` is of.
    """

    __tablename__ = "audit_day"

    on_date: Mapped[date] = mapped_column(primary_key=True)
    entries: Mapped[int]
    digest: Mapped[str]
    prev_hash: Mapped[str]
    signed_at: Mapped[datetime]
    hash: Mapped[str]
    signature: Mapped[str]
    key: Mapped[str]
