"""An outcome recorded by mistake is taken back: a new event everywhere, nothing is wiped out."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from fieldops.auth.roles import Role
from fieldops.correspondence import queries, register
from fieldops.correspondence.mail import journey, tracking
from fieldops.correspondence.models import Letter, MailReturn
from fieldops.correspondence.moves import move_item, move_letter
from fieldops.errors import NotNow
from fieldops.tasks.service import finish_if_open, open_task
from letters.register import EntryKind
from letters.states import ItemState, LetterState

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops import audit
    from fieldops.correspondence.models import MailItem

BY_THE_POST = frozenset({LetterState.DELIVERED, LetterState.RETURNED, LetterState.LOST})
ON_ITS_WAY_BACK = frozenset({ItemState.REFUSED, ItemState.RETURNING})  # no outcome yet, and no way to another
OF_NO_EFFECT = ("REJECTED", "CANCELLED", "VOID")  # states of a letter that replaces nothing
ASKED_OF_IT = ("call_after_delivery", "replace_lost_letter")  # tasks an outcome opened, by letter or item
LOOK_WITHIN = timedelta(days=1)


def undo_outcome(session: Session, actor: audit.Actor, letter_id: UUID, *, reason: str) -> Letter:
    """Take back the outcome of a letter: it is with the post, or the crew, again, and its register line is reversed.

    A refusal or a way back that the post never reported is taken back from the item alone. What a return said of the
    address stays until a supervisor lifts the block, who is asked to; a letter it stopped is not revived.
    Raises: NotNow for a letter without an outcome, closed, mailed again or replaced.
    """
    letter = queries.letter_by_id(session, letter_id)
    queries.lock_letter_and_neighbours(session, letter)
    _require_not_replaced(session, letter)
    item = queries.live_item_of(session, letter.id) or queries.returned_item_of(session, letter.id)
    if letter.status == LetterState.POSTED and item is not None and item.status in ON_ITS_WAY_BACK:
        _take_back(session, actor, letter, item, reason)
        return letter
    kind = EntryKind.OUTCOME if letter.status in BY_THE_POST else EntryKind.HANDED
    move_letter(session, actor, letter, "undo_outcome", reason=reason)
    if kind is EntryKind.OUTCOME:
        assert item is not None, "a letter with the post has an item"
        _take_back(session, actor, letter, item, reason)
    number = item.tracking_no if item is not None else None
    register.reverse_latest(session, actor, letter, kind, tracking_no=number, reason=reason)
    return letter


def _take_back(session: Session, actor: audit.Actor, letter: Letter, item: MailItem, reason: str) -> None:
    move_item(session, actor, item, "undo_outcome", reason=reason)
    item.outcome = item.outcome_at = None
    events = journey.events_of(session, item.id)
    if events:
        at = events[-1].happened_at
        tracking.note_event(session, actor, item, journey.TAKEN_BACK, at, place="", source=journey.MANUAL)
    for entity_id in (letter.id, item.id):
        for kind in ASKED_OF_IT:
            finish_if_open(session, actor, kind, entity_id)
    returned = session.scalar(sa.select(MailReturn).filter_by(item_id=item.id, undone_at=None).with_for_update())
    if returned is not None:
        returned.undone_at, returned.undone_by = actor.at, actor.name
        said = {"letter_no": letter.letter_no, "address_id": str(letter.address_id), "why": reason}
        due_at = actor.at + LOOK_WITHIN
        open_task(session, actor, "return_taken_back", Role.SUPERVISOR, "mail_return", returned.id, due_at, said)


def _require_not_replaced(session: Session, letter: Letter) -> None:
    instead = sa.select(Letter).where(Letter.supersedes_id == letter.id, Letter.status.not_in(OF_NO_EFFECT))
    other = session.scalar(instead.limit(1))
    if other is not None:
        named = other.letter_no or other.id
        raise NotNow("LETTER_REPLACED", f"Letter {named} stands in its place: cancel that one first.")
