"""Custody of every printed sheet: which copy of a letter counts, and in whose hands its paper is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from fieldops import audit
from fieldops.correspondence import queries
from fieldops.correspondence.sheet_models import CustodyEntry, PrintCopy
from fieldops.errors import NotAllowed, NotFound, NotNow
from fieldops.tasks.service import finish_if_open

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.correspondence.models import Letter

OFFICE, CREW, POST, RECIPIENT, SHREDDER, NOBODY = "OFFICE", "CREW", "POST", "RECIPIENT", "SHREDDER", "NOBODY"
HANDS = {  # event of a letter → who has its paper afterwards; an event that is not here moves no paper
    "print": OFFICE,
    "reprint": OFFICE,
    "seal": OFFICE,
    "post": POST,
    "undo_post": OFFICE,
    "issue": CREW,
    "hand": RECIPIENT,
    "leave": RECIPIENT,
    "bring_back": OFFICE,
    "reseal": OFFICE,
    "void": SHREDDER,
    "deliver": RECIPIENT,
    "return": OFFICE,
    "remail": OFFICE,
    "lose": NOBODY,
}
BACK_WITH = {"REGISTERED_MAIL": POST, "HAND_BY_VISIT": CREW}  # whose its paper is after its outcome was taken back
SHRED = "shred_letter"


def pass_on(
    session: Session, actor: audit.Actor, letter: Letter, event: str, *, to: str = "", reason: str | None = None
) -> None:
    """Write down that the paper of a letter changed hands by ``event``; ``to`` names the person where one is known."""
    holder = BACK_WITH[letter.delivery] if event == "undo_outcome" else HANDS.get(event)
    if holder is None:
        return
    copy = live_copy_of(session, letter.id)
    session.add(
        CustodyEntry(
            at=actor.at,
            letter_id=letter.id,
            copy_no=copy.copy_no if copy else None,
            event=event,
            holder=holder,
            holder_name=to or (actor.name if holder == OFFICE else ""),
            actor=actor.name,
            reason=reason,
        )
    )


def add_copy(session: Session, actor: audit.Actor, letter: Letter, batch_id: UUID) -> PrintCopy:
    """Count one more copy of a letter. The letter is locked by the caller; it has no copy that counts."""
    last = session.scalar(sa.select(sa.func.max(PrintCopy.copy_no)).filter_by(letter_id=letter.id))
    copy = PrintCopy(
        letter_id=letter.id,
        batch_id=batch_id,
        copy_no=(last or 0) + 1,
        sheets=letter.sheets or 1,
        printed_at=actor.at,
        printed_by=actor.name,
    )
    session.add(copy)
    session.flush()
    return copy


def end_copy(
    session: Session,
    actor: audit.Actor,
    copy: PrintCopy,
    *,
    reason: str,
    in_hand: bool,
    photo_sha256: str | None = None,
) -> None:
    """Let a copy count no longer. ``in_hand``: whoever says so has the paper and destroys it; a witness follows."""
    copy.ended_at, copy.ended_by, copy.end_reason, copy.photo_sha256 = actor.at, actor.name, reason, photo_sha256
    if in_hand:
        copy.destroyed_by, copy.destroyed_at = actor.name, actor.at
    session.flush()
    said = {"letter_id": str(copy.letter_id), "copy_no": copy.copy_no, "sheets": copy.sheets}
    audit.record(session, actor, "copies.end", "print_copy", copy.id, reason=reason, **said)


def destroy_copies(session: Session, actor: audit.Actor, copy_ids: Sequence[UUID]) -> list[PrintCopy]:
    """Record that ended copies went into the shredder. Raises: as for one; then none is recorded."""
    return [destroy_copy(session, actor, copy_id) for copy_id in sorted(set(copy_ids))]


def witness_copies(session: Session, actor: audit.Actor, copy_ids: Sequence[UUID]) -> list[PrintCopy]:
    """Record that somebody else saw ended copies destroyed. Raises: as for one; then none is recorded."""
    return [witness_copy(session, actor, copy_id) for copy_id in sorted(set(copy_ids))]


def destroy_copy(session: Session, actor: audit.Actor, copy_id: UUID) -> PrintCopy:
    """Record that an ended copy went into the shredder. Raises: NotFound, NotNow."""
    copy = _ended(session, copy_id)
    if copy.destroyed_by is not None:
        raise NotNow("COPY_DESTROYED", f"{copy.destroyed_by} has destroyed this copy; a witness is what it may lack.")
    copy.destroyed_by, copy.destroyed_at = actor.name, actor.at
    audit.record(session, actor, "copies.destroy", "print_copy", copy.id, copy_no=copy.copy_no)
    return copy


def witness_copy(session: Session, actor: audit.Actor, copy_id: UUID) -> PrintCopy:
    """Record that somebody else saw an ended copy destroyed; the task to shred it is done with that.

    Raises: NotFound, NotNow, NotAllowed for whoever destroyed it.
    """
    copy = _ended(session, copy_id)
    if copy.destroyed_by is None:
        raise NotNow("COPY_NOT_DESTROYED", "Nobody has said that this copy is destroyed; report that first.")
    if copy.witness is not None:
        raise NotNow("COPY_WITNESSED", f"{copy.witness} witnessed this already.")
    if actor.name == copy.destroyed_by:
        raise NotAllowed("WITNESS_IS_SELF", "Whoever destroyed the paper cannot witness it; ask somebody else.")
    copy.witness, copy.witnessed_at = actor.name, actor.at
    audit.record(session, actor, "copies.witness", "print_copy", copy.id, copy_no=copy.copy_no)
    finish_if_open(session, actor, SHRED, copy.letter_id)
    return copy


def live_copy_of(session: Session, letter_id: UUID) -> PrintCopy | None:
    """The copy of a letter that counts."""
    return session.scalar(sa.select(PrintCopy).filter_by(letter_id=letter_id, ended_at=None))


def copies_of_letter(session: Session, letter_id: UUID) -> Sequence[PrintCopy]:
    """Every copy of a letter, first to last."""
    return session.scalars(sa.select(PrintCopy).filter_by(letter_id=letter_id).order_by(PrintCopy.copy_no)).all()


def copies_of_batch(session: Session, batch_id: UUID) -> Sequence[PrintCopy]:
    """Every copy a batch has put out, in the order they were counted. Raises: NotFound."""
    queries.batch_by_id(session, batch_id)
    return session.scalars(sa.select(PrintCopy).filter_by(batch_id=batch_id).order_by(PrintCopy.id)).all()


def unwitnessed(session: Session, *, limit: int, after: UUID | None = None) -> dict[str, object]:
    """One page of ended copies nobody has witnessed."""
    chosen = sa.select(PrintCopy).where(PrintCopy.ended_at.is_not(None), PrintCopy.witness.is_(None))
    if after is not None:
        chosen = chosen.where(PrintCopy.id > after)
    return queries.page_of(session.scalars(chosen.order_by(PrintCopy.id).limit(limit)).all(), limit)


def custody_of(session: Session, letter_id: UUID) -> Sequence[CustodyEntry]:
    """Through whose hands a letter went, oldest first. Raises: NotFound."""
    queries.letter_by_id(session, letter_id)
    return session.scalars(sa.select(CustodyEntry).filter_by(letter_id=letter_id).order_by(CustodyEntry.id)).all()


def _ended(session: Session, copy_id: UUID) -> PrintCopy:
    copy = session.get(PrintCopy, copy_id, with_for_update=True, populate_existing=True)
    if copy is None:
        raise NotFound("COPY_UNKNOWN", f"There is no copy {copy_id}; see GET /api/v1/print-copies/unwitnessed.")
    if copy.ended_at is None:
        raise NotNow("COPY_COUNTS", "This copy counts: void the letter or print it again before the paper goes.")
    return copy
