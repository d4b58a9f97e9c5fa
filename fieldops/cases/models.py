"""Entrusted cases and everything a bank or the phone system tells about them."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.db import Base, Id, Stamped


class Bank(Stamped, Base):
    """An entrusting bank 委托方; ``code`` names it in policies and column mappings."""

    __tablename__ = "bank"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(unique=True)
    hotline: Mapped[str | None]


class Debtor(Stamped, Base):
    """A person, found again by a blind index of the identity number; numbers are sealed to this row."""

    __tablename__ = "debtor"

    id: Mapped[Id]
    name: Mapped[str]
    id_no_sealed: Mapped[bytes]
    id_no_index: Mapped[bytes] = mapped_column(unique=True)
    id_no_last4: Mapped[str]
    born_on: Mapped[date | None]
    phone_sealed: Mapped[bytes | None]


class Case(Stamped, Base):
    """One card account entrusted by one bank 案件. ``version`` counts the rows the bank has sent for it.

    ``status`` follows ``cases.states``; ``status_before`` is where a refused withdrawal goes back to.
    """

    __tablename__ = "case"
    __table_args__ = (
        sa.UniqueConstraint("bank_id", "case_no"),
        sa.Index(None, "debtor_id"),
        sa.Index(None, "case_no"),
        sa.Index(None, "expiry_on"),
    )

    id: Mapped[Id]
    bank_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("bank.id"))
    debtor_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("debtor.id"))
    batch_no: Mapped[str]
    case_no: Mapped[str]
    product: Mapped[str]
    status: Mapped[str] = mapped_column(default="ACTIVE")
    card_no_sealed: Mapped[bytes]
    card_no_index: Mapped[bytes]
    card_last4: Mapped[str]
    balance_fen: Mapped[int]
    principal_fen: Mapped[int]
    min_due_fen: Mapped[int]
    overdue_days: Mapped[int]
    balance_as_of: Mapped[date | None]
    entrusted_on: Mapped[date]
    expiry_on: Mapped[date | None]
    extension_until: Mapped[date | None]
    extension_asked_until: Mapped[date | None]
    status_before: Mapped[str | None]
    appointment: Mapped[str | None]
    employer: Mapped[str | None]
    remark: Mapped[str | None]
    row_sha256: Mapped[bytes]


class CaseVersion(Base):
    """A row as the bank sent it, masked: what the case said before, and from which line of which file."""

    __tablename__ = "case_version"

    case_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("case.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("import_job.id"))
    row_no: Mapped[int]
    recorded_at: Mapped[datetime]
    fields: Mapped[dict[str, Any]]


class CaseAddress(Base):
    """Which address a case file gives as what: HOME 住宅, HUKOU 户籍, WORK 单位."""

    __tablename__ = "case_address"
    __table_args__ = (sa.Index(None, "address_id"),)

    case_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("case.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    address_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("address.id"), primary_key=True)


class CallRecord(Base):
    """One call of the phone system 电催记录, read-only here; ``connected`` None when the list does not say."""

    __tablename__ = "call_record"
    __table_args__ = (sa.UniqueConstraint("case_id", "started_at", "outbound", "callee"),)

    id: Mapped[Id]
    case_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("case.id"))
    started_at: Mapped[datetime]
    outbound: Mapped[bool]
    callee: Mapped[str]
    connected: Mapped[bool | None]
    duration_s: Mapped[int | None]
    recording_id: Mapped[str | None]
    result: Mapped[str | None]
    import_id: Mapped[uuid.UUID | None]
    recorded_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    row_sha256: Mapped[bytes]


class Promise(Base):
    """A promise to pay with its day and amount, made in a call or at the door."""

    __tablename__ = "promise"
    __table_args__ = (sa.Index(None, "case_id"), sa.UniqueConstraint("source_kind", "source_id", "case_id"))

    id: Mapped[Id]
    case_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("case.id"))
    amount_fen: Mapped[int | None]
    due_on: Mapped[date]
    made_at: Mapped[datetime]
    source_kind: Mapped[str]
    source_id: Mapped[uuid.UUID]


class Repayment(Base):
    """Money the bank has received 还款; never money a crew has touched. A reversed one 冲正 stays on record."""

    __tablename__ = "repayment"
    __table_args__ = (sa.UniqueConstraint("bank_id", "external_id"), sa.Index(None, "case_id"))

    id: Mapped[Id]
    bank_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("bank.id"))
    case_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("case.id"))
    external_id: Mapped[str]
    amount_fen: Mapped[int]
    paid_at: Mapped[datetime]
    channel: Mapped[str]
    recorded_at: Mapped[datetime]
    reversed_at: Mapped[datetime | None]
    reversed_by: Mapped[str | None]


class SpecialStatus(Base):
    """A fact about the debtor that stops or slows collection; ``proof`` is CLAIMED, PARTIAL or COMPLETE.

    ``evidence`` names the papers that prove it; a lifted one was disproved.
    """

    __tablename__ = "special_status"
    __table_args__ = (sa.Index(None, "debtor_id"), sa.UniqueConstraint("case_id", "kind", "from_on"))

    id: Mapped[Id]
    debtor_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("debtor.id"))
    case_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("case.id"))
    kind: Mapped[str]
    proof: Mapped[str]
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    recorded_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    evidence: Mapped[str | None]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None]


class Hold(Base):
    """A pause of collection 停催 (BANK_PAUSE, DISPUTE, INSTALMENT, MANAGER …) on one case."""

    __tablename__ = "hold"
    __table_args__ = (sa.Index(None, "case_id"), sa.UniqueConstraint("case_id", "kind", "from_on"))

    id: Mapped[Id]
    case_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("case.id"))
    kind: Mapped[str]
    channels: Mapped[str] = mapped_column(default="ALL")
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    recorded_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    released_at: Mapped[datetime | None]
    released_by: Mapped[str | None]


class Complaint(Base):
    """A complaint 投诉 by grade (MINOR, ORDINARY, MAJOR); until it is closed it holds back by its grade.

    ``status`` follows ``cases.states``. ``agent_ids`` are who is complained of, ``due_at`` is when the reply is due,
    ``reported_at`` when the bank was told, ``upheld`` what it came to.
    """

    __tablename__ = "complaint"
    __table_args__ = (sa.Index(None, "case_id"), sa.UniqueConstraint("case_id", "grade", "received_on"))

    id: Mapped[Id]
    case_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("case.id"))
    debtor_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("debtor.id"))
    grade: Mapped[str]
    received_on: Mapped[date]
    source: Mapped[str] = mapped_column(default="BANK")
    status: Mapped[str] = mapped_column(default="OPEN")
    agent_ids: Mapped[list[uuid.UUID]] = mapped_column(sa.ARRAY(sa.Uuid), server_default="{}")
    recorded_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    due_at: Mapped[datetime]
    reply: Mapped[str | None]
    replied_at: Mapped[datetime | None]
    reported_at: Mapped[datetime | None]
    report_ref: Mapped[str | None]
    upheld: Mapped[bool | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]


class DoNotContact(Base):
    """A third party who asked not to be contacted 不再联系名单, by what they are to the debtor.

    ``address_id`` is where they were met (None: anywhere), ``block_id`` the block on that address where nobody there
    is to be visited or written to.
    """

    __tablename__ = "do_not_contact"
    __table_args__ = (
        sa.Index(None, "debtor_id"),
        sa.UniqueConstraint("case_id", "relation", "source_kind", "source_id"),
    )

    id: Mapped[Id]
    case_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("case.id"))
    debtor_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("debtor.id"))
    relation: Mapped[str]
    address_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("address.id"))
    block_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("address_block.id"))
    source_kind: Mapped[str]
    source_id: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None]
