"""Mailed again: what came back gets a new number linked to the old; what is lost, a new letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldops.correspondence import queries, service
from fieldops.correspondence.gates import codes_against
from fieldops.correspondence.moves import move_letter
from fieldops.errors import NotNow
from letters.states import ItemState, LetterState

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops import audit
    from fieldops.correspondence.models import Letter

GONE_FOR_GOOD = frozenset({ItemState.LOST, ItemState.CLAIMED})


def remail(session: Session, actor: audit.Actor, item_id: UUID, *, reason: str) -> Letter:
    """Make a returned letter ready for the post again, with the figures it was approved with; it takes a new number.

    Raises: NotNow for an item that is not back, or a letter the rules refuse by now, naming the codes.
    """
    item = queries.item_by_id(session, item_id)
    (letter,) = queries.lock_letters(session, [item.letter_id])
    if letter.status != LetterState.RETURNED or item.status != ItemState.RETURNED:
        raise NotNow("ITEM_STATE", f"Item {item.tracking_no} is {item.status}; only what came back is mailed again.")
    against = codes_against(session, actor, letter)
    if against:
        raise NotNow(
            "REMAIL_REFUSED",
            f"{', '.join(against)} stand against it; ask for a new letter instead.",
            codes=against,
        )
    move_letter(session, actor, letter, "remail", reason=reason)
    return letter


def replace_lost(session: Session, actor: audit.Actor, item_id: UUID, *, reason: str) -> Letter:
    """Ask for a letter with the figures of today in place of one that is lost; it names the lost one.

    Raises: NotNow for an item that is not lost, or when the rules would reject the new letter.
    """
    item = queries.item_by_id(session, item_id)
    (letter,) = queries.lock_letters(session, [item.letter_id])
    if item.status not in GONE_FOR_GOOD:
        raise NotNow("ITEM_STATE", f"Item {item.tracking_no} is {item.status}; only a lost one is replaced.")
    made = service.ask_anew(session, actor, letter, reason=reason)
    if made is None:
        raise NotNow("REPLACEMENT_REFUSED", "The rules would reject a new letter now; POST /api/v1/letters says why.")
    return made
