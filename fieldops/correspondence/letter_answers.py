"""Answers only letters need: amount, payments since approval, template, recipient, earlier letters, posting."""

import re
from datetime import timedelta
from typing import Any

from fieldops.correspondence.facts import APPROVAL_SOURCES, EarlierLetterFact, LetterFact, LetterFacts
from fieldops.policies.catalogue import Answer, Asks, Moment, Severity, day_of, no, unknown, yes
from fieldops.policies.decision import worst_of
from fieldops.policies.edition import Policy
from fieldops.visits import case_answers as case
from fieldops.visits.balance_answers import balances, compared_balance_fen, seen_balances, yuan
from fieldops.visits.case_answers import used
from letters.errors import NumberRefused
from letters.number import CarrierPattern, read_number

POSTCODE = re.compile(r"\d{6}", re.ASCII)

# what LR-050 asks anew for letters: the answer, its weight, and its name in both languages
STOPS: tuple[tuple[Asks[Any], Severity, str, str], ...] = (
    (case.no_banned_status, Severity.REJECT, "特殊状态已证实", "special status proven"),
    (case.no_claimed_status, Severity.REVIEW, "特殊状态待核实", "special status claimed"),
    (case.not_deceased, Severity.REJECT, "欠款人已去世", "debtor deceased"),
    (case.is_adult, Severity.REJECT, "未成年人", "minor"),
    (case.not_vulnerable, Severity.REVIEW, "特殊困难", "vulnerable debtor"),
    (case.no_hold("LETTER", case.STOPPING_HOLDS), Severity.REJECT, "停催中", "collection hold"),
    (case.no_complaint_open, Severity.REVIEW, "存在未结投诉", "open complaint"),
    (case.no_hold("LETTER", ("DISPUTE",)), Severity.REJECT, "交易/开户异议", "disputed transaction or account"),
)


def nothing_stops_collection(facts: LetterFacts, policy: Policy, now: Moment) -> Answer:
    """Whether no special status, hold, complaint or dispute stands against a letter; the heaviest decides."""
    asked = [(asks(facts, policy, now), weight, zh, en) for asks, weight, zh, en in STOPS]
    stops = [(answer, answer.severity or weight, zh, en) for answer, weight, zh, en in asked if answer.holds is False]
    if stops:
        return no(
            *(each for answer, *_ in stops for each in answer.used),
            severity=worst_of(weight for _, weight, _, _ in stops),
            what_zh="、".join(zh for *_, zh, _ in stops),
            what_en=", ".join(en for *_, en in stops),
            end_zh="；".join(str(answer.words["end_zh"]) for answer, *_ in stops),
            end_en="; ".join(str(answer.words["end_en"]) for answer, *_ in stops),
        )
    unclear = next((answer for answer, *_ in asked if answer.holds is None), None)
    return unclear or yes(*(each for answer, *_ in asked for each in answer.used))


def enough_is_owed_for_a_letter(facts: LetterFacts, policy: Policy, now: Moment) -> Answer:
    """Whether the balance is above the letter minimum.

    A letter handed over at the door is exempt here: the visit that carries it answers to the visit minimum (VR-020).
    """
    terms = policy.letter
    owed = balances(facts, now)
    seen = (used("delivery", facts.letter.delivery, facts.letter), *seen_balances(facts, owed))
    if facts.letter.delivery == "HAND_BY_VISIT" and terms.hand_delivery_exempt:
        return yes(*seen)
    balance = compared_balance_fen(owed, sum_cards=True)
    if balance is None:
        return unknown("欠款余额", "balance", *seen)
    if balance > terms.min_balance_fen or (balance == terms.min_balance_fen and not terms.inclusive_block):
        return yes(*seen)
    gap = terms.min_balance_fen - balance + terms.inclusive_block
    return no(*seen, bal=yuan(balance), min=yuan(terms.min_balance_fen), gap=yuan(gap))


def nothing_paid_since_approval(facts: LetterFacts, _policy: Policy, now: Moment) -> Answer:
    """Whether the figures on the letter still stand: nothing paid after approval, nor reported after it.

    A repayment reported later counts when it was paid after the day the figures speak of.
    """
    approved_at = facts.request.approved_at
    if approved_at is None:
        return unknown("审批时间", "when it was approved")
    as_of = facts.letter.figures_as_of
    since = [
        each
        for each in facts.file.repayments
        if each.paid_at > approved_at
        or (each.recorded_at > approved_at and as_of is not None and day_of(each.paid_at, now.zone) > as_of)
    ]
    if not since:
        return yes(used("repayments_since", 0))
    seen = (used("repayment", {"paid_at": each.paid_at, "fen": each.amount_fen}, each) for each in since)
    return no(*seen, n=len(since), amt=yuan(sum(each.amount_fen for each in since)))


def no_mail_came_back(facts: LetterFacts, _policy: Policy, _now: Moment) -> Answer:
    """Whether no earlier mail to the address was returned."""
    found = facts.address.mail_return
    if found is None:
        return yes(used("mail_return", None, facts.address))
    return no(used("mail_return", {"reason": found.reason, "on": found.on}, found), date=found.on, reason=found.reason)


def recipient_owes(facts: LetterFacts, _policy: Policy, _now: Moment) -> Answer:
    """Whether the letter goes to the debtor or a guarantor, at an address of theirs."""
    said = {"recipient": facts.letter.recipient, "address.belongs_to": facts.address.belongs_to}
    seen = tuple(used(name, value, facts.letter) for name, value in said.items())
    if "THIRD" in said.values():
        return no(*seen, recipient=facts.letter.recipient, owner=facts.address.belongs_to or "-")
    return unknown("收件人身份", "who the recipient is", *seen) if None in said.values() else yes(*seen)


def has_postcode(facts: LetterFacts, _policy: Policy, _now: Moment) -> Answer:
    """Whether a six-digit postcode is known."""
    postcode = facts.address.postcode
    seen = used("postcode", postcode, facts.address)
    return yes(seen) if postcode and POSTCODE.fullmatch(postcode) else no(seen, postcode=postcode or "-")


def template_is_approved(facts: LetterFacts, _policy: Policy, now: Moment) -> Answer:
    """Whether the template version is approved for this bank and in force today."""
    template = facts.template
    if template is None:
        return unknown("信函模板", "the template")
    seen = used(
        "template",
        {
            "status": template.status,
            "bank": template.bank,
            "approval_source": template.approval_source,
            "valid_from": template.valid_from,
            "valid_until": template.valid_until,
        },
        template,
    )
    if template.valid_from is None:
        return unknown("模板生效日", "the day the template comes into force", seen)
    bank = facts.file.cases[0].bank
    sources = " / ".join(APPROVAL_SOURCES)
    lacks = [
        (zh, en)
        for fails, zh, en in (
            (
                template.status != "APPROVED",
                f"状态为APPROVED（现为{template.status}）",
                f"status APPROVED, not {template.status}",
            ),
            (template.approval_source not in APPROVAL_SOURCES, f"由{sources}批准", f"approval by {sources}"),
            (
                template.bank not in (None, bank),
                f"属于{bank}（现为{template.bank}）",
                f"bank {bank}, not {template.bank}",
            ),
            (template.valid_from > now.day, f"{template.valid_from}起生效", f"valid from {template.valid_from}"),
            (
                template.valid_until is not None and template.valid_until < now.day,
                f"有效期晚于{template.valid_until}",
                f"valid beyond {template.valid_until}",
            ),
        )
        if fails
    ]
    return no(seen, **_lacking(lacks)) if lacks else yes(seen)


def _lacking(lacks: list[tuple[str, str]]) -> dict[str, Any]:
    """What is not met, in Chinese and in English."""
    return {"lacks_zh": "；".join(zh for zh, _ in lacks), "lacks_en": "; ".join(en for _, en in lacks)}


def lawyer_letter_is_due(facts: LetterFacts, policy: Policy, _now: Moment) -> Answer:
    """Whether a lawyer's letter has its three conditions; other kinds need none of them."""
    letter = facts.letter
    if letter.kind != "LAWYER":
        return yes(used("letter.kind", letter.kind, letter))
    overdue = [each.overdue_days for each in facts.file.cases]
    seen = (
        *(used("overdue_days", each.overdue_days, each) for each in facts.file.cases),
        used("malicious", letter.malicious, letter),
        used("law_firm_authorised", letter.law_firm_authorised, letter),
    )
    least = policy.letter.lawyer_min_overdue_days
    known = [each for each in overdue if each is not None]
    if False in (letter.malicious, letter.law_firm_authorised) or any(each <= least for each in known):
        return no(*seen, n=least, **_lacking(_conditions_not_met(letter, known, least)))
    complete = letter.malicious and letter.law_firm_authorised and len(known) == len(overdue)
    return yes(*seen) if complete else unknown("律师函条件", "a condition of the lawyer's letter", *seen)


def _conditions_not_met(letter: LetterFact, overdue: list[int], least: int) -> list[tuple[str, str]]:
    """Which conditions of a lawyer's letter are not met, and by how much, in both languages."""
    more = [least + 1 - each for each in overdue if each <= least]
    days = [(f"再逾期{each}天（须满{least + 1}天）", f"{each} more days overdue") for each in more]
    malicious = [("经人认定为恶意拖欠", "malicious, as a person has found")] if letter.malicious is False else []
    firm = [("律所授权", "the law firm's authorisation")] if letter.law_firm_authorised is False else []
    return [*days, *malicious, *firm]


def no_letter_too_soon(facts: LetterFacts, policy: Policy, now: Moment) -> Answer:
    """Whether no letter of the kind to this address is open or was sent lately."""
    for each in facts.earlier_letters:
        days = (now.day - each.sent_on).days if each.sent_on else None
        seen = used("earlier_letter", {"no": each.no, "is_open": each.is_open, "sent_on": each.sent_on}, each)
        if each.kind == facts.letter.kind and (
            each.is_open or (days is not None and days < policy.letter.min_days_between)
        ):
            return no(seen, d=days or 0, no=each.no, **_after(each, policy.letter.min_days_between))
    return yes(used("earlier_letters", len(facts.earlier_letters)))


def _after(earlier: EarlierLetterFact, days: int) -> dict[str, Any]:
    if earlier.is_open or earlier.sent_on is None:
        return {
            "end_zh": f"{earlier.no}寄出满{days}天或撤销",
            "end_en": f"{earlier.no} cancelled, or {days} days after its posting",
        }
    free_on = earlier.sent_on + timedelta(days=days)
    return {"end_zh": f"{free_on}起可发", "end_en": f"From {free_on} on"}


def goes_registered(facts: LetterFacts, policy: Policy, _now: Moment) -> Answer:
    """Whether mail goes by a channel the policy allows; a letter a crew hands over is no mail."""
    delivery = facts.letter.delivery
    seen = used("delivery", delivery, facts.letter)
    if delivery == "HAND_BY_VISIT" or delivery in policy.letter.channels:
        return yes(seen)
    return no(seen, delivery=delivery, channels=", ".join(policy.letter.channels))


def is_not_posted_up(facts: LetterFacts, _policy: Policy, _now: Moment) -> Answer:
    """Whether the letter reaches a person and is not posted up for others to read."""
    seen = used("delivery", facts.letter.delivery, facts.letter)
    return no(seen, delivery=facts.letter.delivery) if facts.letter.delivery == "PUBLIC_POSTING" else yes(seen)


def number_is_good(facts: LetterFacts, policy: Policy, _now: Moment) -> Answer:
    """Whether the registered number has a carrier's form and is nobody else's; a handed letter needs none."""
    if facts.letter.delivery == "HAND_BY_VISIT":
        return yes(used("delivery", facts.letter.delivery, facts.letter))
    if facts.tracking is None:
        return unknown("挂号编号", "the registered number")
    number = facts.tracking.number
    seen = used("tracking", {"number": number, "in_use_by": facts.tracking.in_use_by}, facts.tracking)
    try:
        well_formed = read_number(number, CarrierPattern("policy", policy.letter.tracking_pattern)) == number
    except NumberRefused:
        well_formed = False
    if well_formed and facts.tracking.in_use_by is None:
        return yes(seen)
    taken = facts.tracking.in_use_by
    return no(
        seen,
        end_zh=f"换号，{number}已用于{taken}" if well_formed else f"{number}须符合{policy.letter.tracking_pattern}",
        end_en=f"A number of its own; {number} is {taken}'s"
        if well_formed
        else f"A number of the form {policy.letter.tracking_pattern}, not {number}",
    )


def quantity_is_approved(facts: LetterFacts, _policy: Policy, _now: Moment) -> Answer:
    """Whether no more is printed than the admin department approved; nothing approved is zero."""
    batch = facts.batch
    if batch is None:
        return unknown("打印批次", "the print batch")
    seen = (
        used("printing_quantity", batch.printing_quantity, batch),
        used("approved_quantity", batch.approved_quantity, batch),
    )
    approved = batch.approved_quantity or 0
    more = batch.printing_quantity - approved
    return no(*seen, approved=approved, printing=batch.printing_quantity, more=more) if more > 0 else yes(*seen)
