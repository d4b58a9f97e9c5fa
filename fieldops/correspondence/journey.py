"""What the post says of an item on its way: by hand, by scan, from a file; each event once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from fieldops.clock import local_date
from fieldops.correspondence import queries, tracking
from fieldops.correspondence.mail_models import TrackingEvent
from fieldops.correspondence.moves import move_item
from fieldops.correspondence.receipts import item_by_number
from fieldops.errors import NotNow, NotUnderstood

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops import audit
    from fieldops.correspondence.models import MailItem

MANUAL, SCANNED, FILE = "MANUAL", "SCAN", "FILE"
CODES = {  # what the post reports → its own word; a return is recorded when the item is in our hands, with its reason
    "in_transit": "运输中",
    "arrive": "到达投递局",
    "out_for_delivery": "派送中",
    "deliver": "妥投",
    "hold_for_collection": "待领",
    "collect": "已领取",
    "storage_expired": "逾期未领",
    "refuse": "拒收",
    "send_back": "退回中",
    "lose": "遗失",
    "claim": "已索赔",
}
DELIVERED = frozenset({"deliver", "collect"})


def record_event(
    session: Session,
    actor: audit.Actor,
    item_id: UUID,
    *,
    code: str,
    happened_at: datetime | None = None,
    place: str = "",
    signed_by: str | None = None,
    source: str = MANUAL,
) -> MailItem:
    """Record what happened to an item and let it move; the same event again changes nothing.

    An event older than the newest one on record is kept and moves nothing. Raises: NotUnderstood for an unknown code,
    an instant to come or before posting, a delivery nobody signed for; NotNow when the item's state says no.
    """
    item = queries.item_by_id(session, item_id)
    at = happened_at or actor.at
    _check(actor, item, code, at, signed_by)
    if _is_known(session, item, code, at):
        return item
    newest = session.scalar(sa.select(sa.func.max(TrackingEvent.happened_at)).filter_by(item_id=item.id))
    if newest is None or at >= newest:
        item = _move(session, actor, item, code, signed_by)
    tracking.note_event(session, actor, item, code, at, place=place, source=source)
    return item


def record_scan(session: Session, actor: audit.Actor, *, tracking_no: str, **said: str) -> MailItem:
    """Record an event of the item whose label was scanned. Raises: as ``record_event``, and for a number not ours."""
    item = item_by_number(session, actor, tracking_no)
    return record_event(session, actor, item.id, source=SCANNED, **said)  # type: ignore[arg-type]


def events_of(session: Session, item_id: UUID) -> Sequence[TrackingEvent]:
    """What the post said of an item, in the order it happened. Raises: NotFound."""
    queries.item_by_id(session, item_id)
    order = (TrackingEvent.happened_at, TrackingEvent.id)
    return session.scalars(sa.select(TrackingEvent).filter_by(item_id=item_id).order_by(*order)).all()


def _check(actor: audit.Actor, item: MailItem, code: str, at: datetime, signed_by: str | None) -> None:
    if code not in CODES:
        raise NotUnderstood("EVENT_UNKNOWN", f"{code!r} is no event of an item; use {', '.join(CODES)}.")
    if at > actor.at:
        raise NotUnderstood("EVENT_TO_COME", f"{at.isoformat()} is still to come; give the instant the post names.")
    if item.posted_at is None:
        raise NotNow("ITEM_STATE", f"Item {item.tracking_no} was never posted; hand over its list first.")
    if local_date(at) < local_date(item.posted_at):
        raise NotUnderstood("EVENT_BEFORE_POSTING", f"{item.tracking_no} was posted after {at.isoformat()}.")
    if code in DELIVERED and signed_by not in tracking.SIGNERS:
        raise NotUnderstood("SIGNER_MISSING", f"Say who signed: {', '.join(tracking.SIGNERS)}.")


def _is_known(session: Session, item: MailItem, code: str, at: datetime) -> bool:
    same = sa.select(TrackingEvent.id).filter_by(item_id=item.id, code=code, happened_at=at)
    return session.scalar(same) is not None


def _move(session: Session, actor: audit.Actor, item: MailItem, code: str, signed_by: str | None) -> MailItem:
    if code in DELIVERED:
        return tracking.record_delivery(session, actor, item.id, signed_by=signed_by or "")
    if code == "lose":
        return tracking.record_loss(session, actor, item.id)
    locked = queries.item_by_id(session, item.id, lock=True)
    move_item(session, actor, locked, code)
    return locked
