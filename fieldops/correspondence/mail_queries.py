"""Reads of mail and its register: what stands still, what was posted when, which lines stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from fieldops.addresses.queries import among
from fieldops.correspondence.mail_models import HandoverAmendment, MailEvidence, PostalReceipt, TrackingEvent
from fieldops.correspondence.models import Letter, MailItem, RegisterEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

UNDER_WAY = ("POSTED", "IN_TRANSIT", "OUT_FOR_DELIVERY", "UNCLAIMED_HELD", "REFUSED", "RETURNING")


def items_without_receipt(
    session: Session, *, batch_id: UUID | None = None, letter_id: UUID | None = None
) -> Sequence[MailItem]:
    """Posted items whose receipt is not filed LR-082: no scan of it was filed with their letter since they were posted.

    All of them, or those of a print batch, of a letter.
    """
    filed = sa.exists().where(
        MailEvidence.letter_id == MailItem.letter_id,
        MailEvidence.kind == "POSTING_RECEIPT",
        MailEvidence.filed_at >= MailItem.posted_at,
    )
    lacking = sa.select(MailItem).where(MailItem.posted_at.is_not(None), ~filed)
    if batch_id is not None:
        of_batch = sa.select(Letter.id).where(Letter.print_batch_id == batch_id)
        lacking = lacking.where(MailItem.letter_id.in_(of_batch))
    if letter_id is not None:
        lacking = lacking.where(MailItem.letter_id == letter_id)
    return session.scalars(lacking.order_by(MailItem.posted_at, MailItem.id)).all()


def was_posted(session: Session, letter_id: UUID) -> bool:
    """Whether the post has, or had, an item of this letter."""
    posted = sa.select(MailItem.id).where(MailItem.letter_id == letter_id, MailItem.posted_at.is_not(None))
    return session.scalar(posted.limit(1)) is not None


def strikes_of(item_id: Any) -> sa.ScalarSelect[int]:
    """How often the post struck an item off a list it had signed; ``item_id`` is a value or a column."""
    struck = sa.select(sa.func.count()).select_from(HandoverAmendment)
    return struck.where(HandoverAmendment.item_id == item_id, HandoverAmendment.kind == "STRUCK_OFF").scalar_subquery()


def receipt_counts() -> sa.ColumnElement[bool]:
    """Whether the item of a postal receipt was not struck off after the receipt was recorded."""
    return PostalReceipt.strikes == strikes_of(PostalReceipt.item_id)


def items_without_delivery_receipt(session: Session) -> Sequence[MailItem]:
    """Delivered items with whose letter, not closed yet, no receipt of the delivery is filed."""
    filed = sa.exists().where(MailEvidence.letter_id == MailItem.letter_id, MailEvidence.kind == "DELIVERY_RECEIPT")
    delivered = (
        sa.select(MailItem)
        .join(Letter, Letter.id == MailItem.letter_id)
        .where(MailItem.status == "DELIVERED", Letter.status == "DELIVERED", ~filed)
    )
    return session.scalars(delivered.order_by(MailItem.outcome_at, MailItem.id)).all()


def items_under_way(session: Session) -> list[tuple[MailItem, datetime]]:
    """Items the post has, each with the instant of the last that is known of it: an event, or its posting."""
    heard = sa.select(sa.func.max(TrackingEvent.happened_at)).where(TrackingEvent.item_id == MailItem.id)
    last_at = sa.func.greatest(MailItem.posted_at, heard.scalar_subquery())
    under_way = sa.select(MailItem, last_at).where(MailItem.status.in_(UNDER_WAY), MailItem.posted_at.is_not(None))
    return [(item, at) for item, at in session.execute(under_way.order_by(MailItem.id))]


def cases_of_letters(session: Session, letter_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """The case of each letter."""
    rows = session.execute(sa.select(Letter.id, Letter.case_id).where(among(Letter.id, set(letter_ids))))
    return {letter_id: case_id for letter_id, case_id in rows}  # noqa: C416 - rows


def items_posted_between(session: Session, begins: datetime, ends: datetime) -> list[tuple[MailItem, Letter]]:
    """Items posted from an instant on and before another, with their letters."""
    chosen = sa.select(MailItem, Letter).join(Letter, Letter.id == MailItem.letter_id)
    rows = session.execute(chosen.where(MailItem.posted_at >= begins, MailItem.posted_at < ends).order_by(MailItem.id))
    return [(item, letter) for item, letter in rows]


def use_of_templates(session: Session) -> dict[UUID, tuple[int, datetime | None]]:
    """How many letters were approved with each template, and when the last one was."""
    chosen = sa.select(Letter.template_id, sa.func.count(), sa.func.max(Letter.approved_at))
    rows = session.execute(chosen.where(Letter.approved_at.is_not(None)).group_by(Letter.template_id))
    return {template_id: (count, last) for template_id, count, last in rows}


def stands(line: Any) -> sa.ColumnElement[bool]:
    """Whether no later line of its register takes this one back; ``line`` is RegisterEntry or an alias of it."""
    later = aliased(RegisterEntry)
    return ~sa.exists().where(later.branch == line.branch, later.year == line.year, later.reverses == line.number)
