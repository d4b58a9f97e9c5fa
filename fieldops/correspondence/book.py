"""The letter rules as a book: what it takes to ask a stored decision again."""

from __future__ import annotations

from fieldops.correspondence.facts import LetterFacts
from fieldops.correspondence.paper_rules import CUSTODY_RULES
from fieldops.correspondence.queries import decisions_since
from fieldops.correspondence.rules import LETTER_RULES
from fieldops.policies.books import RuleBook
from fieldops.visits.book import subject_of

LETTER_BOOK: RuleBook[LetterFacts] = RuleBook(
    LETTER_RULES, LetterFacts.from_json, subject_of, decisions_since, also=(CUSTODY_RULES,)
)
