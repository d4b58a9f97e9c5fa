"""Mail on its way: scans, evidence, what the post says of an item, its receipts, corrections of a signed list."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.db import Base, Id


class Scan(Base):
    """A scanned paper in the store, by its bytes; the same bytes are one scan."""

    __tablename__ = "scan"

    id: Mapped[Id]
    sha256: Mapped[str] = mapped_column(unique=True)
    media_type: Mapped[str]
    size_bytes: Mapped[int]
    filename: Mapped[str]
    uploaded_by: Mapped[str]
    uploaded_at: Mapped[datetime]


class MailEvidence(Base):
    """What proves a step of a letter: a scan filed under its kind; append-only."""

    __tablename__ = "mail_evidence"
    __table_args__ = (sa.UniqueConstraint("letter_id", "kind", "scan_sha256"),)

    id: Mapped[Id]
    letter_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("letter.id"))
    kind: Mapped[str]
    scan_sha256: Mapped[str] = mapped_column(sa.ForeignKey("scan.sha256"))
    filed_at: Mapped[datetime]
    filed_by: Mapped[str]


class TrackingEvent(Base):
    """What the post says of an item, once: the code, when it happened and where; append-only.

    That we take back what it said may follow two events of one instant.
    """

    __tablename__ = "tracking_event"
    __table_args__ = (
        sa.Index(
            "uq_tracking_event_said",
            "item_id",
            "code",
            "happened_at",
            unique=True,
            postgresql_where=sa.text("code <> 'undo_outcome'"),
        ),
        sa.Index(None, "item_id", "happened_at"),
    )

    id: Mapped[Id]
    item_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("mail_item.id"))
    code: Mapped[str]
    happened_at: Mapped[datetime]
    place: Mapped[str]
    source: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]


class PostalReceipt(Base):
    """The post's own word that it took an item: the stamped list, or a line of the carrier's file; append-only.

    ``strikes`` is how often the item had been struck off a list when this was recorded: struck off since, it counts no
    longer, and the next posting has a receipt of its own.
    """

    __tablename__ = "postal_receipt"
    __table_args__ = (sa.UniqueConstraint("carrier_no", "tracking_no", "strikes"),)

    id: Mapped[Id]
    carrier_no: Mapped[int] = mapped_column(sa.Integer)
    tracking_no: Mapped[str]
    item_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("mail_item.id"))
    accepted_on: Mapped[date]
    source: Mapped[str]
    scan_sha256: Mapped[str | None] = mapped_column(sa.ForeignKey("scan.sha256"))
    strikes: Mapped[int] = mapped_column(sa.Integer)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]


class HandoverAmendment(Base):
    """A correction of a list that was handed over, initialled by both sides; the list itself stays; append-only."""

    __tablename__ = "handover_amendment"

    list_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("handover_list.id"), primary_key=True)
    number: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    item_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("mail_item.id"))
    kind: Mapped[str]
    was: Mapped[str]
    becomes: Mapped[str]
    reason: Mapped[str]
    our_initials: Mapped[str]
    post_initials: Mapped[str]
    scan_sha256: Mapped[str | None] = mapped_column(sa.ForeignKey("scan.sha256"))
    at: Mapped[datetime]
    actor: Mapped[str]


class MailDifference(Base):
    """What two books of mail do not agree about, from the night it was first seen until it is settled."""

    __tablename__ = "mail_difference"
    __table_args__ = (
        sa.Index(
            "uq_mail_difference_open",
            "code",
            "subject",
            unique=True,
            postgresql_where=sa.text("settled_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    code: Mapped[str]
    subject: Mapped[str]
    detail: Mapped[dict[str, Any]]
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class RegisterPrint(Base):
    """Lines of the register on paper, by their first and last number; the files follow by a job."""

    __tablename__ = "register_print"

    id: Mapped[Id]
    branch: Mapped[str]
    year: Mapped[int]
    first: Mapped[int]
    last: Mapped[int]
    pdf_sha256: Mapped[str | None]
    xlsx_sha256: Mapped[str | None]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
