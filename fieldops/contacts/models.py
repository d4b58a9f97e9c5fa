"""The contact ledger 触达台账: every call, visit and letter to a debtor, in one table."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.db import Base, Id


class ContactEvent(Base):
    """One time a debtor was contacted; ``source_id`` is the call, the visit or the letter.

    ``channel``: CALL, VISIT, LETTER; ``effective`` whether somebody answered, None where the channel does not tell.
    """

    __tablename__ = "contact_event"
    __table_args__ = (sa.UniqueConstraint("channel", "source_id"), sa.Index(None, "debtor_id", "at"))

    id: Mapped[Id]
    debtor_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("debtor.id"))
    case_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("case.id"))
    channel: Mapped[str]
    at: Mapped[datetime]
    effective: Mapped[bool | None]
    source_id: Mapped[uuid.UUID]
