"""Which address a case's next visit goes to, and for each other one why not: for people who ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldops.addresses.order import Candidate, choose_address
from fieldops.addresses.service import judge_some
from fieldops.cases import queries as cases
from fieldops.visits.address_choice import in_order, rejections
from fieldops.visits.files import read_files

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.policies.edition import Policy
    from fieldops.visits.address_files import AddressOnFile
    from fieldops.visits.facts import AddressFact


def explain_choice(session: Session, case_id: UUID, *, at: datetime) -> dict[str, Any]:
    """The address chosen for a case, None if it has none, and every other one with the reason it was skipped.

    Raises: NotFound.
    """
    case = cases.case_by_id(session, case_id)
    judge_some(session, only=[row.address_id for row in cases.addresses_by_case(session, [case_id])[case_id]])
    files = read_files(session, [case_id], at=at)
    policy = files.policy_for([case_id])
    on_file = {each.fact.ref: each for each in files.addresses.get(case_id, ())}
    ordered = in_order((each.fact for each in on_file.values()), policy)
    candidates = [_candidate(fact, policy, at) for fact in ordered]
    has_work = any(fact.kind == "WORK" for fact in ordered)
    if case.employer and not has_work:
        candidates.append(Candidate(ref=case.employer, kind="WORK", bare_company=True))
    choice = choose_address(candidates, kinds=policy.visit.address_order)
    rejected = {each.ref: list(each.rejected_by) for each in candidates}
    chosen = choice.chosen
    return {
        "case_id": case_id,
        "chosen": _shown(on_file[chosen.ref]) | {"codes": rejected[chosen.ref]} if chosen else None,
        "skipped": [
            _named(on_file, each.ref)
            | {"codes": rejected[each.ref], "reason_zh": each.reason_zh, "reason_en": each.reason_en}
            for each in choice.skipped
        ],
    }


def _candidate(fact: AddressFact, policy: Policy, at: datetime) -> Candidate:
    return Candidate(
        ref=fact.ref,
        kind=fact.kind,
        bank_provided=fact.bank_provided,
        phone_confirmed_at=fact.phone_confirmed_at,
        precision=fact.precision or "NONE",
        rejected_by=tuple(finding.code for finding in rejections(fact, policy, at=at)),
    )


def _named(on_file: dict[str, AddressOnFile], ref: str) -> dict[str, Any]:
    """An address on file, or a bare company name that is none."""
    return _shown(on_file[ref]) if ref in on_file else {"address_id": None, "kind": "WORK", "address": ref}


def _shown(address: AddressOnFile) -> dict[str, Any]:
    fact = address.fact
    return {"address_id": address.id, "kind": fact.kind, "address": fact.text, "verdict": fact.label}
