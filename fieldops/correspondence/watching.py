"""Watchdogs over paper: whatever stands still too long becomes a task, once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from fieldops.auth.roles import Role
from fieldops.clock import at_local, local_date
from fieldops.correspondence.mail import lists as mail_lists
from fieldops.correspondence.models import Letter
from fieldops.policies.service import policy_on
from fieldops.policies.working_days import WorkingDays
from fieldops.tasks.service import open_task

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.correspondence.models import MailItem

DAY_ENDS_S = 18 * 3600  # a working day's paper is looked for when the desk closes
ACT_WITHIN = timedelta(days=1)
RECEIPT, DELIVERY, NO_NEWS = "posting_receipt_missing", "delivery_receipt_missing", "no_news_inquiry"
UNPRINTED, UNPOSTED = "unprinted_after_cut_off", "unposted_after_printing"


def watch(session: Session, actor: Actor) -> dict[str, int]:
    """Open a task for everything that stands still too long; how many of each kind stand still now."""
    return {
        RECEIPT: _ask(session, actor, RECEIPT, mail_lists.unreceipted_items(session, actor.at)),
        DELIVERY: _ask(session, actor, DELIVERY, mail_lists.unproved_deliveries(session, actor.at)),
        NO_NEWS: _ask(session, actor, NO_NEWS, mail_lists.silent_items(session, actor.at)),
        UNPRINTED: _look(session, actor, UNPRINTED, _unprinted(session, actor)),
        UNPOSTED: _look(session, actor, UNPOSTED, _unposted(session)),
    }


def _unprinted(session: Session, actor: Actor) -> list[tuple[Letter, date]]:
    """Approved letters nothing holds, each with the working day its cut-off gave."""
    cut_off = policy_on(session, local_date(actor.at)).letter.cut_off
    waiting = _moving(session, Letter.status.in_(("GENERATED", "QUEUED")))
    days = WorkingDays(session)
    return [(letter, days.of(letter.approved_at, cut_off)) for letter in waiting if letter.approved_at]


def _unposted(session: Session) -> list[tuple[Letter, date]]:
    """Printed letters for the post, each due there on the working day after."""
    waiting = _moving(session, Letter.status.in_(("PRINTED", "SEALED")), Letter.delivery == "REGISTERED_MAIL")
    days = WorkingDays(session)
    return [(letter, days.after(local_date(letter.printed_at))) for letter in waiting if letter.printed_at]


def _moving(session: Session, *conditions: sa.ColumnElement[bool]) -> sa.ScalarResult[Letter]:
    return session.scalars(sa.select(Letter).where(*conditions, Letter.held_reason.is_(None)).order_by(Letter.id))


def _look(session: Session, actor: Actor, kind: str, due: Sequence[tuple[Letter, date]]) -> int:
    late = [letter for letter, on in due if actor.at >= at_local(on, DAY_ENDS_S)]
    for letter in late:
        _open(session, actor, kind, "letter", letter.id, {"letter_no": letter.letter_no, "status": letter.status})
    return len(late)


def _ask(session: Session, actor: Actor, kind: str, items: Sequence[MailItem]) -> int:
    for item in items:
        posted = item.posted_at.isoformat() if item.posted_at else None
        said = {"tracking_no": item.tracking_no, "posted_at": posted, "status": item.status}
        _open(session, actor, kind, "mail_item", item.id, said)
    return len(items)


def _open(session: Session, actor: Actor, kind: str, entity: str, entity_id: UUID, detail: dict[str, Any]) -> None:
    open_task(session, actor, kind, Role.ADMIN_CLERK, entity, entity_id, actor.at + ACT_WITHIN, detail)
