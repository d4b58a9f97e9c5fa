"""The rules about paper: what the template shows and says, where every sheet and receipt is."""

from dataclasses import replace
from datetime import date

import pytest

from fieldops.correspondence.facts import CountFact, ExaminedFact, PaperFacts, ReceiptFact
from fieldops.correspondence.paper_rules import CUSTODY_RULES
from fieldops.policies.catalogue import Stage
from fieldops.policies.decision import ask
from tests.correspondence.fact_makers import a_letter, a_template, letter_facts, weigh
from tests.visits.fact_makers import NOW, PASSED, POLICY, RECORDED, REJECTED, REVIEWED, UNKNOWN, WARNED

WRITTEN = (Stage.SUBMIT, Stage.APPROVE, Stage.PRINT)


def found(code, *, person=False):
    return a_template(findings=(ExaminedFact(code=code, text="「x」", needs_person=person),))


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("LR-041", "DISCLOSURE_OBJECT"),
        ("LR-041", "DISCLOSURE_BALANCE"),
        ("LR-042", "LR-042"),
        ("LR-043", "LR-043"),
        ("LR-044", "LR-044"),
        ("LR-044", "DISCLOSURE_SEAL"),
        ("LR-044", "DISCLOSURE_SENDER"),
        ("LR-046", "LR-046"),
        ("LR-072", "LR-072"),
        ("LR-072", "WINDOW"),
    ],
)
def test_what_the_examination_of_a_template_found_is_asked_at_request_approval_and_printing(rule, code):
    for stage in WRITTEN:
        assert weigh(rule, letter_facts(template=found(code)), stage=stage) == REJECTED
        assert weigh(rule, letter_facts(), stage=stage) == PASSED
        assert weigh(rule, letter_facts(template=a_template(findings=None)), stage=stage) == UNKNOWN
        assert weigh(rule, letter_facts(template=None), stage=stage) == UNKNOWN


def test_a_finding_is_one_rules_business_only():
    for code in ("DISCLOSURE_SEAL", "DISCLOSURE_SENDER"):
        assert weigh("LR-041", letter_facts(template=found(code))) == PASSED
    assert weigh("LR-046", letter_facts(template=found("LR-042"))) == PASSED


def test_wording_only_a_person_can_judge_goes_to_one():
    assert weigh("LR-042", letter_facts(template=found("LR-042", person=True))) == REVIEWED


@pytest.mark.parametrize(("numbers", "weighs"), [(None, PASSED), (0, PASSED), (1, REJECTED)])
def test_a_whole_number_among_the_frozen_figures_refuses_the_letter(numbers, weighs):
    assert weigh("LR-043", letter_facts(letter=a_letter(full_numbers=numbers)), stage=Stage.PRINT) == weighs


def custody(code, missing=0, posted_on=None):
    row = {"ref": "row/1", "recorded_at": RECORDED}
    receipts = (ReceiptFact(**row, posted_on=posted_on),) if posted_on else ()
    facts = PaperFacts(count=CountFact(**row, missing=missing), unreceipted=receipts)
    decision = ask(CUSTODY_RULES, facts, POLICY, stage=Stage.RECONCILE, at=NOW)
    (finding,) = [each for each in decision.findings if each.code == code]
    return str(finding.outcome), str(finding.severity)


@pytest.mark.parametrize(("missing", "weighs"), [(0, PASSED), (1, REVIEWED), (-1, REVIEWED)])
def test_a_sheet_too_few_or_too_many_goes_to_a_person(missing, weighs):
    assert custody("LR-081", missing) == weighs


@pytest.mark.parametrize(
    ("posted_on", "weighs"),
    [(None, PASSED), (date(2026, 11, 23), WARNED), (date(2026, 11, 20), WARNED), (date(2026, 11, 19), REVIEWED)],
)
def test_a_missing_receipt_warns_for_three_days_and_then_goes_to_a_person(posted_on, weighs):
    assert custody("LR-082", posted_on=posted_on) == weighs


def test_a_policy_may_want_receipts_the_same_day():
    policy = replace(POLICY, letter=replace(POLICY.letter, receipt_days=0))
    row = {"ref": "row/1", "recorded_at": RECORDED}
    facts = PaperFacts(
        count=CountFact(**row, missing=0), unreceipted=(ReceiptFact(**row, posted_on=date(2026, 11, 22)),)
    )
    decision = ask(CUSTODY_RULES, facts, policy, stage=Stage.RECONCILE, at=NOW)
    assert decision.codes == ("LR-082",)
    assert decision.verdict == "REVIEW"
