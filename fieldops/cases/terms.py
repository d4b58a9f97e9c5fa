"""Whose policy a case stands under: that of its bank, and of its product where one of them asks for something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from fieldops.addresses.queries import among
from fieldops.cases.models import Bank, Case
from fieldops.policies.service import policy_on

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.policies.edition import Policy


def policies_of_cases(session: Session, case_ids: Iterable[UUID], day: date) -> dict[UUID, Policy]:
    """The policy in force on a day for each of these cases. Cost: two statements, however many."""
    policy = policy_on(session, day)
    banks = sa.select(Case.id, Bank.code, Case.product).join(Bank, Bank.id == Case.bank_id)
    rows = session.execute(banks.where(among(Case.id, set(case_ids)))).all()
    return {case_id: policy.for_bank(bank, product) for case_id, bank, product in rows}


def policy_of_case(session: Session, case_id: UUID, day: date) -> Policy:
    """The policy in force on a day for one case that is on record."""
    return policies_of_cases(session, [case_id], day)[case_id]
