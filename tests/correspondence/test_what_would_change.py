"""The why card says of every letter rule that does not hold what would change it, worked out from its own values."""

from dataclasses import replace
from datetime import date

import pytest

from fieldops.correspondence.facts import CountFact, ExaminedFact, PaperFacts, ReceiptFact
from fieldops.correspondence.paper_rules import CUSTODY_RULES
from fieldops.correspondence.rules import LETTER_RULES
from fieldops.policies.catalogue import Stage
from fieldops.policies.decision import ask
from fieldops.visits.facts import InvalidFact, MailReturnFact
from tests.correspondence.fact_makers import a_batch, a_letter, a_number, a_template, earlier, letter_facts
from tests.visits.fact_makers import (
    NOW,
    POLICY,
    RECORDED,
    a_case,
    a_code,
    a_complaint,
    a_hold,
    a_repayment,
    a_request,
    an_address,
    at,
)
from tests.visits.test_what_would_change import english_in

ROW = {"ref": "batch/1", "recorded_at": RECORDED}
INVALID = InvalidFact(
    ref="block/1", recorded_at=RECORDED, reason="DEMOLISHED", on=date(2026, 11, 2), evidence="result:7"
)
RETURN = MailReturnFact(ref="return/1", recorded_at=RECORDED, reason="M01", on=date(2026, 11, 2))


def coded(code):
    return {"address": an_address(codes=(a_code(code, "REVIEW", detail="北大学"),))}


def examined(code):
    return {"template": a_template(findings=(ExaminedFact(code=code, text="老赖", needs_person=False),))}


FREE_ON_OR_RELEASED = "From 2026-12-01 on by itself, or an earlier release of BANK_PAUSE hold/1"
FAILING = {
    "LR-001": ({"cases": (a_case(status="RETURNED"),)}, "Case CASE/1 ACTIVE again; it is RETURNED"),
    "LR-002": ({"cases": (a_case(balance_fen=0),)}, "A balance above 0.00 once a repayment is reversed; it is 0.00"),
    "LR-003": ({"letter": a_letter(kind="SETTLED"), "cases": (a_case(balance_fen=12_345),)}, "123.45 more repaid"),
    "LR-010": (
        {"calls": ()},
        "1 more recorded call(s) on case CASE/1 begun before 2026-11-23 08:00; after a later one, ask anew",
    ),
    "LR-020": (
        {"cases": (a_case(balance_fen=100_000),)},
        "Balance 1,000.00, not above 1,000.00: 0.01 more; or hand delivery",
    ),
    "LR-021": (
        {"cases": (a_case(balance_as_of=date(2026, 11, 20)),)},
        "A balance as of 2026-11-22 or later: 2 days newer",
    ),
    "LR-022": (
        {"repayments": (a_repayment(at(23, 8, 45), 100_000),)},
        "A new letter with 1,000.00 less: 1 repayment(s)",
    ),
    "LR-023": ({"holds": (a_hold("INSTALMENT"),)}, "A release of INSTALMENT hold/1; no end is set"),
    "LR-030": (coded("INC_ROAD_ONLY"), "北大学 put right (INC_ROAD_ONLY 北大学)"),
    "LR-031": (
        {"address": an_address(invalid=INVALID)},
        "Evidence newer than 2026-11-02 against result:7, accepted by a supervisor; or another address",
    ),
    "LR-032": (
        {"address": an_address(mail_return=RETURN)},
        "A visit after 2026-11-02 that finds the debtor there, and a supervisor who clears the return (M01)",
    ),
    "LR-033": (coded("VAGUE_CAMPUS"), "A building, department or room in place of 北大学 (VAGUE_CAMPUS 北大学)"),
    "LR-034": (coded("SENS_COURT"), "An address other than 北大学 (SENS_COURT 北大学), or a supervisor's approval"),
    "LR-035": (
        {"address": an_address(belongs_to="THIRD")},
        "A recipient and an address of the debtor or a guarantor; they are DEBTOR and THIRD",
    ),
    "LR-036": (
        {"address": an_address(source="UNKNOWN")},
        f"A source among {', '.join(POLICY.visit.lawful_sources)}; it is UNKNOWN",
    ),
    "LR-037": ({"address": an_address(postcode="1024")}, "A postcode of six digits; it is 1024"),
    "LR-040": (
        {"template": a_template(status="DRAFT", valid_from=date(2026, 12, 2))},
        "A template with: status APPROVED, not DRAFT; valid from 2026-12-02",
    ),
    "LR-041": (examined("DISCLOSURE_RIGHTS"), "A new version of template/1 with the 1 item(s)"),
    "LR-042": (examined("LR-042"), "A new version of template/1 without the 1 passage(s)"),
    "LR-043": ({"letter": a_letter(full_numbers=2)}, "2 whole number(s) masked in letter/1"),
    "LR-044": (examined("LR-044"), "A new version of template/1 with the 1 item(s)"),
    "LR-045": (
        {
            "letter": a_letter(kind="LAWYER", malicious=True, law_firm_authorised=False),
            "cases": (a_case(overdue_days=12),),
        },
        "Still lacking: 4 more days overdue; the law firm's authorisation",
    ),
    "LR-046": (examined("LR-046"), "A new version of template/1 without the 1 passage(s)"),
    "LR-050": (
        {"holds": (a_hold("BANK_PAUSE", until_on=date(2026, 11, 30)),), "complaints": (a_complaint("MINOR"),)},
        FREE_ON_OR_RELEASED + "; 1 complaint(s) closed: MINOR complaint/MINOR",
    ),
    "LR-060": ({"earlier_letters": (earlier(sent_on=date(2026, 11, 2)),)}, "From 2026-12-02 on"),
    "LR-070": (
        {"letter": a_letter(delivery="PLAIN_MAIL")},
        f"Delivery by {', '.join(POLICY.letter.channels)}, not PLAIN_MAIL",
    ),
    "LR-071": (
        {"tracking": a_number(in_use_by="item/9")},
        "A number of its own; XA12345678901 is item/9's",
    ),
    "LR-072": (examined("LR-072"), "1 passage(s) off the envelope or out of its window (template/1)"),
    "LR-073": (
        {"letter": a_letter(delivery="PUBLIC_POSTING")},
        "Registered mail or hand delivery, not PUBLIC_POSTING",
    ),
    "LR-080": ({"batch": a_batch(51, 50)}, "1 more approved: 50 are, 51 are printed"),
    "LR-083": ({"request": a_request(approver="user/collector")}, "An approver other than user/collector"),
}
LACKING = [
    (
        "LR-040",
        {
            "template": a_template(
                status="RETIRED",
                approval_source=None,
                bank="示范银行B",
                valid_from=date(2026, 11, 24),
                valid_until=date(2026, 11, 22),
            )
        },
        (
            "模板须：状态为已批准（现为已停用）；由委托方 / 总部备案批准；属于示范银行A（现为示范银行B）；"
            "2026-11-24起生效；有效期晚于2026-11-22"
        ),
        (
            "A template with: status APPROVED, not RETIRED; approval by BANK / HQ_FILED; "
            "bank 示范银行A, not 示范银行B; valid from 2026-11-24; valid beyond 2026-11-22"
        ),
    ),
    (
        "LR-045",
        {
            "letter": a_letter(kind="LAWYER", malicious=False, law_firm_authorised=False),
            "cases": (a_case(overdue_days=12),),
        },
        "还须：再逾期4天（须满16天）；经人认定为恶意拖欠；律所授权",
        "Still lacking: 4 more days overdue; malicious, as a person has found; the law firm's authorisation",
    ),
]
LOST = PaperFacts(count=CountFact(**ROW, missing=2), unreceipted=())
LATE = PaperFacts(
    count=CountFact(**ROW, missing=0),
    unreceipted=(ReceiptFact(ref="item/1", recorded_at=RECORDED, posted_on=date(2026, 11, 2)),),
)


def finding_of(code, facts, book=LETTER_RULES):
    stages = book.row(code).stages
    stage = Stage.SUBMIT if Stage.SUBMIT in stages else stages[-1]
    decision = ask(book, facts, replace(POLICY, off={}), stage=stage, at=NOW)
    return next(each for each in decision.findings if each.code == code)


@pytest.mark.parametrize("code", [rule.code for rule in LETTER_RULES.rules])
def test_a_rule_that_does_not_hold_says_what_would_change_it_in_both_languages(code):
    changes, change_en = FAILING[code]
    found = finding_of(code, letter_facts(**changes))
    assert (found.outcome, found.change_en) == ("FAILED", change_en)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in found.change_zh)
    own = POLICY.letter.tracking_pattern  # the form of a number is nobody's language
    assert not english_in(*(each.replace(own, "") for each in (found.message_zh, found.mend_zh, found.change_zh)))


@pytest.mark.parametrize(("code", "changes", "change_zh", "change_en"), LACKING)
def test_each_condition_that_is_lacking_is_told_in_the_language_of_its_sentence(code, changes, change_zh, change_en):
    found = finding_of(code, letter_facts(**changes))
    assert (found.change_zh, found.change_en) == (change_zh, change_en)


@pytest.mark.parametrize(
    ("code", "facts", "change_en"),
    [
        ("LR-081", LOST, "2 sheet(s) found or accounted for"),
        ("LR-082", LATE, "The receipts of 1 item(s) filed, the oldest posted on 2026-11-02"),
    ],
)
def test_sheets_and_receipts_say_how_many_are_lacking(code, facts, change_en):
    found = finding_of(code, facts, CUSTODY_RULES)
    assert found.change_en == change_en
    assert {each for each in change_en if each.isdigit()} <= set(found.change_zh)


@pytest.mark.parametrize(
    ("changes", "change_en"),
    [
        ({"earlier_letters": (earlier(is_open=True),)}, "函1 cancelled, or 30 days after its posting"),
        ({"earlier_letters": (earlier(sent_on=date(2026, 11, 22)),)}, "From 2026-12-22 on"),
    ],
)
def test_a_letter_too_soon_says_when_it_is_not(changes, change_en):
    assert finding_of("LR-060", letter_facts(**changes)).change_en == change_en


def test_a_malformed_number_shows_the_form_it_should_have():
    found = finding_of("LR-071", letter_facts(tracking=a_number("XA1")))
    assert found.change_en == f"A number of the form {POLICY.letter.tracking_pattern}, not XA1"
