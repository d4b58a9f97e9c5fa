"""Approve what a letter says: the rules are asked again, its figures frozen, its number given."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from fieldops.addresses import queries as addresses
from fieldops.addresses.postcode import postcode_in
from fieldops.addresses.verdict import judge
from fieldops.cases import queries as cases
from fieldops.clock import local_date
from fieldops.correspondence import figures, queries
from fieldops.correspondence.counting import next_number
from fieldops.correspondence.decisions import GONE, keep, know
from fieldops.correspondence.moves import PENDING, move_letter, release_hold
from fieldops.correspondence.outcomes import outcome
from fieldops.errors import NotAllowed, NotNow, NotUnderstood
from fieldops.policies.catalogue import Severity, Stage
from fieldops.policies.decision import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops import audit
    from fieldops.correspondence.decisions import Asked, Known
    from fieldops.correspondence.models import Letter

SERIAL = "serial"
SELF_APPROVAL = "LR-083"


def approve_letter(session: Session, actor: audit.Actor, letter_id: UUID, *, comment: str | None = None) -> Letter:
    """Approve the content of a letter: the rules are asked again, its figures frozen and its number given.

    Raises: NotAllowed LR-083 for the requester; NotNow when a rule rejects; NotUnderstood when a finding needs a
    comment and there is none.
    """
    (letter,) = queries.lock_letters(session, [letter_id])
    return _approve(session, actor, letter, know(session, [letter], at=actor.at), comment)


def approve_letters(
    session: Session, actor: audit.Actor, letter_ids: Sequence[UUID], *, comment: str | None = None
) -> list[dict[str, Any]]:
    """Approve many letters; each has its own outcome."""
    letters = queries.lock_letters(session, letter_ids)
    known = know(session, letters, at=actor.at)
    return [
        outcome(session, partial(_approve, session, actor, each, known, comment), letter_id=each.id) for each in letters
    ]


def _approve(session: Session, actor: audit.Actor, letter: Letter, known: Known, comment: str | None) -> Letter:
    if letter.status != PENDING:
        raise NotNow(
            "LETTER_STATE",
            f"This letter is {letter.status}; only one that waits can be approved.",
            status=letter.status,
        )
    asked = ask_approver(known, letter, actor)
    if asked.decision.verdict is Verdict.REVIEW and not comment:
        raise NotUnderstood(
            "COMMENT_NEEDED", f"{', '.join(asked.codes)} need a person: say why you approve.", codes=asked.codes
        )
    release_hold(session, actor, letter)
    letter.approved_by, letter.approved_at, letter.approve_comment = actor.name, actor.at, comment
    letter.figures = _figures(session, actor, letter, known)
    letter.accepted = asked.decision.doubts
    letter.letter_no = letter.figures["letter_no"]
    keep(session, letter, asked)
    move_letter(session, actor, letter, "approve", reason=comment)
    return letter


def ask_approver(known: Known, letter: Letter, actor: audit.Actor) -> Asked:
    """What the rules say of a letter this person would answer for.

    Raises: what a rule rejects, as NotAllowed for who requested it, else as NotNow; NotNow for an address that is gone.
    """
    asked = known.ask(letter, Stage.APPROVE, approver=actor.name)
    if asked is None:
        raise NotNow(GONE, "The case no longer names this address; cancel the letter and ask for a new one.")
    rejects = asked.decision.of_severity(Severity.REJECT)
    if not rejects:
        return asked
    codes = [finding.code for finding in rejects]
    detail = "; ".join(f"{finding.code} {finding.message_zh} {finding.message_en}" for finding in rejects)
    if SELF_APPROVAL in codes:
        raise NotAllowed(SELF_APPROVAL, detail, codes=codes)
    raise NotNow("LETTER_REJECTED", f"{detail}. Cancel the letter, or mend what stands against it.", codes=codes)


def _figures(session: Session, actor: audit.Actor, letter: Letter, known: Known) -> dict[str, Any]:
    sender = queries.senders_by_bank(session, [letter.bank_id]).get(letter.bank_id)
    bank = cases.banks_by_ids(session, [letter.bank_id])[letter.bank_id]
    if sender is None:
        raise NotNow(
            "SENDER_MISSING",
            f"Who writes for {bank.name} is not on record; enter it with PUT /api/v1/letter-senders/{bank.code}.",
        )
    case = cases.case_by_id(session, letter.case_id)
    balance_fen = known.balance_fen(letter.case_id)
    if balance_fen is None:
        raise NotNow(
            "LETTER_FIELDS", f"What case {case.case_no} owes cannot be told; import the bank's newest balance."
        )
    address = addresses.address_by_id(session, letter.address_id)
    year = local_date(actor.at).year
    said = figures.CaseFigures(
        case_no=case.case_no,
        recipient_name=cases.debtors_by_ids(session, [letter.debtor_id])[letter.debtor_id].name,
        recipient_address=judge(address.raw).normalised or address.raw,
        destination=figures.destination(address.region_code, address.raw),
        postcode=postcode_in(address.raw),
        bank_name=bank.name,
        card_last4=case.card_last4,
        product=case.product,
        balance_fen=balance_fen,
        balance_as_of=case.balance_as_of,
        principal_fen=case.principal_fen,
        min_due_fen=case.min_due_fen,
        overdue_days=case.overdue_days,
        repayments=known.later_repayments(letter.case_id),
        settled_on=known.last_paid_on(letter.case_id) or case.balance_as_of,
    )
    return figures.freeze(
        said,
        sender,
        kind=letter.kind,
        number=next_number(session, figures.letter_word(sender, letter.kind), year),
        serial=next_number(session, SERIAL, year),
        issued_on=local_date(actor.at),
    )
