"""Reads of the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from fieldops.cases.models import Debtor
from fieldops.correspondence.models import HandoverList, Letter, MailItem
from fieldops.planning.models import DayPlan
from fieldops.vault import mask_name

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

_SHOWN = 200


def database_now(session: Session) -> datetime:
    """The database's own clock."""
    return session.scalars(sa.select(sa.func.now())).one()


def newest_published_plan(session: Session) -> DayPlan | None:
    """The plan crews work by, of the latest day that has one."""
    return session.scalar(sa.select(DayPlan).filter_by(status="PUBLISHED").order_by(DayPlan.on_date.desc()).limit(1))


def newest_letters(session: Session) -> list[dict[str, Any]]:
    """Letters with a number, newest first, recipients masked."""
    rows = session.execute(
        sa.select(Letter, Debtor.name, MailItem.tracking_no)
        .join(Debtor, Debtor.id == Letter.debtor_id)
        .outerjoin(MailItem, sa.and_(MailItem.letter_id == Letter.id, MailItem.status != "VOID"))
        .where(Letter.letter_no.is_not(None))
        .order_by(Letter.id.desc())
        .limit(_SHOWN)
    )
    return [
        {
            "id": letter.id,
            "letter_no": letter.letter_no,
            "recipient": mask_name(name),
            "status": letter.status,
            "tracking_no": tracking_no,
            "has_pdf": letter.pdf_sha256 is not None,
        }
        for letter, name, tracking_no in rows
    ]


def newest_handover_lists(session: Session) -> list[HandoverList]:
    """Handover lists, newest first."""
    return list(session.scalars(sa.select(HandoverList).order_by(HandoverList.id.desc()).limit(_SHOWN)))
