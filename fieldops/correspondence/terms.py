"""Whose policy a letter stands under: that of the bank of its case, and of its product."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldops.cases.terms import policies_of_cases
from fieldops.correspondence import mail_queries

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.policies.edition import Policy


def policies_of_letters(session: Session, letter_ids: Iterable[UUID], day: date) -> dict[UUID, Policy]:
    """The policy in force on a day for each of these letters. Cost: three statements, however many."""
    case_ids = mail_queries.cases_of_letters(session, letter_ids)
    policies = policies_of_cases(session, case_ids.values(), day)
    return {letter_id: policies[case_id] for letter_id, case_id in case_ids.items()}
