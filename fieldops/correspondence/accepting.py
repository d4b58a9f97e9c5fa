"""A doubt that came up after approval: a supervisor lets the letter go on in spite of it, or cancels it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldops import audit
from fieldops.correspondence import queries
from fieldops.correspondence.approval import ask_approver
from fieldops.correspondence.decisions import keep, know
from fieldops.correspondence.gates import unhold
from fieldops.correspondence.moves import PENDING, WAY_OUT
from fieldops.errors import NotNow

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.correspondence.models import Letter


def accept_doubts(session: Session, actor: audit.Actor, letter_id: UUID, *, comment: str) -> Letter:
    """Let an approved letter go on in spite of what the rules ask a person about by now; nothing holds it for that.

    Raises: NotFound; NotAllowed for its requester; NotNow unless it is approved and in our hands, while a rule
    rejects it, and when there is no doubt.
    """
    (letter,) = queries.lock_letters(session, [letter_id])
    if letter.status not in WAY_OUT or letter.status == PENDING:
        raise NotNow(
            "LETTER_STATE", f"This letter is {letter.status}; only an approved one in our hands has doubts to accept.",
            status=letter.status,
        )  # fmt: skip
    asked = ask_approver(know(session, [letter], at=actor.at), letter, actor)
    found = asked.decision.new_doubts(letter.accepted)
    if not found:
        raise NotNow("NOTHING_TO_ACCEPT", "The rules ask nothing new of a person about this letter.")
    letter.accepted = sorted({*asked.decision.still_doubted(letter.accepted), *asked.decision.doubts})
    letter.version += 1
    keep(session, letter, asked)
    codes = [finding.code for finding in found]
    audit.record(session, actor, "letters.accept", "letter", letter.id, reason=comment, codes=codes)
    unhold(session, actor, [letter])
    return letter
