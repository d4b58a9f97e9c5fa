"""What letters do when something happens below: money, a hold, a complaint, a change of the case, a dead address.

Source: domain reference §3.3. Each runs in the transaction of the event and locks the letters before it looks.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from fieldops import events
from fieldops.addresses.events import AddressInvalidated, AddressReported
from fieldops.auth.roles import Role
from fieldops.cases.events import (
    CaseChanged,
    ComplaintClosed,
    ComplaintOpened,
    DebtorCorrected,
    HoldOpened,
    HoldReleased,
    RepaymentReceived,
    RepaymentReversed,
    SpecialStatusLifted,
    SpecialStatusRecorded,
)
from fieldops.correspondence import queries
from fieldops.correspondence.decisions import know
from fieldops.correspondence.gates import ANOTHER_PERSON, CHANGED, PAUSES, review_holds
from fieldops.correspondence.mail.crew_delivery import record_outcome
from fieldops.correspondence.models import Letter
from fieldops.correspondence.moves import PENDING, WAY_OUT, WITH_CREW, mark_held, withdraw_letters
from fieldops.correspondence.service import replace_letter
from fieldops.correspondence.settling import SETTLED
from fieldops.tasks.service import open_task
from fieldops.visits.case_answers import ends_collection
from fieldops.visits.events import LetterAtDoor
from fieldops.visits.facts import PROVEN
from letters.states import LetterState

if TYPE_CHECKING:
    from collections.abc import Sequence

    import sqlalchemy as sa
    from sqlalchemy.orm import Session

    from fieldops.audit import Actor

ACTIVE = "ACTIVE"
_CLEARED_WITHIN = timedelta(days=1)
REPLACEABLE = frozenset(WAY_OUT) - {PENDING}


def answer_repayment(session: Session, event: RepaymentReceived | RepaymentReversed) -> None:
    """Paid in full: no letter goes out. Paid in part, or taken back: letters with the old figures are replaced."""
    _settle(session, event.actor, queries.lock_letters_of_case(session, event.case_id), changed="LR-022")


def answer_case_change(session: Session, event: CaseChanged) -> None:
    """A pause holds the letters, an end withdraws them, a new balance replaces those with the old figures."""
    letters = queries.lock_letters_of_case(session, event.case_id)
    if event.status in PAUSES:
        for letter in letters:
            mark_held(session, event.actor, letter, "LR-001")
    elif event.status != ACTIVE:
        stopped = [letter for letter in letters if (letter.kind, event.status) != (SETTLED, SETTLED)]
        withdraw_letters(session, event.actor, stopped, reason=f"LR-001 {event.status}")
    else:
        review_holds(session, event.actor, [letter for letter in letters if letter.held_reason is not None])
        _settle(session, event.actor, letters, changed=CHANGED)


def answer_correction(session: Session, event: DebtorCorrected) -> None:
    """A letter that names the wrong person goes to nobody."""
    letters = queries.lock_letters_of_case(session, event.case_id)
    wrong = [letter for letter in letters if letter.debtor_id != event.debtor_id]
    withdraw_letters(session, event.actor, wrong, reason=ANOTHER_PERSON)


def answer_hold(session: Session, event: HoldOpened | HoldReleased) -> None:
    """A hold that is in force for letters stops those not yet posted; one that is released frees them."""
    review_holds(session, event.actor, queries.lock_letters_of_case(session, event.case_id))


def answer_complaint(session: Session, event: ComplaintOpened | ComplaintClosed | SpecialStatusLifted) -> None:
    """A complaint stops every letter to the debtor that is not yet posted, until it is closed."""
    review_holds(session, event.actor, queries.lock_letters_of_debtor(session, event.debtor_id))


def answer_special_status(session: Session, event: SpecialStatusRecorded) -> None:
    """A special status that ends collection withdraws the debtor's letters once proven; else they stop for a person."""
    letters = queries.lock_letters_of_debtor(session, event.debtor_id)
    if event.proof == PROVEN:
        policies = know(session, letters, at=event.actor.at).files.policy_for
        ended = [each for each in letters if ends_collection(event.kind, policies([each.case_id]))]
        demands = [letter for letter in ended if letter.kind != SETTLED]
        withdraw_letters(session, event.actor, demands, reason=f"LR-050 {event.kind}")
    review_holds(session, event.actor, letters)


def answer_dead_address(session: Session, event: AddressInvalidated) -> None:
    """No letter goes to an address that is proved dead, or where mail came back from."""
    code = "LR-031" if event.channel == "ALL" else "LR-032"
    letters = queries.lock_open_letters_to(session, _reached_by(event))
    withdraw_letters(session, event.actor, letters, reason=f"{code} {event.reason}")


def answer_reported_address(session: Session, event: AddressReported) -> None:
    """Letters to an address that is said to be dead wait until the photo proves it, or somebody knows better."""
    flat = Letter.address_key == event.address_key if event.address_key else Letter.address_id == event.address_id
    review_holds(session, event.actor, queries.lock_open_letters_to(session, flat))


def answer_letter_at_door(session: Session, event: LetterAtDoor) -> None:
    """A letter a crew carried came home as its result says; one that no crew had is a clerk's to clear up."""
    letter = queries.letter_numbered(session, event.letter_no)
    if letter is None or (letter.case_id, letter.status) != (event.case_id, LetterState.ISSUED_TO_CREW):
        detail = {"letter_no": event.letter_no, "outcome": event.outcome, "visit_id": str(event.visit_id)}
        about = ("visit_result", event.result_id, event.actor.at + _CLEARED_WITHIN, detail)
        open_task(session, event.actor, "LETTER_NOT_WITH_CREW", Role.ADMIN_CLERK, *about)
        return
    record_outcome(session, event.actor, letter.id, outcome=event.outcome, to=event.to, reason=event.reason)


def _settle(session: Session, actor: Actor, letters: Sequence[Letter], *, changed: str) -> None:
    """Withdraw letters about a debt that is paid, replace those that state another balance than the case has now.

    One a crew carries is brought back first.
    """
    if not letters:
        return
    known = know(session, letters, at=actor.at)
    for letter in letters:
        balance_fen = known.balance_fen(letter.case_id)
        if balance_fen is not None and balance_fen <= 0 and letter.kind != SETTLED:
            withdraw_letters(session, actor, [letter], reason="LR-002")
        elif letter.status in REPLACEABLE and balance_fen not in (None, letter.figures["balance_fen"]):
            replace_letter(session, actor, letter, reason=changed)
        elif letter.status == WITH_CREW and balance_fen not in (None, letter.figures["balance_fen"]):
            withdraw_letters(session, actor, [letter], reason=changed)


def _reached_by(event: AddressInvalidated) -> sa.ColumnElement[bool]:
    """Which letters go where the event says nobody is to be written to."""
    if event.scope == "SITE" and event.site_key:
        return Letter.site_key == event.site_key
    flat = Letter.address_key == event.address_key if event.address_key else Letter.address_id == event.address_id
    return flat if event.scope == "EXACT" else flat & (Letter.debtor_id == event.debtor_id)


HANDLERS = (
    (RepaymentReceived, answer_repayment),
    (RepaymentReversed, answer_repayment),
    (DebtorCorrected, answer_correction),
    (CaseChanged, answer_case_change),
    (HoldOpened, answer_hold),
    (HoldReleased, answer_hold),
    (ComplaintOpened, answer_complaint),
    (ComplaintClosed, answer_complaint),
    (SpecialStatusLifted, answer_complaint),
    (SpecialStatusRecorded, answer_special_status),
    (AddressInvalidated, answer_dead_address),
    (AddressReported, answer_reported_address),
    (LetterAtDoor, answer_letter_at_door),
)


def register_handlers() -> None:
    """Listen to the events of the features below."""
    for kind, handler in HANDLERS:
        events.register(kind, handler)
