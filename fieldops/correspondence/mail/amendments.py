"""Corrections of a list that was handed over: the list stays, each one is a record both sides have initialled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from fieldops import audit
from fieldops.correspondence import queries, register
from fieldops.correspondence.mail import evidence
from fieldops.correspondence.mail_models import HandoverAmendment
from fieldops.correspondence.moves import move_item, move_letter
from fieldops.errors import NotFound, NotNow, NotUnderstood
from letters.register import EntryKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.correspondence.models import HandoverList, Letter, MailItem

STRUCK_OFF, WEIGHT, POSTAGE = "STRUCK_OFF", "WEIGHT", "POSTAGE"
KINDS = (STRUCK_OFF, WEIGHT, POSTAGE)
_MOST = 100_000


def amend(
    session: Session,
    actor: audit.Actor,
    list_id: UUID,
    *,
    item_id: UUID,
    kind: str,
    reason: str,
    our_initials: str,
    post_initials: str,
    becomes: int | None = None,
    scan_sha256: str | None = None,
) -> HandoverAmendment:
    """Record a correction: another weight or postage, or an item the post struck off, which is ours again.

    The line of a struck item in the register is reversed.
    Raises: NotNow before the hand-over or for an item under way, NotFound for one not on the list, NotUnderstood.
    """
    handover = queries.lock_list(session, list_id)
    if handover.handed_over_at is None:
        raise NotNow("LIST_STATE", f"List {handover.no} is {handover.status}: nobody signed it yet, make it anew.")
    if scan_sha256 is not None:
        evidence.require_scan(session, scan_sha256)
    item, letter = _on_list(session, handover, item_id)
    was, now = _correct(session, actor, item, letter, kind, becomes, reason)
    made = HandoverAmendment(
        list_id=handover.id, number=len(amendments_of(session, handover.id)) + 1, item_id=item.id, kind=kind,
        was=was, becomes=now, reason=reason, our_initials=our_initials, post_initials=post_initials,
        scan_sha256=scan_sha256, at=actor.at, actor=actor.name,
    )  # fmt: skip
    session.add(made)
    said = {"no": handover.no, "kind": kind, "tracking_no": item.tracking_no, "was": was, "becomes": now}
    audit.record(session, actor, "handover.amend", "handover_list", handover.id, reason=reason, **said)
    if kind == STRUCK_OFF:
        why, number = f"{handover.no} {reason}", item.tracking_no
        register.reverse_latest(session, actor, letter, EntryKind.POSTED, tracking_no=number, reason=why)
    session.flush()
    return made


def amendments_of(session: Session, list_id: UUID) -> Sequence[HandoverAmendment]:
    """The corrections of a list, in order. Raises: NotFound."""
    queries.list_by_id(session, list_id)
    order = HandoverAmendment.number
    return session.scalars(sa.select(HandoverAmendment).filter_by(list_id=list_id).order_by(order)).all()


def _on_list(session: Session, handover: HandoverList, item_id: UUID) -> tuple[MailItem, Letter]:
    for item, letter in queries.items_of_list(session, handover.id):
        if item.id == item_id:
            queries.lock_letters(session, [letter.id])
            return queries.item_by_id(session, item.id, lock=True), letter
    raise NotFound("ITEM_NOT_ON_LIST", f"Item {item_id} is not on list {handover.no}.")


def _correct(
    session: Session, actor: audit.Actor, item: MailItem, letter: Letter, kind: str, becomes: int | None, reason: str
) -> tuple[str, str]:
    """Correct the item, and say what it was and is."""
    if kind == STRUCK_OFF:
        was = item.status
        move_letter(session, actor, letter, "undo_post", reason=reason)
        move_item(session, actor, item, "undo_post", reason=reason)
        item.posted_at = item.handover_id = None
        return was, item.status
    if becomes is None or not 0 < becomes <= _MOST:
        raise NotUnderstood("BECOMES_MISSING", "Say the right weight in grams, or the right postage in fen.")
    name = "weight_g" if kind == WEIGHT else "postage_fen"
    was = str(getattr(item, name))
    setattr(item, name, becomes)
    item.version += 1
    return was, str(becomes)
