"""Letters, print batches, registered items and the register 挂号信台账."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.db import Base, Decided, Id, Stamped

ENDED_ITEM_STATES = ("VOID", "RETURNED")  # such an item lets its letter take another number
OPEN_LETTER_STATES = ("PENDING_REVIEW", "GENERATED", "QUEUED", "PRINTED", "SEALED")


class LetterSender(Stamped, Base):
    """Who writes for a bank 受委托身份: names and telephones as the contract gives them, printed in every letter.

    ``letter_word`` stands in the letter's number (〔2026〕示范缴字第000001号); ``branch`` keeps the register.
    """

    __tablename__ = "letter_sender"

    bank_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("bank.id"), primary_key=True)
    branch: Mapped[str]
    letter_word: Mapped[str]
    bank_phone: Mapped[str]
    bank_complaint_phone: Mapped[str]
    agency_name: Mapped[str]
    agency_address: Mapped[str]
    agency_phone: Mapped[str]
    agency_complaint_phone: Mapped[str]
    pay_within_days: Mapped[int]
    law_firm: Mapped[str | None]
    lawyer_name: Mapped[str | None]
    authorisation_no: Mapped[str | None]


class LetterCounter(Base):
    """The last letter number of a word and year; taken under its row's lock, so none is skipped or given twice."""

    __tablename__ = "letter_counter"

    word: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]


class Letter(Stamped, Base):
    """One letter 信函 from request to outcome; figures are frozen at approval, bytes at rendering.

    ``status``: PENDING_REVIEW or REJECTED, and from approval on the states of ``letters.states``; a hold is the mark
    ``held_reason``, not a state. ``figures`` is what was approved and what is printed; a change of any voids the
    letter. ``delivery``: REGISTERED_MAIL or HAND_BY_VISIT.
    """

    __tablename__ = "letter"
    __table_args__ = (
        sa.Index(None, "case_id"),
        sa.Index(None, "address_id"),
        sa.Index(None, "status"),
        sa.Index(None, "print_batch_id"),
        sa.Index(
            "uq_letter_open",
            "case_id",
            "address_key",
            "kind",
            unique=True,
            postgresql_where=sa.text("status IN ('" + "','".join(OPEN_LETTER_STATES) + "')"),
        ),
    )

    id: Mapped[Id]
    letter_no: Mapped[str | None] = mapped_column(unique=True)
    case_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("case.id"))
    debtor_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("debtor.id"))
    bank_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("bank.id"))
    address_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("address.id"))
    address_key: Mapped[str]
    site_key: Mapped[str]
    template_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("letter_template.id"))
    kind: Mapped[str]
    delivery: Mapped[str]
    reason: Mapped[str]
    malicious: Mapped[bool | None]
    status: Mapped[str]
    held_reason: Mapped[str | None]
    status_reason: Mapped[str | None]
    verdict: Mapped[str]
    codes: Mapped[list[str]] = mapped_column(default=list)
    accepted: Mapped[list[str]] = mapped_column(default=list)
    policy_edition: Mapped[str]
    figures: Mapped[dict[str, Any]] = mapped_column(default=dict)
    pdf_sha256: Mapped[str | None]
    sheets: Mapped[int | None]
    print_batch_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("print_batch.id"))
    print_part: Mapped[int | None] = mapped_column(sa.Integer)
    supersedes_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("letter.id"))
    requested_by: Mapped[str]
    requested_at: Mapped[datetime]
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    approve_comment: Mapped[str | None]
    printed_at: Mapped[datetime | None]


class LetterDecision(Decided, Base):
    """The letter rules' answer at one stage, with its inputs."""

    __tablename__ = "letter_decision"
    __table_args__ = (sa.Index(None, "letter_id", "id"),)

    id: Mapped[Id]
    letter_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("letter.id"))


class CustodyDecision(Decided, Base):
    """The custody rules' answer at a count of a print batch, with its inputs."""

    __tablename__ = "custody_decision"
    __table_args__ = (sa.Index(None, "print_batch_id", "id"),)

    id: Mapped[Id]
    print_batch_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("print_batch.id"))


class PrintBatch(Stamped, Base):
    """Letters printed together; the quantity is asked by the team and approved by the admin department.

    ``status`` follows ``letters.states``; an APPROVED batch is ready for the printer at ``rendered_at``.
    ``exceptions`` lists each letter that left the batch, and why; ``due_on`` is the working day its cut-off gave.
    """

    __tablename__ = "print_batch"

    id: Mapped[Id]
    no: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str]
    requested_quantity: Mapped[int]
    approved_quantity: Mapped[int | None]
    requested_by: Mapped[str]
    approved_by: Mapped[str | None]
    printed_quantity: Mapped[int | None]
    due_on: Mapped[date | None]
    exceptions: Mapped[list[Any]] = mapped_column(default=list)
    rendered_at: Mapped[datetime | None]
    printed_at: Mapped[datetime | None]


class BatchCertificate(Base):
    """That a batch was counted without a difference 零差异证明, and where its copies were; a job makes the file."""

    __tablename__ = "batch_certificate"
    __table_args__ = (sa.Index(None, "batch_id"),)

    id: Mapped[Id]
    batch_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("print_batch.id"))
    printed: Mapped[int] = mapped_column(sa.Integer)
    posted: Mapped[int] = mapped_column(sa.Integer)
    handed: Mapped[int] = mapped_column(sa.Integer)
    void: Mapped[int] = mapped_column(sa.Integer)
    with_crews: Mapped[int] = mapped_column(sa.Integer)
    in_custody: Mapped[int] = mapped_column(sa.Integer)
    counted_by: Mapped[str]
    counted_at: Mapped[datetime]
    pdf_sha256: Mapped[str | None]


class PrintPart(Base):
    """One file of a print batch for the printer; ``index`` holds letter id, letter number, first page and pages.

    A file of a reprint holds letters that stand in another file of the batch too.
    """

    __tablename__ = "print_part"

    batch_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("print_batch.id"), primary_key=True)
    number: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    pdf_sha256: Mapped[str]
    index: Mapped[list[Any]]
    reprint_id: Mapped[uuid.UUID | None]


class NumberRange(Stamped, Base):
    """A range of registered numbers allotted by a carrier; two ranges of one series never overlap.

    ``series`` is the text around the serial (``XA#########``); ``next`` the serial to take, above ``high`` when the
    range is used up.
    """

    __tablename__ = "number_range"

    id: Mapped[Id]
    carrier_no: Mapped[int] = mapped_column(sa.Integer)
    series: Mapped[str]
    first: Mapped[str]
    last: Mapped[str]
    low: Mapped[int]
    high: Mapped[int]
    next: Mapped[int]
    received_by: Mapped[str]


class HandoverList(Stamped, Base):
    """The list handed to the post with a day's items 大宗挂号交寄清单; locked once handed over.

    ``status``: PREPARING until its files are made, OPEN, HANDED_OVER. ``left_out`` lists the items that were
    collected and refused, with the codes.
    """

    __tablename__ = "handover_list"
    __table_args__ = (
        sa.Index(
            "uq_handover_list_open",
            "on_date",
            "post_office",
            unique=True,
            postgresql_where=sa.text("status <> 'HANDED_OVER'"),
        ),
    )

    id: Mapped[Id]
    no: Mapped[str] = mapped_column(unique=True)
    on_date: Mapped[date]
    post_office: Mapped[str]
    status: Mapped[str]
    pieces: Mapped[int]
    weight_g: Mapped[int]
    postage_fen: Mapped[int]
    pdf_sha256: Mapped[str | None]
    xlsx_sha256: Mapped[str | None]
    left_out: Mapped[list[Any]] = mapped_column(default=list)
    made_by: Mapped[str]
    handed_over_at: Mapped[datetime | None]
    handed_over_by: Mapped[str | None]


class MailItem(Stamped, Base):
    """One registered item 挂号件: one letter, one number for ever; a re-mail is a new item that names the old one."""

    __tablename__ = "mail_item"
    __table_args__ = (
        sa.UniqueConstraint("carrier_no", "tracking_no"),
        sa.Index(None, "handover_id"),
        sa.Index(None, "status"),
        sa.Index(
            "uq_mail_item_live_letter",
            "letter_id",
            unique=True,
            postgresql_where=sa.text("status NOT IN ('VOID', 'RETURNED')"),
        ),
    )

    id: Mapped[Id]
    letter_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("letter.id"))
    carrier_no: Mapped[int] = mapped_column(sa.Integer)
    tracking_no: Mapped[str]
    status: Mapped[str]
    weight_g: Mapped[int]
    postage_fen: Mapped[int]
    handover_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("handover_list.id"))
    posted_at: Mapped[datetime | None]
    remails_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("mail_item.id"))
    outcome: Mapped[str | None]
    outcome_at: Mapped[datetime | None]


class RegisterCounter(Base):
    """The locked counter of a register: gapless per branch and year."""

    __tablename__ = "register_counter"

    branch: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]
    last_hash: Mapped[str]


class RegisterEntry(Base):
    """A line of the register: append-only, hash-chained; a correction is a line that reverses another."""

    __tablename__ = "register_entry"
    __table_args__ = (sa.Index(None, "tracking_no"), sa.Index(None, "letter_id"))

    branch: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    letter_id: Mapped[uuid.UUID]
    letter_no: Mapped[str]
    tracking_no: Mapped[str | None]
    body: Mapped[dict[str, Any]]
    reverses: Mapped[int | None]
    actor: Mapped[str]
    prev_hash: Mapped[str]
    hash: Mapped[str]


class MailReturn(Base):
    """A returned item 退件 with its reason M01–M10 and its effect on the address; one taken back says so."""

    __tablename__ = "mail_return"
    __table_args__ = (
        sa.Index("uq_mail_return_standing", "item_id", unique=True, postgresql_where=sa.text("undone_at IS NULL")),
    )

    id: Mapped[Id]
    item_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("mail_item.id"))
    reason: Mapped[str]
    received_at: Mapped[datetime]
    handled_by: Mapped[str]
    scan_sha256: Mapped[str | None]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None]
