"""The rules about letters as books: what it takes to ask a stored decision again."""

from __future__ import annotations

from typing import Final

from fieldops.correspondence.facts import LetterFacts, PaperFacts
from fieldops.correspondence.paper_rules import CUSTODY_RULES
from fieldops.correspondence.queries import custody_decisions_since, decisions_since
from fieldops.correspondence.rules import LETTER_RULES
from fieldops.policies.books import RuleBook, Subject
from fieldops.visits.book import subject_of

LETTER_BOOK: RuleBook[LetterFacts] = RuleBook(LETTER_RULES, LetterFacts.from_json, subject_of, decisions_since)

_EVERY_BANK: Final = Subject(bank="", product=None, case_nos=())
"""A print batch holds letters of many banks: the house's own policy counts it."""

CUSTODY_BOOK: RuleBook[PaperFacts] = RuleBook(
    CUSTODY_RULES, PaperFacts.from_json, lambda _facts: _EVERY_BANK, custody_decisions_since
)
