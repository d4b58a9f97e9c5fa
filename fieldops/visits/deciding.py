"""The facts of one request: which cards, which address, and what else is known of the debtor's visits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldops.clock import local_date
from fieldops.policies.catalogue import Moment, Stage
from fieldops.policies.decision import Decision, ask
from fieldops.policies.service import calendar_of
from fieldops.visits import states
from fieldops.visits.address_choice import best_address, usable_before
from fieldops.visits.balance_answers import balance_now_fen, balances
from fieldops.visits.facts import DayFact, DoneVisitFact, OpenVisitFact, RequestFact, VisitFacts
from fieldops.visits.rules import VISIT_RULES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.visits.address_files import AddressOnFile
    from fieldops.visits.files import Files
    from fieldops.visits.queries import DebtorVisit


def candidate_addresses(files: Files, case_ids: Sequence[UUID]) -> tuple[AddressOnFile, ...]:
    """The addresses these case files give, each once."""
    found = {each.id: each for case_id in reversed(case_ids) for each in files.addresses.get(case_id, ())}
    return tuple(found.values())


def best_address_of(files: Files, case_ids: Sequence[UUID]) -> AddressOnFile | None:
    """The address a visit to the debtor these cases give would go to, None if they give none."""
    candidates = {each.fact.ref: each for each in candidate_addresses(files, case_ids)}
    best = best_address([each.fact for each in candidates.values()], files.policy_for(case_ids), at=files.at)
    return candidates[best.ref] if best else None


def facts_of(
    files: Files,
    case_ids: Sequence[UUID],
    address: AddressOnFile,
    request: RequestFact,
    *,
    visit_id: UUID | None = None,
) -> VisitFacts:
    """Everything the rules look at; ``visit_id`` is the visit asked about, which is no other visit to itself."""
    case = files.cases[case_ids[0]]
    others = [visit for visit in files.visits.get(case.debtor_id, ()) if visit.id != visit_id]
    here = [each for each in others if each.status in states.OPEN and _is_here(each, address)]
    candidates = [each.fact for each in candidate_addresses(files, case_ids)]
    return VisitFacts(
        file=files.case_file(case_ids),
        address=address.fact,
        addresses_before=usable_before(address.fact, candidates, files.policy_for(case_ids), at=files.at),
        request=request,
        open_visits=tuple(_open(files, each) for each in here),
        done_visits=tuple(_done(each) for each in others if each.done_at is not None),
        mergeable=_mergeable(files, case_ids, address, others),
    )


def day_fact(session: Session, on: date, *, at: datetime) -> DayFact:
    """A day in the holiday calendar of its year."""
    calendar = calendar_of(session, on.year)
    ref = f"calendar:{calendar.edition}" if calendar else f"calendar:{on.year}"
    return DayFact(ref=ref, recorded_at=at, on=on, holiday=calendar.holiday_on(on) if calendar else None)


def decide(files: Files, case_ids: Sequence[UUID], facts: VisitFacts, *, stage: Stage) -> Decision:
    """Ask the visit rules by the policy of the cases' bank."""
    return ask(VISIT_RULES, facts, files.policy_for(case_ids), stage=stage, at=files.at)


def owed_fen(files: Files, case_id: UUID) -> int | None:
    """What a card still owes; None when it cannot be told."""
    moment = Moment.of(files.at, files.policy.timezone)
    return balance_now_fen(files.cases[case_id].fact, files.repayments.get(case_id, ()), moment)


def amount_fen(files: Files, facts: VisitFacts) -> int:
    """What the cards together still owe, as far as it is known."""
    owed = balances(facts, Moment.of(files.at, files.policy.timezone))
    return sum(each or 0 for each in owed)


def days_to_expiry(files: Files, facts: VisitFacts) -> int | None:
    """Days to the end of the first entrustment that ends, if known."""
    known: list[date] = [case.expiry_on for case in facts.file.cases if case.expiry_on is not None]
    return (min(known) - local_date(files.at)).days if known else None


def screening_request(at: datetime) -> RequestFact:
    """The request nobody has made: what a screening asks the rules about."""
    return RequestFact(
        ref="screen",
        recorded_at=at,
        purpose="COLLECT",
        reason="SCREEN",
        goal="SCREEN",
        requester="screen",
        submitted_at=at,
    )


def _is_here(visit: DebtorVisit, address: AddressOnFile) -> bool:
    same_flat = bool(address.address_key) and visit.address_key == address.address_key
    return same_flat or visit.address_id == address.id


def _open(files: Files, visit: DebtorVisit) -> OpenVisitFact:
    refs = tuple(files.cases[each].fact.ref for each in visit.case_ids if each in files.cases)
    return OpenVisitFact(
        ref=f"visit:{visit.id}", recorded_at=visit.created_at, no=visit.no, status=visit.status, case_refs=refs
    )


def _done(visit: DebtorVisit) -> DoneVisitFact:
    assert visit.done_at is not None
    return DoneVisitFact(ref=f"visit:{visit.id}", recorded_at=visit.done_at, on=local_date(visit.done_at))


def _mergeable(
    files: Files, case_ids: Sequence[UUID], address: AddressOnFile, others: Sequence[DebtorVisit]
) -> tuple[OpenVisitFact, ...]:
    """The debtor's other active cards at this bank that give the same flat and are on no open visit."""
    taken = {card for visit in others if visit.status in states.OPEN for card in visit.case_ids} | set(case_ids)
    found = [files.cases[each] for each in files.siblings(case_ids[0]) if each not in taken]
    return tuple(
        OpenVisitFact(
            ref=case.fact.ref,
            recorded_at=case.fact.recorded_at,
            no=case.fact.case_no,
            status=case.fact.status,
            case_refs=(case.fact.ref,),
        )
        for case in found
        if case.fact.status == "ACTIVE"
        and any(
            each.id == address.id or (address.address_key and each.address_key == address.address_key)
            for each in files.addresses.get(case.id, ())
        )
    )
