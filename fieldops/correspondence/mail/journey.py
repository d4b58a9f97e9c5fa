"""What the post says of an item on its way: by hand, by scan, from a file; each event once."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import sqlalchemy as sa

from fieldops.clock import local_date
from fieldops.correspondence import queries
from fieldops.correspondence.mail import tracking
from fieldops.correspondence.mail.receipts import item_by_number
from fieldops.correspondence.mail_models import TrackingEvent
from fieldops.correspondence.moves import move_item
from fieldops.errors import NotNow, NotUnderstood
from letters.errors import MoveRefused
from letters.states import ItemState, may

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
TAKEN_BACK = "undo_outcome"  # among the events of an item: the one before it does not count


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

    A delivery reported without its instant is the same event once the post names that. An event older than the newest
    one on record is kept and moves nothing. Raises: NotUnderstood for an unknown code, an instant to come or before
    posting, a delivery nobody signed for; NotNow when the item's state says no, and EVENT_CONTRADICTS for what cannot
    have happened beside what is on record.
    """
    item, _ = tracking.locked(session, item_id)
    at = happened_at or actor.at
    _check(actor, item, code, at, signed_by)
    events = events_of(session, item.id)
    known = _told_before(events, code, at)
    if known is not None:
        _require_the_same(item, events, known, place, signed_by)
        return item
    if not events or at >= events[-1].happened_at:
        item = _move(session, actor, item, code, at, signed_by)
    else:
        _require_to_fit(item, events, code, at)
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


def _told_before(events: Sequence[TrackingEvent], code: str, at: datetime) -> TrackingEvent | None:
    """The event on record that is told again: of that instant, or the next one if it is a delivery without its own."""
    same = next((one for one in events if one.code == code and one.happened_at == at), None)
    following = next((one for one in events if one.happened_at > at), None)
    if same is None and following is not None and {code, following.code} <= DELIVERED:
        return following if following.happened_at == following.recorded_at else None
    return same


def _require_the_same(
    item: MailItem, events: Sequence[TrackingEvent], known: TrackingEvent, place: str, signed_by: str | None
) -> None:
    """Refuse an event on record that is told again with another place or signer."""
    word = CODES[known.code]
    if any(one is known and following.code == TAKEN_BACK for one, following in pairwise(events)):
        raise _contradicts(item, f"{word} at that instant was taken back")
    if place and known.place and place != known.place:
        raise _contradicts(item, f"{word} at {known.place} is on record, not at {place}")
    if known.code in DELIVERED and item.outcome != tracking.delivered_to(signed_by):
        raise _contradicts(item, f"{item.outcome} is on record for that instant, not {signed_by}")


def _require_to_fit(item: MailItem, events: Sequence[TrackingEvent], code: str, at: datetime) -> None:
    """Refuse an older event after which those on record could not have happened."""
    earlier = [one.code for one in events if one.happened_at <= at]
    later = [one.code for one in events if one.happened_at > at]
    state = ItemState.POSTED
    try:
        for each in (*earlier, code, *later):
            state = may(state, tracking.delivery_from(state) if each in DELIVERED else each)
    except MoveRefused as refusal:
        first = next(one for one in events if one.happened_at > at)
        told = f"{first.code} at {first.happened_at.isoformat()} is on record after this {code}"
        raise _contradicts(item, f"{told}: {refusal}") from None


def _contradicts(item: MailItem, what: str) -> NotNow:
    mend = "ask the post which holds; an outcome is taken back with POST /api/v1/letters/{id}/undo-outcome"
    return NotNow("EVENT_CONTRADICTS", f"{item.tracking_no}: {what}; {mend}.", status=item.status)


def _move(
    session: Session, actor: audit.Actor, item: MailItem, code: str, at: datetime, signed_by: str | None
) -> MailItem:
    if code in DELIVERED:
        return tracking.record_delivery(session, actor, item.id, signed_by=signed_by or "", at=at)
    if code == "lose":
        return tracking.record_loss(session, actor, item.id, at=at)
    locked = queries.item_by_id(session, item.id, lock=True)
    move_item(session, actor, locked, code)
    return locked
