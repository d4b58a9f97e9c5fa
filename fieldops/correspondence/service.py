"""Ask for a letter, refuse it, take it back, replace it by one with new figures."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from fieldops import audit
from fieldops.addresses.order import in_order
from fieldops.cases import queries as cases
from fieldops.clock import local_date
from fieldops.correspondence import queries
from fieldops.correspondence.decisions import Known, keep, know
from fieldops.correspondence.models import Letter
from fieldops.correspondence.moves import PENDING, move_letter, withdraw_letters
from fieldops.correspondence.outcomes import outcome
from fieldops.db import uuid7
from fieldops.errors import NotNow, NotUnderstood, Problem
from fieldops.packs.service import template_for
from fieldops.policies.catalogue import Stage
from fieldops.policies.decision import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.cases.models import Case
    from fieldops.correspondence.decisions import Asked
    from fieldops.visits.address_files import AddressOnFile


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
        outcome(session, partial(enter, draft, one.get("address_id")), **_named(one))
        for one, draft in zip(wanted, drafts, strict=True)
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
    if template.kind != kind:
        said = f"Template {template.code} is for {template.kind} letters; this one is a {kind}: name another, or none."
        raise NotUnderstood("TEMPLATE_KIND", said, kind=template.kind)
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


def _named(one: dict[str, Any]) -> dict[str, Any]:
    return {name: one.get(name) for name in ("case_id", "case_no")}


def letter_page(session: Session, *, limit: int, **chosen: Any) -> dict[str, Any]:
    """One page of letters."""
    return queries.page_of(queries.letters_page(session, limit=limit, **chosen), limit)
