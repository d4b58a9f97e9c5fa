"""Reads of the contact ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from fieldops.contacts.models import ContactEvent
from fieldops.contacts.rules import Contact

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


def contacts_since(session: Session, debtor_id: UUID, since: datetime) -> list[Contact]:
    """The contacts of a debtor since an instant, oldest first."""
    columns = (ContactEvent.channel, ContactEvent.at, ContactEvent.effective)
    query = sa.select(*columns).where(ContactEvent.debtor_id == debtor_id, ContactEvent.at >= since)
    return [Contact(*row) for row in session.execute(query.order_by(ContactEvent.at))]


def ledger_of(session: Session, debtor_id: UUID, *, limit: int) -> Sequence[ContactEvent]:
    """The newest contacts of a debtor, newest first."""
    query = sa.select(ContactEvent).filter_by(debtor_id=debtor_id)
    return session.scalars(query.order_by(ContactEvent.at.desc(), ContactEvent.id.desc()).limit(limit)).all()
