"""Which address a case's next visit goes to, and for each other one why not: for people who ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldops.addresses.order import BARE_COMPANY, in_order, why_skipped
from fieldops.addresses.service import judge_some
from fieldops.cases import queries as cases
from fieldops.visits.address_choice import best_address, rejected_by
from fieldops.visits.files import read_files

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.visits.address_files import AddressOnFile


def explain_choice(session: Session, case_id: UUID, *, at: datetime) -> dict[str, Any]:
    """The address chosen for a case, None if it has none, and every other one with the reason it was skipped.

    Raises: NotFound.
    """
    case = cases.case_by_id(session, case_id)
    judge_some(session, only=[row.address_id for row in cases.addresses_by_case(session, [case_id])[case_id]])
    files = read_files(session, [case_id], at=at)
    policy = files.policy_for([case_id])
    kinds = policy.visit.address_order
    on_file = {each.fact.ref: each for each in files.addresses.get(case_id, ())}
    ordered = in_order((each.fact for each in on_file.values()), kinds)
    rejected = {fact.ref: rejected_by(fact, policy, at=at) for fact in ordered}
    chosen = best_address(ordered, policy, at=at)
    skipped = [
        _shown(on_file[fact.ref], rejected[fact.ref]) | _told(why_skipped(fact, chosen, kinds, rejected[fact.ref]))
        for fact in ordered
        if chosen is not None and fact is not chosen
    ]
    if case.employer and not any(fact.kind == "WORK" for fact in ordered):
        skipped.append(
            {"address_id": None, "kind": "WORK", "address": case.employer, "codes": []} | _told(BARE_COMPANY)
        )
    return {
        "case_id": case_id,
        "chosen": _shown(on_file[chosen.ref], rejected[chosen.ref]) if chosen else None,
        "skipped": skipped,
    }


def _shown(address: AddressOnFile, rejected: tuple[str, ...]) -> dict[str, Any]:
    fact = address.fact
    shown = {"address_id": address.id, "kind": fact.kind, "address": fact.text, "verdict": fact.label}
    return shown | {"codes": list(rejected)}


def _told(reason: tuple[str, str]) -> dict[str, str]:
    return {"reason_zh": reason[0], "reason_en": reason[1]}
