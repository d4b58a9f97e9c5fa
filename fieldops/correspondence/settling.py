"""A settlement letter 结清函 asks for nothing: which questions it answers differently, and the one it answers alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldops.policies.catalogue import Answer, Asks, Moment, no, unknown, yes
from fieldops.visits.balance_answers import balances, seen_balances, yuan
from fieldops.visits.case_answers import used

if TYPE_CHECKING:
    from fieldops.correspondence.facts import LetterFacts
    from fieldops.policies.edition import Policy

SETTLED = "SETTLED"  # of a letter's kind, and of a case


def of_demands(asks: Asks[Any]) -> Asks[Any]:
    """The question, put to letters that ask for money only: a settlement letter passes."""

    def asked(facts: LetterFacts, policy: Policy, now: Moment) -> Answer:
        if facts.letter.kind == SETTLED:
            return yes(used("letter.kind", SETTLED, facts.letter))
        return asks(facts, policy, now)

    return asked


def in_our_hands(asks: Asks[Any]) -> Asks[Any]:
    """Whether the case is ours still; for a settlement letter a settled case is."""

    def asked(facts: LetterFacts, policy: Policy, now: Moment) -> Answer:
        settled = all(each.status == SETTLED for each in facts.file.cases)
        if facts.letter.kind == SETTLED and settled:
            return yes(*(used("case.status", each.status, each) for each in facts.file.cases))
        return asks(facts, policy, now)

    return asked


def is_settled(facts: LetterFacts, _policy: Policy, now: Moment) -> Answer:
    """Whether nothing is owed any longer, so that a letter may say so; other letters do not."""
    if facts.letter.kind != SETTLED:
        return yes(used("letter.kind", facts.letter.kind, facts.letter))
    owed = balances(facts, now)
    seen = seen_balances(facts, owed)
    if any(owed):
        return no(*seen, bal=yuan(sum(each or 0 for each in owed)))
    return unknown("欠款余额", "balance", *seen) if None in owed else yes(*seen)
