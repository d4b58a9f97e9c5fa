"""The visit rules as a book: what it takes to ask a stored decision again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldops.policies.books import RuleBook, Subject
from fieldops.visits.facts import VisitFacts
from fieldops.visits.queries import decisions_since
from fieldops.visits.rules import VISIT_RULES

if TYPE_CHECKING:
    from fieldops.visits.case_answers import HasFile


def subject_of(facts: HasFile) -> Subject:
    """Whose rules apply to a request, and the numbers of its cases."""
    cases = facts.file.cases
    products = {case.product for case in cases}
    return Subject(
        bank=cases[0].bank,
        product=products.pop() if len(products) == 1 else None,
        case_nos=tuple(case.case_no for case in cases),
    )


VISIT_BOOK: RuleBook[VisitFacts] = RuleBook(VISIT_RULES, VisitFacts.from_json, subject_of, decisions_since)
