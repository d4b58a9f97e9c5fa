"""From hand to hand: sealed letters are issued to a crew, and come home handed over, left sealed or brought back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fieldops.correspondence import queries, register
from fieldops.correspondence.gates import pass_gate, review_holds
from fieldops.correspondence.mail import evidence
from fieldops.correspondence.moves import BY_HAND, move_letter
from fieldops.errors import NotNow, NotUnderstood
from fieldops.policies.catalogue import Stage
from letters.register import EntryKind
from letters.states import LetterState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops import audit
    from fieldops.correspondence.models import Letter


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a letter came home: the event, whether a person or place must be named, whether the register gets a line."""

    event: str
    names: str | None = None
    is_entered: bool = False


OUTCOMES = {
    "HANDED": Outcome("hand", names="to whom it was handed", is_entered=True),
    "LEFT_SEALED": Outcome("leave", names="where it was left", is_entered=True),
    "BROUGHT_BACK": Outcome("bring_back"),
    "RESEALED": Outcome("reseal"),
}


def issue_letters(
    session: Session, actor: audit.Actor, *, letter_ids: Sequence[UUID], crew: str, carrier: str
) -> dict[str, Any]:
    """Give sealed letters to a person of a crew; every letter is asked again, and one refused stays or is void.

    Raises: NotNow for a letter that goes by mail or is not sealed.
    """
    letters = queries.lock_letters(session, letter_ids)
    for letter in letters:
        if letter.delivery != BY_HAND or letter.status != LetterState.SEALED:
            raise NotNow(
                "LETTER_STATE",
                f"{letter.letter_no} is {letter.status}, {letter.delivery}; a crew takes what is sealed to go by hand.",
                letter_id=str(letter.id),
            )
    passed, refused = pass_gate(session, actor, letters, Stage.POST)
    for letter in passed:
        move_letter(session, actor, letter, "issue", to=f"{crew} {carrier}")
    return {
        "issued": passed,
        "refused": [{"letter_no": one.letter.letter_no, "codes": list(one.codes)} for one in refused],
    }


def record_outcome(
    session: Session,
    actor: audit.Actor,
    letter_id: UUID,
    *,
    outcome: str,
    to: str = "",
    reason: str | None = None,
    scan_sha256: str | None = None,
) -> Letter:
    """Record how a letter came home; one that was stopped on its way is asked again, and out if it may not go again.

    Raises: NotNow, NotUnderstood when nobody says to whom, where or why.
    """
    wanted = OUTCOMES[outcome]
    (letter,) = queries.lock_letters(session, [letter_id])
    if wanted.names and not to.strip():
        raise NotUnderstood("TO_MISSING", f"Say {wanted.names} in `to`.")
    if outcome == "BROUGHT_BACK" and not (reason or "").strip():
        raise NotUnderstood("REASON_MISSING", "Say why the letter was brought back.")
    move_letter(session, actor, letter, wanted.event, reason=reason, to=to)
    if outcome == "BROUGHT_BACK" and letter.held_reason is not None:
        review_holds(session, actor, [letter])
    if scan_sha256 is not None:
        evidence.require_scan(session, scan_sha256)
        evidence.attach(session, actor, [letter], evidence.SLIP, scan_sha256)
    if wanted.is_entered:
        line = register.Line(EntryKind.HANDED, letter, outcome=outcome, note=to)
        register.enter(session, actor, [line])
    return letter
