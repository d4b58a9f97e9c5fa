"""Numbered stock: where every sheet is. Each hand-over is offered by one login and counted by another.

The database itself holds that ranges never overlap and that the places of a lot add up to what was received.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from fieldops import audit
from fieldops.auth.roles import Role
from fieldops.correspondence import queries
from fieldops.correspondence.sheet_models import PrintCopy
from fieldops.correspondence.stock_models import StockHandover, StockLot, StockMove, StockSpan
from fieldops.errors import NotAllowed, NotFound, NotNow, NotUnderstood
from letters.errors import MoveRefused, NumberMalformed, RangeRefused
from letters.stock import StockRange, StockState, after

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.correspondence.models import PrintBatch

KINDS = {"PAPER": 1, "ENVELOPE": 2, "LABEL": 3}  # 信纸, 信封, 标签
STORE = "STORE"
RECEIPT, ISSUE, RETURN, DESTRUCTION = "RECEIPT", "ISSUE", "RETURN", "DESTRUCTION"
EVENTS = {ISSUE: "issue", RETURN: "return", DESTRUCTION: "destroy"}
OFFERED, ACCEPTED, DECLINED = "OFFERED", "ACCEPTED", "DECLINED"
ACCOUNT = "account"  # spoiled sheets are laid to the batch that spoiled them
COUNTED = ("use", ACCOUNT)  # events by which sheets count for a batch
GONE = {StockState.SPOILED.value, StockState.DESTROYED.value}


def offer_receipt(
    session: Session, actor: audit.Actor, *, kind: str, first: str, last: str, supplier: str
) -> StockHandover:
    """Offer a range a supplier delivered to be counted by somebody else. Raises: NotUnderstood, NotNow."""
    sheets = read_range(first, last)
    _refuse_overlap(session, KINDS[kind], sheets)
    return _offer(session, actor, RECEIPT, kind, sheets, from_holder=supplier, to_holder=STORE)


def offer_issue(session: Session, actor: audit.Actor, *, kind: str, first: str, last: str, to: str) -> StockHandover:
    """Offer numbers of the store to a person, who counts and accepts them. Raises: NotUnderstood, NotNow."""
    if to == actor.name:
        raise NotAllowed("TWO_LOGINS", "Nobody issues stock to themselves; two logins stand at every hand-over.")
    return _offer_held(session, actor, ISSUE, kind, first, last, from_holder=STORE, to_holder=to)


def offer_return(session: Session, actor: audit.Actor, *, kind: str, first: str, last: str) -> StockHandover:
    """Offer numbers one holds back to the store. Raises: NotUnderstood, NotNow."""
    return _offer_held(session, actor, RETURN, kind, first, last, from_holder=actor.name, to_holder=STORE)


def offer_destruction(
    session: Session, actor: audit.Actor, *, kind: str, first: str, last: str, reason: str
) -> StockHandover:
    """Say that spoiled sheets, or sheets of the store, are destroyed; a witness confirms. Raises: as above."""
    return _offer_held(session, actor, DESTRUCTION, kind, first, last, from_holder="", to_holder="", reason=reason)


def accept(session: Session, actor: audit.Actor, handover_id: UUID, *, first: str, last: str) -> StockHandover:
    """Accept a hand-over after counting: what was counted must be what was offered, or nothing changes.

    Raises: NotFound; NotAllowed for whoever offered it or for whom it is not meant; NotUnderstood for another count.
    """
    handover = _lock_offered(session, handover_id)
    _require_second(actor, handover)
    counted = read_range(first, last)
    if (counted.series, counted.low, counted.high) != (handover.series, handover.low, handover.high):
        offered = handover.high - handover.low + 1
        detail = f"{len(counted)} sheets were counted and {offered} offered, or other ones; count again, or decline."
        raise NotUnderstood("STOCK_COUNT_DIFFERS", detail, offered=offered, counted=len(counted))
    if handover.kind == RECEIPT:
        _take_in(session, actor, handover, counted)
    else:
        event, holder = EVENTS[handover.kind], handover.to_holder
        lot = _move(session, handover.kind_no, counted, event, from_holder=handover.from_holder or None, holder=holder)
        _journal(session, actor, lot, counted, event, holder=holder, second=handover.offered_by, reason=handover.reason)
    _answer(session, actor, handover, ACCEPTED)
    return handover


def decline(session: Session, actor: audit.Actor, handover_id: UUID, *, reason: str) -> StockHandover:
    """Decline a hand-over; the numbers stay where they are. Raises: NotFound, NotNow."""
    handover = _lock_offered(session, handover_id)
    handover.reason = reason
    if actor.name == handover.offered_by:
        handover.status, handover.version = DECLINED, handover.version + 1
        audit.record(session, actor, "stock.withdraw", "stock_handover", handover.id, reason=reason)
    else:
        _answer(session, actor, handover, DECLINED)
    return handover


def use(session: Session, actor: audit.Actor, *, kind: str, first: str, last: str, batch_id: UUID) -> StockMove:
    """Record that sheets one holds were printed on for a batch: never more than the batch has put out.

    Raises: NotNow STOCK_OVER_BATCH, or for sheets that are not the user's.
    """
    sheets = read_range(first, last)
    batch = _batch_with_room(session, batch_id, sheets)
    lot = _move(session, KINDS[kind], sheets, "use", from_holder=actor.name, holder=actor.name)
    return _journal(session, actor, lot, sheets, "use", holder=actor.name, batch_id=batch.id)


def spoil(
    session: Session,
    actor: audit.Actor,
    *,
    kind: str,
    first: str,
    last: str,
    reason: str,
    photo_sha256: str | None = None,
) -> StockMove:
    """Record that sheets one holds, or has used, are spoiled. Raises: NotNow, NotUnderstood."""
    sheets = read_range(first, last)
    lot = _move(session, KINDS[kind], sheets, "spoil", from_holder=actor.name, holder=actor.name)
    return _journal(session, actor, lot, sheets, "spoil", holder=actor.name, reason=reason, photo_sha256=photo_sha256)


def account_spoiled(
    session: Session, actor: audit.Actor, *, kind: str, first: str, last: str, batch_id: UUID, reason: str
) -> StockMove:
    """Say that sheets recorded as spoiled were spoiled by a batch, in a jam say: they count among its sheets, once.

    Raises: NotNow STOCK_OVER_BATCH, for sheets that are not spoiled or count for a batch already; NotUnderstood.
    """
    sheets = read_range(first, last)
    batch = _batch_with_room(session, batch_id, sheets)
    lot = _lot_of(session, KINDS[kind], sheets)
    within = (StockSpan.low <= sheets.high, StockSpan.high >= sheets.low)
    states = set(session.scalars(sa.select(StockSpan.state).where(StockSpan.lot_id == lot.id, *within)))
    if not states <= GONE:
        detail = f"Some of {sheets.first} to {sheets.last} are {', '.join(sorted(states - GONE))}: record them as used."
        raise NotNow("STOCK_STATE", detail)
    counted = sa.select(StockMove.id).where(StockMove.lot_id == lot.id, StockMove.event.in_(COUNTED))
    if session.scalar(counted.where(StockMove.low <= sheets.high, StockMove.high >= sheets.low).limit(1)) is not None:
        raise NotNow("STOCK_COUNTED", f"Some of {sheets.first} to {sheets.last} count among the sheets of a batch.")
    return _journal(session, actor, lot, sheets, ACCOUNT, holder=actor.name, batch_id=batch.id, reason=reason)


def used_for(session: Session, batch_id: UUID) -> int:
    """How many numbered sheets count for a batch: used for it, or spoiled by it."""
    size = sa.func.sum(StockMove.high - StockMove.low + 1)
    counted = StockMove.event.in_(COUNTED)
    return int(session.scalar(sa.select(size).where(StockMove.batch_id == batch_id, counted)) or 0)


def spans(session: Session, *, holder: str | None = None, state: str | None = None) -> Sequence[StockSpan]:
    """Where numbers are, in the order of kind, series and number."""
    equal = {name: value for name, value in {"holder": holder, "state": state}.items() if value is not None}
    order = (StockSpan.kind_no, StockSpan.series, StockSpan.low)
    return session.scalars(sa.select(StockSpan).filter_by(**equal).order_by(*order)).all()


def handovers(session: Session, *, status: str = OFFERED) -> Sequence[StockHandover]:
    """The hand-overs of a status, oldest first."""
    return session.scalars(sa.select(StockHandover).filter_by(status=status).order_by(StockHandover.id)).all()


def read_range(first: str, last: str) -> StockRange:
    """A typed or scanned range. Raises: NotUnderstood STOCK_RANGE."""
    try:
        return StockRange(first, last)
    except (NumberMalformed, RangeRefused) as refusal:
        raise NotUnderstood("STOCK_RANGE", str(refusal)) from None


def _offer_held(
    session: Session, actor: audit.Actor, name: str, kind: str, first: str, last: str, **more: Any
) -> StockHandover:
    sheets = read_range(first, last)
    _pieces(session, KINDS[kind], sheets, EVENTS[name], more["from_holder"] or None)
    return _offer(session, actor, name, kind, sheets, **more)


def _offer(
    session: Session,
    actor: audit.Actor,
    name: str,
    kind: str,
    sheets: StockRange,
    *,
    from_holder: str,
    to_holder: str,
    reason: str | None = None,
) -> StockHandover:
    made = StockHandover(
        kind=name, kind_no=KINDS[kind], series=sheets.series, low=sheets.low, high=sheets.high,
        from_holder=from_holder, to_holder=to_holder, status=OFFERED, reason=reason, offered_by=actor.name,
        offered_at=actor.at,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(made)
    except sa.exc.IntegrityError:
        raise NotNow("STOCK_OFFERED", f"Some of {sheets.first} to {sheets.last} are offered already.") from None
    said = {"kind": name, "first": sheets.first, "last": sheets.last, "to": to_holder}
    audit.record(session, actor, "stock.offer", "stock_handover", made.id, reason=reason, **said)
    return made


def _lock_offered(session: Session, handover_id: UUID) -> StockHandover:
    handover = session.get(StockHandover, handover_id, with_for_update=True, populate_existing=True)
    if handover is None:
        raise NotFound("HANDOVER_UNKNOWN", f"There is no hand-over {handover_id}; see GET /api/v1/stock/hand-overs.")
    if handover.status != OFFERED:
        raise NotNow(
            "HANDOVER_ANSWERED", f"{handover.answered_by or handover.offered_by} has answered: {handover.status}."
        )
    return handover


def _require_second(actor: audit.Actor, handover: StockHandover) -> None:
    if actor.name == handover.offered_by:
        raise NotAllowed("TWO_LOGINS", "Whoever offers stock cannot accept it; two logins stand at every hand-over.")
    if handover.kind == ISSUE and actor.name != handover.to_holder:
        raise NotAllowed("NOT_YOURS", f"These sheets are offered to {handover.to_holder}.")
    if handover.kind == RETURN and Role.ADMIN_APPROVER not in actor.roles:
        raise NotAllowed("NOT_YOURS", "What returns to the store is counted by whoever keeps it.")


def _take_in(session: Session, actor: audit.Actor, handover: StockHandover, sheets: StockRange) -> None:
    lot = StockLot(
        kind_no=handover.kind_no, series=sheets.series, low=sheets.low, high=sheets.high,
        supplier=handover.from_holder, received_by=handover.offered_by, counted_by=actor.name, received_at=actor.at,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(lot)
    except sa.exc.IntegrityError:
        raise _overlap(sheets) from None
    session.add(_span(lot, sheets.low, sheets.high, StockState.STORE, STORE))
    _journal(session, actor, lot, sheets, "receive", holder=STORE, second=handover.offered_by)


def _move(
    session: Session, kind_no: int, sheets: StockRange, event: str, *, from_holder: str | None, holder: str
) -> StockLot:
    """Let ``event`` happen to a range: its spans are cut where it begins and ends."""
    lot, found = _pieces(session, kind_no, sheets, event, from_holder)
    for span in found:
        session.delete(span)
        for low, high in ((span.low, sheets.low - 1), (sheets.high + 1, span.high)):
            if low <= high:
                session.add(_span(lot, low, high, span.state, span.holder))
        low, high = max(span.low, sheets.low), min(span.high, sheets.high)
        session.add(_span(lot, low, high, after(StockState(span.state), event), holder))
    session.flush()
    return lot


def _pieces(
    session: Session, kind_no: int, sheets: StockRange, event: str, holder: str | None
) -> tuple[StockLot, Sequence[StockSpan]]:
    """The lot of a range, locked, and the spans it touches. Raises: NotUnderstood, NotNow when one may not move so."""
    lot = _lot_of(session, kind_no, sheets)
    touched = sa.select(StockSpan).where(
        StockSpan.lot_id == lot.id, StockSpan.low <= sheets.high, StockSpan.high >= sheets.low
    )
    found = session.scalars(touched.order_by(StockSpan.low).execution_options(populate_existing=True)).all()
    for span in found:
        try:
            after(StockState(span.state), event)
        except MoveRefused as refusal:
            raise NotNow("STOCK_STATE", f"{sheets.first} to {sheets.last}: {refusal}", state=span.state) from None
        if holder is not None and span.holder != holder:
            raise NotNow("STOCK_HOLDER", f"Some of {sheets.first} to {sheets.last} are with {span.holder}.")
    return lot, found


def _lot_of(session: Session, kind_no: int, sheets: StockRange) -> StockLot:
    same = sa.select(StockLot).filter_by(kind_no=kind_no, series=sheets.series)
    lot = session.scalar(same.where(StockLot.low <= sheets.low, StockLot.high >= sheets.high).with_for_update())
    if lot is None:
        raise NotUnderstood("STOCK_UNKNOWN", f"{sheets.first} to {sheets.last} lies in no range that was received.")
    return lot


def _batch_with_room(session: Session, batch_id: UUID, sheets: StockRange) -> PrintBatch:
    """The batch, locked. Raises: NotNow when it put out fewer sheets than would count for it."""
    batch = queries.lock_batch(session, batch_id)
    printed = session.scalar(sa.select(sa.func.sum(PrintCopy.sheets)).filter_by(batch_id=batch.id)) or 0
    before = used_for(session, batch.id)
    if before + len(sheets) > printed:
        detail = f"Batch {batch.no} put out {printed} sheets, {before} are accounted for; {len(sheets)} are too many."
        raise NotNow("STOCK_OVER_BATCH", detail, printed=int(printed), used=before)
    return batch


def _span(lot: StockLot, low: int, high: int, state: str, holder: str) -> StockSpan:
    return StockSpan(
        lot_id=lot.id, kind_no=lot.kind_no, series=lot.series, low=low, high=high, state=str(state), holder=holder
    )


def _journal(
    session: Session, actor: audit.Actor, lot: StockLot, sheets: StockRange, event: str, **more: Any
) -> StockMove:
    move = StockMove(
        at=actor.at, lot_id=lot.id, event=event, low=sheets.low, high=sheets.high, actor=actor.name,
        **{"second": None, "reason": None, "photo_sha256": None, "batch_id": None, **more},
    )  # fmt: skip
    session.add(move)
    session.flush()
    said = {"first": sheets.first, "last": sheets.last}
    audit.record(session, actor, f"stock.{event}", "stock_move", move.id, reason=move.reason, **said)
    return move


def _answer(session: Session, actor: audit.Actor, handover: StockHandover, status: str) -> None:
    handover.status, handover.answered_by, handover.answered_at = status, actor.name, actor.at
    handover.version += 1
    said = {"kind": handover.kind}
    audit.record(
        session, actor, f"stock.{status.lower()}", "stock_handover", handover.id, reason=handover.reason, **said
    )


def _refuse_overlap(session: Session, kind_no: int, sheets: StockRange) -> None:
    same = sa.select(StockLot.id).filter_by(kind_no=kind_no, series=sheets.series)
    if session.scalar(same.where(StockLot.low <= sheets.high, StockLot.high >= sheets.low).limit(1)) is not None:
        raise _overlap(sheets)


def _overlap(sheets: StockRange) -> NotNow:
    detail = f"{sheets.first} to {sheets.last} overlaps a range that was received; no number stands on two sheets."
    return NotNow("STOCK_OVERLAPS", detail, first=sheets.first, last=sheets.last)
