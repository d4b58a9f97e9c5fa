"""Whose policy a visit stands under: that of its bank, and of the product where its cards have one in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldops.policies.service import policy_on
from fieldops.visits import queries

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.policies.edition import Policy


def policies_of_visits(session: Session, visit_ids: Iterable[UUID], day: date) -> dict[UUID, Policy]:
    """The policy in force on a day for each of these visits. Cost: two statements, however many."""
    policy = policy_on(session, day)
    asked = queries.banks_and_products(session, visit_ids)
    return {visit_id: policy.for_bank(bank, product) for visit_id, (bank, product) in asked.items()}
