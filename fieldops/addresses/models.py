"""Addresses as banks write them, what was judged of them, and what visits and mail have shown."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.db import Base, Id, Stamped


class Address(Stamped, Base):
    """One wording of one address of one debtor; the verdict is empty until the judging job has seen it.

    ``source`` is one of the lawful sources (RESERVED for a bank's file); ``belongs_to`` is DEBTOR, GUARANTOR or
    THIRD.
    """

    __tablename__ = "address"
    __table_args__ = (
        sa.UniqueConstraint("debtor_id", "raw"),
        sa.Index(None, "address_key"),
        sa.Index(None, "site_key"),
        sa.Index("ix_address_unjudged", "edition", "id"),
    )

    id: Mapped[Id]
    debtor_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("debtor.id"))
    raw: Mapped[str]
    source: Mapped[str]
    bank_provided: Mapped[bool]
    belongs_to: Mapped[str] = mapped_column(default="DEBTOR")
    phone_confirmed_at: Mapped[datetime | None]
    edition: Mapped[str | None]
    verdict: Mapped[str | None]
    visit: Mapped[str | None]
    letter: Mapped[str | None]
    codes: Mapped[list[str]] = mapped_column(default=list)
    address_key: Mapped[str] = mapped_column(default="")
    site_key: Mapped[str] = mapped_column(default="")
    region_code: Mapped[str | None]
    town: Mapped[str | None]
    judged: Mapped[dict[str, Any]] = mapped_column(default=dict)


class AddressEvent(Base):
    """One thing learned about an address: append-only, the history behind every block and its lifting.

    ``kind``: VISIT_FOUND, MAIL_RETURNED, MAIL_DELIVERED, DOCUMENT_FOUND, CONFIRMED, LIFTED, ENTERED,
    PHONE_CONFIRMED. ``evidence_kind`` and ``evidence_id`` name the visit result, mail item, call or document that
    proves it.
    """

    __tablename__ = "address_event"
    __table_args__ = (sa.Index(None, "address_key"), sa.Index(None, "site_key"))

    id: Mapped[Id]
    at: Mapped[datetime]
    actor: Mapped[str]
    debtor_id: Mapped[uuid.UUID | None]
    address_key: Mapped[str]
    site_key: Mapped[str]
    kind: Mapped[str]
    code: Mapped[str]
    evidence_kind: Mapped[str]
    evidence_id: Mapped[str]


class AddressBlock(Base):
    """A standing no to an address, with its scope and its proof.

    ``scope`` is DEBTOR (this debtor at this flat), EXACT (this flat, everyone) or SITE (this building, everyone);
    ``channel`` is ALL (无效) or LETTER (退件). Lifted only by a supervisor, with new evidence.
    """

    __tablename__ = "address_block"
    __table_args__ = (sa.Index("ix_address_block_standing", "key", postgresql_where=sa.text("lifted_by IS NULL")),)

    id: Mapped[Id]
    scope: Mapped[str]
    key: Mapped[str]
    debtor_id: Mapped[uuid.UUID | None]
    channel: Mapped[str]
    reason: Mapped[str]
    since_at: Mapped[datetime]
    raised_by: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("address_event.id"))
    lifted_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("address_event.id"))


class AddressPoint(Base):
    """Where a building stands (WGS-84): from the user's gazetteer, or confirmed by an accepted check-in."""

    __tablename__ = "address_point"

    site_key: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    lat: Mapped[float]
    lon: Mapped[float]
    precision: Mapped[str]
    datum_given: Mapped[str]
    recorded_at: Mapped[datetime]


class GeocodeAnswer(Base):
    """What an online geocoder said of one building (WGS-84), kept until it expires; the cache of such calls.

    ``outcome``: ASKED (a call is on its way), FOUND, UNKNOWN, CITY_MISMATCH, FAILED; only FOUND has a point.
    """

    __tablename__ = "geocode_answer"

    provider: Mapped[str] = mapped_column(primary_key=True)
    site_key: Mapped[str] = mapped_column(primary_key=True)
    outcome: Mapped[str]
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    precision: Mapped[str | None]
    datum_given: Mapped[str | None]
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class GeocoderDay(Base):
    """How many calls one geocoder had on one day, for every process together, and when the next one may go out.

    ``refused`` is why it wants no more that day.
    """

    __tablename__ = "geocoder_day"

    provider: Mapped[str] = mapped_column(primary_key=True)
    on_date: Mapped[date] = mapped_column(primary_key=True)
    calls: Mapped[int]
    next_at: Mapped[datetime]
    refused: Mapped[str | None]
