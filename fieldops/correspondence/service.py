"""Ask for a letter, approve it, refuse it, take it back, replace it by one with new figures."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from fieldops import audit
from fieldops.addresses import queries as addresses
from fieldops.addresses.order import in_order
from fieldops.addresses.verdict import judge
from fieldops.cases import queries as cases
from fieldops.clock import local_date
from fieldops.correspondence import figures, queries
from fieldops.correspondence.counting import next_number
from fieldops.correspondence.decisions import Known, keep, know
from fieldops.correspondence.models import Letter
from fieldops.correspondence.moves import PENDING, move_letter, release_hold, withdraw_letters
from fieldops.db import uuid7
from fieldops.errors import NotAllowed, NotNow, NotUnderstood, Problem
from fieldops.packs.service import template_for
from fieldops.policies.catalogue import Severity, Stage
from fieldops.policies.decision import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.cases.models import Case
    from fieldops.correspondence.decisions import Asked
    from fieldops.visits.address_files import AddressOnFile

SERIAL = "serial"
SELF_APPROVAL = "LR-083"


def request_letter(
    session: Session,
    actor: audit.Actor,
    *,
    kind: str,
    reason: str,
    delivery: str = "REGISTERED_MAIL",
    case_id: UUID | None = None,
    case_no: str | None = None,
    bank_code: str | None = None,
    address_id: UUID | None = None,
    template_id: UUID | None = None,
    malicious: bool | None = None,
) -> Letter:
    """Ask for a letter about a case, to an address or to the best one the letter rules allow.

    The letter is REJECTED, or waits for a supervisor; the answer of every rule is kept with it.
    Raises: NotFound; NotUnderstood without case or template; NotNow while the same letter is open.
    """
    draft = _draft(
        session, actor, kind=kind, reason=reason, delivery=delivery, case_id=case_id, case_no=case_no,
        bank_code=bank_code, template_id=template_id, malicious=malicious,
    )  # fmt: skip
    asked = _choose_address(know(session, [draft], at=actor.at), draft, address_id)
    return _enter(session, actor, draft, asked)


def request_letters(session: Session, actor: audit.Actor, wanted: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Ask for many letters; each has its own outcome, and one that cannot be asked for stops no other.

    Cost: the files are read once for all.
    """
    drafts: list[Letter | Problem] = []
    for one in wanted:
        try:
            drafts.append(_draft(session, actor, **{name: one[name] for name in one if name != "address_id"}))
        except Problem as problem:
            drafts.append(problem)
    known = know(session, [draft for draft in drafts if isinstance(draft, Letter)], at=actor.at)

    def enter(draft: Letter | Problem, address_id: UUID | None) -> Letter:
        if isinstance(draft, Problem):
            raise draft
        return _enter(session, actor, draft, _choose_address(known, draft, address_id))

    return [
        _outcome(session, partial(enter, draft, one.get("address_id")), **_named(one))
        for one, draft in zip(wanted, drafts, strict=True)
    ]


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
        _outcome(session, partial(_approve, session, actor, each, known, comment), letter_id=each.id)
        for each in letters
    ]


def reject_letter(session: Session, actor: audit.Actor, letter_id: UUID, *, reason: str) -> Letter:
    """Refuse a letter that waits for approval. Raises: NotNow."""
    (letter,) = queries.lock_letters(session, [letter_id])
    move_letter(session, actor, letter, "reject", reason=reason)
    return letter


def cancel_letter(session: Session, actor: audit.Actor, letter_id: UUID, *, reason: str) -> Letter:
    """Take a letter out of circulation: cancelled before printing, void after it. Raises: NotNow once posted."""
    (letter,) = queries.lock_letters(session, [letter_id])
    if not withdraw_letters(session, actor, [letter], reason=reason):
        raise NotNow("LETTER_STATE", f"A letter that is {letter.status} is out of our hands.", status=letter.status)
    return letter


def replace_letter(session: Session, actor: audit.Actor, letter: Letter, *, reason: str) -> Letter | None:
    """Withdraw an approved letter whose figures no longer stand, and ask for one with the new figures.

    No new letter is asked for where the rules would reject it. The letter is locked by the caller.
    """
    if not withdraw_letters(session, actor, [letter], reason=reason):
        return None
    return ask_anew(session, actor, letter, reason=letter.reason, requested_by=letter.requested_by)


def ask_anew(
    session: Session, actor: audit.Actor, letter: Letter, *, reason: str, requested_by: str | None = None
) -> Letter | None:
    """Ask for a letter in place of one that is out of circulation; None where the rules would reject it."""
    draft = Letter(
        id=uuid7(), case_id=letter.case_id, debtor_id=letter.debtor_id, bank_id=letter.bank_id,
        template_id=letter.template_id, kind=letter.kind, delivery=letter.delivery, reason=reason,
        status=PENDING, requested_by=requested_by or actor.name, requested_at=actor.at, figures={}, codes=[],
        supersedes_id=letter.id, malicious=letter.malicious,
    )  # fmt: skip
    session.flush()
    known = know(session, [draft], at=actor.at)
    asked = _choose_address(known, draft, letter.address_id)
    if asked.decision.verdict is Verdict.REJECT:
        return None
    return _enter(session, actor, draft, asked)


def _draft(
    session: Session,
    actor: audit.Actor,
    *,
    kind: str,
    reason: str,
    delivery: str = "REGISTERED_MAIL",
    case_id: UUID | None = None,
    case_no: str | None = None,
    bank_code: str | None = None,
    template_id: UUID | None = None,
    malicious: bool | None = None,
) -> Letter:
    """A letter that is not stored yet and has no address yet."""
    case = _named_case(session, case_id, case_no, bank_code)
    bank = cases.banks_by_ids(session, [case.bank_id])[case.bank_id]
    today = local_date(actor.at)
    template = template_for(session, bank_code=bank.code, kind=kind, on=today, template_id=template_id)
    return Letter(
        id=uuid7(), case_id=case.id, debtor_id=case.debtor_id, bank_id=case.bank_id, template_id=template.id,
        kind=kind, delivery=delivery, reason=reason, malicious=malicious, status=PENDING, requested_by=actor.name,
        requested_at=actor.at, figures={}, codes=[],
    )  # fmt: skip


def _named_case(session: Session, case_id: UUID | None, case_no: str | None, bank_code: str | None) -> Case:
    if case_id is not None:
        return cases.case_by_id(session, case_id)
    if case_no is None:
        raise NotUnderstood("CASE_MISSING", "Name the case by case_id, or by case_no and bank_code.")
    return cases.case_by_no(session, case_no, bank_code=bank_code)


def _choose_address(known: Known, draft: Letter, address_id: UUID | None) -> Asked:
    """Put the address on the draft: the one asked for, or the first in order that no letter rule rejects."""
    on_file = {one.fact.ref: one for one in known.addresses(draft.case_id)}
    kinds = known.files.policy_for([draft.case_id]).visit.address_order
    ordered = in_order((one.fact for one in on_file.values()), kinds)
    candidates = [on_file[fact.ref] for fact in ordered]
    if address_id is not None:
        candidates = [one for one in candidates if one.id == address_id]
    if not candidates:
        raise NotUnderstood("ADDRESS_UNKNOWN", "The case has no such address; GET /api/v1/cases names those it has.")
    first: tuple[AddressOnFile, Asked] | None = None
    for address in candidates:
        asked = _ask_at(known, draft, address)
        if asked.decision.verdict is not Verdict.REJECT:
            return asked
        first = first or (address, asked)
    assert first is not None
    return _ask_at(known, draft, first[0])


def _ask_at(known: Known, draft: Letter, address: AddressOnFile) -> Asked:
    draft.address_id, draft.address_key, draft.site_key = address.id, address.address_key, address.site_key
    asked = known.ask(draft, Stage.SUBMIT)
    assert asked is not None, "the address was just read from the case's file"
    return asked


def _enter(session: Session, actor: audit.Actor, draft: Letter, asked: Asked) -> Letter:
    rejected = asked.decision.verdict is Verdict.REJECT
    if rejected:
        draft.status = "REJECTED"
    elif _is_open(session, draft):
        raise NotNow(
            "LETTER_OPEN",
            "A letter of this kind about this case to this address is still open; approve, post or cancel it first.",
        )
    session.add(draft)
    keep(session, draft, asked)
    session.flush()
    said: Any = {"verdict": draft.verdict, "codes": draft.codes, "kind": draft.kind, "case_id": str(draft.case_id)}
    audit.record(session, actor, "letters.request", "letter", draft.id, **said)
    return draft


def _is_open(session: Session, draft: Letter) -> bool:
    return queries.open_letter_of(session, draft.case_id, draft.address_key, draft.kind) is not None


def _approve(session: Session, actor: audit.Actor, letter: Letter, known: Known, comment: str | None) -> Letter:
    if letter.status != PENDING:
        raise NotNow(
            "LETTER_STATE",
            f"This letter is {letter.status}; only one that waits can be approved.",
            status=letter.status,
        )
    asked = known.ask(letter, Stage.APPROVE, approver=actor.name)
    if asked is None:
        raise NotNow("ADDRESS_GONE", "The case no longer names this address; cancel the letter and ask for a new one.")
    _refuse_rejected(asked)
    if asked.decision.verdict is Verdict.REVIEW and not comment:
        raise NotUnderstood(
            "COMMENT_NEEDED", f"{', '.join(asked.codes)} need a person: say why you approve.", codes=asked.codes
        )
    release_hold(session, actor, letter)
    letter.approved_by, letter.approved_at, letter.approve_comment = actor.name, actor.at, comment
    letter.figures = _figures(session, actor, letter, known) | {"accepted_codes": _reviewed(asked)}
    letter.letter_no = letter.figures["letter_no"]
    keep(session, letter, asked)
    move_letter(session, actor, letter, "approve", reason=comment)
    return letter


def _refuse_rejected(asked: Asked) -> None:
    rejects = asked.decision.of_severity(Severity.REJECT)
    if not rejects:
        return
    codes = [finding.code for finding in rejects]
    detail = "; ".join(f"{finding.code} {finding.message_zh} {finding.message_en}" for finding in rejects)
    if SELF_APPROVAL in codes:
        raise NotAllowed(SELF_APPROVAL, detail, codes=codes)
    raise NotNow("LETTER_REJECTED", f"{detail}. Cancel the letter, or mend what stands against it.", codes=codes)


def _reviewed(asked: Asked) -> list[str]:
    return [finding.code for finding in asked.decision.of_severity(Severity.REVIEW)]


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
        postcode=None,
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


def _named(one: dict[str, Any]) -> dict[str, Any]:
    return {name: one.get(name) for name in ("case_id", "case_no")}


def _outcome(session: Session, act: Callable[[], Letter], **about: Any) -> dict[str, Any]:
    """What came of one of many: its letter, or the problem that stopped it and left nothing behind."""
    try:
        with session.begin_nested():
            letter = act()
            session.flush()
    except Problem as problem:
        return {**about, "letter": None, "problem": problem.to_json()}
    return {**about, "letter": letter, "problem": None}


def counted(outcomes: list[dict[str, Any]]) -> dict[str, Any]:
    """The outcomes of many, with how many went through."""
    done = sum(1 for one in outcomes if one["problem"] is None)
    return {"outcomes": outcomes, "done": done, "refused": len(outcomes) - done}


def letter_page(session: Session, *, limit: int, **chosen: Any) -> dict[str, Any]:
    """One page of letters."""
    items = queries.letters_page(session, limit=limit, **chosen)
    return {"items": items, "after": items[-1].id if len(items) == limit else None}
