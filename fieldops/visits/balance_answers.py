"""Answers about the money owed, the same for visits and letters: balance, payments, promises."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from fieldops.policies.catalogue import Answer, Asks, Moment, Used, day_of, no, unknown, yes
from fieldops.policies.edition import Policy
from fieldops.visits.case_answers import HasFile, used
from fieldops.visits.facts import CaseFact, RepaymentFact


def yuan(fen: int) -> str:
    """Fen as yuan with two decimals. Example: 499999 is 4,999.99."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def later_repayments(case: CaseFact, repayments: Iterable[RepaymentFact], now: Moment) -> tuple[RepaymentFact, ...]:
    """The repayments of a case its balance does not hold yet: those dated after the as-of day.

    Raises: ValueError for a case without as-of day.
    """
    if case.balance_as_of is None:
        raise ValueError(f"case {case.case_no} has no as-of day")
    return tuple(
        each for each in repayments if each.case_ref == case.ref and day_of(each.paid_at, now.zone) > case.balance_as_of
    )


def balance_now_fen(case: CaseFact, repayments: Iterable[RepaymentFact], now: Moment) -> int | None:
    """What a case still owes: its balance less later repayments, never below 0; None when it cannot be told.

    A credit on one card pays no other card, so nothing falls below 0.
    """
    if case.balance_as_of is None:
        paid_something = any(each.case_ref == case.ref for each in repayments)
        return None if paid_something or case.balance_fen is None else max(case.balance_fen, 0)
    later = later_repayments(case, repayments, now)
    if any(each.is_full for each in later):
        return 0
    if case.balance_fen is None:
        return None
    return max(case.balance_fen - sum(each.amount_fen for each in later), 0)


def balances(facts: HasFile, now: Moment) -> tuple[int | None, ...]:
    """What each case still owes, in the order of the cases."""
    return tuple(balance_now_fen(case, facts.file.repayments, now) for case in facts.file.cases)


def compared_balance_fen(owed: tuple[int | None, ...], *, sum_cards: bool) -> int | None:
    """The amount a threshold is compared with: the sum of the cards, or else the smallest of them."""
    known = [each for each in owed if each is not None]
    if len(known) < len(owed):
        return None
    return sum(known) if sum_cards else min(known)


def seen_balances(facts: HasFile, owed: tuple[int | None, ...]) -> tuple[Used, ...]:
    """The balances as the why card shows them: what the bank said, as of when, and what is left of it."""
    return tuple(
        used("balance", {"said_fen": case.balance_fen, "as_of": case.balance_as_of, "now_fen": left}, case)
        for case, left in zip(facts.file.cases, owed, strict=True)
    )


def something_is_owed(facts: HasFile, _policy: Policy, now: Moment) -> Answer:
    """Whether the cases still owe anything."""
    owed = balances(facts, now)
    seen = seen_balances(facts, owed)
    total = compared_balance_fen(owed, sum_cards=True)
    if total is None:
        return yes(*seen) if any(owed) else unknown("欠款余额", "balance", *seen)
    return yes(*seen) if total > 0 else no(*seen, bal=yuan(total))


def enough_is_owed(facts: HasFile, policy: Policy, now: Moment) -> Answer:
    """Whether the balance reaches the visit minimum; letters handed over at the door must reach it too."""
    owed = balances(facts, now)
    seen = seen_balances(facts, owed)
    least = policy.visit.min_balance_fen
    balance = compared_balance_fen(owed, sum_cards=policy.visit.sum_cards)
    if balance is None:
        return unknown("欠款余额", "balance", *seen)
    if balance > least or (balance == least and policy.visit.inclusive_pass):
        return yes(*seen)
    gap = least - balance + (not policy.visit.inclusive_pass)
    return no(*seen, bal=yuan(balance), min=yuan(least), gap=yuan(gap))


def balance_is_fresh(max_age_days: Callable[[Policy], int]) -> Asks[Any]:
    """Whether no balance is older than allowed, counted from the end of its as-of day."""

    def asks(facts: HasFile, policy: Policy, now: Moment) -> Answer:
        seen = tuple(used("balance_as_of", case.balance_as_of, case) for case in facts.file.cases)
        known = [case.balance_as_of for case in facts.file.cases if case.balance_as_of]
        since = now.day - timedelta(days=max_age_days(policy))
        if known and min(known) < since:
            return no(*seen, as_of=min(known), since=since, d=(since - min(known)).days)
        return yes(*seen) if len(known) == len(facts.file.cases) else unknown("数据截止日", "as-of day", *seen)

    return asks


def no_recent_part_payment(facts: HasFile, policy: Policy, now: Moment) -> Answer:
    """Whether nothing was paid in the last days or since approval, as long as something is still owed."""
    owed = balances(facts, now)
    since = now.day - timedelta(days=policy.visit.recent_payment_days)
    approved_at = facts.request.approved_at
    fresh = [
        each
        for each in facts.file.repayments
        if day_of(each.paid_at, now.zone) >= since or (approved_at is not None and each.paid_at > approved_at)
    ]
    if not fresh or compared_balance_fen(owed, sum_cards=True) == 0:
        return yes(used("recent_repayments", len(fresh)))
    newest = max(fresh, key=lambda each: each.paid_at)
    paid_on = day_of(newest.paid_at, now.zone)
    seen = used("repayment", {"paid_on": paid_on, "fen": newest.amount_fen}, newest)
    quiet_on = paid_on + timedelta(days=policy.visit.recent_payment_days + 1)
    end: Any = {"end_zh": f"{quiet_on}起不再提示", "end_en": f"From {quiet_on} on it warns no longer"}
    if approved_at is not None and newest.paid_at > approved_at:
        at = f"{approved_at.astimezone(now.zone):%Y-%m-%d %H:%M}"
        end = {"end_zh": f"{at}的审批早于还款，须在其后重新审批", "end_en": f"An approval after it; this is of {at}"}
    return no(seen, date=paid_on, amt=yuan(newest.amount_fen), **end)


def no_promise_pending(facts: HasFile, policy: Policy, now: Moment) -> Answer:
    """Whether no promised day, with its grace, is still to come."""
    grace = timedelta(days=policy.visit.promise_grace_days)
    pending = [each for each in facts.file.promises if now.day <= each.due_on + grace]
    if not pending:
        return yes(used("promises", len(facts.file.promises)))
    latest = max(pending, key=lambda each: each.due_on)
    seen = used("promise", {"due_on": latest.due_on, "fen": latest.amount_fen}, latest)
    free_on = latest.due_on + grace + timedelta(days=1)
    return no(seen, date=latest.due_on, free=free_on, d=(free_on - now.day).days)
