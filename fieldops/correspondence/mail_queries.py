"""Reads of mail under way: what stands still, what was posted when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from fieldops.correspondence.mail_models import MailEvidence, PostalReceipt, TrackingEvent
from fieldops.correspondence.models import Letter, MailItem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

UNDER_WAY = ("POSTED", "IN_TRANSIT", "OUT_FOR_DELIVERY", "UNCLAIMED_HELD", "REFUSED", "RETURNING")


def items_without_receipt(session: Session, *, before: datetime) -> Sequence[MailItem]:
    """Items posted before an instant that have neither a receipt of the post nor one filed with their letter."""
    taken = sa.exists().where(PostalReceipt.item_id == MailItem.id)
    filed = sa.exists().where(MailEvidence.letter_id == MailItem.letter_id, MailEvidence.kind == "POSTING_RECEIPT")
    late = sa.select(MailItem).where(MailItem.posted_at < before, ~taken, ~filed, MailItem.status != "VOID")
    return session.scalars(late.order_by(MailItem.id)).all()


def items_without_news(session: Session, *, since: datetime) -> Sequence[MailItem]:
    """Items under way whose posting and every event lie before an instant."""
    heard = sa.exists().where(TrackingEvent.item_id == MailItem.id, TrackingEvent.happened_at >= since)
    silent = sa.select(MailItem).where(MailItem.status.in_(UNDER_WAY), MailItem.posted_at < since, ~heard)
    return session.scalars(silent.order_by(MailItem.id)).all()


def items_posted_between(session: Session, begins: datetime, ends: datetime) -> Sequence[MailItem]:
    """Items posted from an instant on and before another."""
    chosen = sa.select(MailItem).where(MailItem.posted_at >= begins, MailItem.posted_at < ends)
    return session.scalars(chosen.order_by(MailItem.id)).all()


def use_of_templates(session: Session) -> dict[UUID, tuple[int, datetime | None]]:
    """How many letters were approved with each template, and when the last one was."""
    chosen = sa.select(Letter.template_id, sa.func.count(), sa.func.max(Letter.approved_at))
    rows = session.execute(chosen.where(Letter.approved_at.is_not(None)).group_by(Letter.template_id))
    return {template_id: (count, last) for template_id, count, last in rows}
