"""Letter rules, each at its edge, beside it and unknown."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.correspondence.facts import LetterFacts
from fieldops.correspondence.rules import LETTER_RULES
from fieldops.policies.catalogue import Severity, Stage
from fieldops.policies.decision import Decision, Verdict
from fieldops.policies.records import RecordError
from fieldops.visits.facts import InvalidFact, MailReturnFact
from tests.correspondence.fact_makers import (
    a_batch,
    a_letter,
    a_number,
    a_template,
    decide,
    earlier,
    letter_facts,
    weigh,
)
from tests.visits.fact_makers import (
    PASSED,
    POLICY,
    RECORDED,
    REJECTED,
    REVIEWED,
    UNKNOWN,
    WARNED,
    a_call,
    a_case,
    a_code,
    a_complaint,
    a_hold,
    a_repayment,
    a_request,
    a_status,
    an_address,
    at,
)

STAGES = (Stage.SUBMIT, Stage.APPROVE, Stage.PRINT, Stage.POST)


def test_a_letter_nobody_objects_to_passes_at_every_stage():
    for stage in STAGES:
        decision = decide(letter_facts(), stage=stage)
        assert (decision.verdict, decision.codes) == ("PASS", ())


@pytest.mark.parametrize("status", ["RETURNED", "WITHDRAWN", "EXPIRED", "PAUSED"])
def test_no_letter_for_a_case_that_is_not_active(status):
    assert weigh("LR-001", letter_facts(cases=(a_case(status=status),))) == REJECTED


@pytest.mark.parametrize("stage", STAGES)
def test_no_letter_to_who_has_paid_at_any_stage(stage):
    assert weigh("LR-002", letter_facts(cases=(a_case(balance_fen=0),)), stage=stage) == REJECTED
    paid = letter_facts(repayments=(a_repayment(at(23, 8), 800_000),))
    assert weigh("LR-002", paid, stage=stage) == REJECTED


@pytest.mark.parametrize(
    ("calls", "found"),
    [
        ((a_call(),), PASSED),
        ((), REJECTED),
        ((a_call(recording_id=None),), REJECTED),
        ((a_call(connected=False),), PASSED),
    ],
)
def test_no_letter_before_a_recorded_call(calls, found):
    assert weigh("LR-010", letter_facts(calls=calls)) == found


@pytest.mark.parametrize(
    ("fen", "by_mail", "by_hand"),
    [
        (99_999, REJECTED, PASSED),
        (100_000, REJECTED, PASSED),
        (100_001, PASSED, PASSED),
        (None, UNKNOWN, PASSED),
    ],
)
def test_a_letter_needs_more_than_a_thousand_yuan_unless_handed_over(fen, by_mail, by_hand):
    cases = (a_case(balance_fen=fen),)
    assert weigh("LR-020", letter_facts(cases=cases)) == by_mail
    assert weigh("LR-020", letter_facts(cases=cases, letter=a_letter(delivery="HAND_BY_VISIT"))) == by_hand


def test_the_switches_of_the_letter_minimum_do_what_they_say():
    letter = POLICY.letter
    at_edge = letter_facts(cases=(a_case(balance_fen=100_000),))
    by_hand = letter_facts(cases=(a_case(balance_fen=100_000),), letter=a_letter(delivery="HAND_BY_VISIT"))
    lenient = replace(POLICY, letter=replace(letter, inclusive_block=False))
    strict = replace(POLICY, letter=replace(letter, hand_delivery_exempt=False))
    assert weigh("LR-020", at_edge, lenient) == PASSED
    assert weigh("LR-020", by_hand, strict) == REJECTED


@pytest.mark.parametrize(
    ("as_of", "found"), [(date(2026, 11, 21), REJECTED), (date(2026, 11, 22), PASSED), (None, UNKNOWN)]
)
def test_a_letter_is_printed_from_yesterdays_balance_or_newer(as_of, found):
    facts = letter_facts(cases=(a_case(balance_as_of=as_of),))
    assert weigh("LR-021", facts, stage=Stage.PRINT) == found
    assert "LR-021" not in {each.code for each in decide(facts).findings}


@pytest.mark.parametrize("stage", [Stage.PRINT, Stage.POST])
@pytest.mark.parametrize(
    ("paid_at", "recorded_at", "found"),
    [
        (at(23, 8, 31), at(23, 8, 40), REJECTED),
        (at(23, 8, 30), at(23, 8, 20), PASSED),
        (at(23, 7), at(23, 8, 40), REJECTED),
        (at(22, 7), at(23, 8, 40), PASSED),
        (at(20), at(21), PASSED),
    ],
)
def test_money_since_approval_stops_paper(paid_at, recorded_at, found, stage):
    facts = letter_facts(repayments=(a_repayment(paid_at, 1000, recorded_at=recorded_at),))
    assert weigh("LR-022", facts, stage=stage) == found


def test_a_letter_without_approval_time_goes_to_a_person_before_print():
    assert weigh("LR-022", letter_facts(request=a_request(approved_at=None)), stage=Stage.PRINT) == UNKNOWN


def test_an_instalment_agreement_stops_letters():
    assert weigh("LR-023", letter_facts(holds=(a_hold("INSTALMENT"),))) == REJECTED
    assert weigh("LR-023", letter_facts(holds=(a_hold("INSTALMENT", channels="VISIT"),))) == PASSED


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("LR-030", "INC_ROAD_ROOM"),
        ("LR-030", "INC_DISTRICT_NUMBER"),
        ("LR-030", "PO_BOX"),
        ("LR-033", "VAGUE_TALENT_CENTRE"),
        ("LR-034", "SENS_LAW_FIRM"),
    ],
)
@pytest.mark.parametrize(
    ("grade", "found"), [("PASS", PASSED), ("WARN", PASSED), ("REVIEW", REVIEWED), ("BLOCK", REJECTED)]
)
def test_letters_read_the_grade_for_letters(rule, code, grade, found):
    facts = letter_facts(address=an_address(codes=(a_code(code, "PASS", letter=grade),)))
    assert weigh(rule, facts) == found


def test_an_address_nobody_judged_is_not_written_to():
    facts = letter_facts(address=an_address(label=None))
    assert {weigh(code, facts) for code in ("LR-030", "LR-033", "LR-034")} == {UNKNOWN}


def test_a_dead_address_and_a_returned_letter_are_two_rules():
    dead = InvalidFact(
        ref="event/1", recorded_at=RECORDED, reason="DEMOLISHED", on=date(2026, 11, 1), evidence="result/1"
    )
    returned = MailReturnFact(ref="return/1", recorded_at=RECORDED, reason="M06", on=date(2026, 10, 1))
    assert decide(letter_facts(address=an_address(invalid=dead))).codes == ("LR-031",)
    blocked = decide(letter_facts(address=an_address(mail_return=returned)))
    assert blocked.codes == ("LR-032",)
    assert blocked.of_severity(Severity.REJECT)[0].message_zh == "该地址曾退件（2026-10-01 M06）"


@pytest.mark.parametrize(
    ("recipient", "owner", "found"),
    [
        ("DEBTOR", "DEBTOR", PASSED),
        ("GUARANTOR", "GUARANTOR", PASSED),
        ("THIRD", "DEBTOR", REJECTED),
        ("DEBTOR", "THIRD", REJECTED),
        (None, "THIRD", REJECTED),
        (None, "DEBTOR", UNKNOWN),
        ("DEBTOR", None, UNKNOWN),
    ],
)
def test_letters_go_to_who_owes(recipient, owner, found):
    facts = letter_facts(letter=a_letter(recipient=recipient), address=an_address(belongs_to=owner))
    assert weigh("LR-035", facts) == found


@pytest.mark.parametrize(("source", "found"), [("RESERVED", PASSED), ("BOUGHT", REJECTED), (None, REJECTED)])
def test_letters_need_a_lawful_source(source, found):
    assert weigh("LR-036", letter_facts(address=an_address(source=source))) == found


@pytest.mark.parametrize(
    ("postcode", "found"),
    [("102400", PASSED), ("10240", WARNED), ("１０２４００", WARNED), ("", WARNED), (None, WARNED)],
)
def test_a_missing_postcode_is_a_warning(postcode, found):
    facts = letter_facts(address=an_address(postcode=postcode))
    assert weigh("LR-037", facts) == found
    assert decide(facts).verdict == "PASS"


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, PASSED),
        ({"status": "PENDING_APPROVAL"}, REJECTED),
        ({"status": "RETIRED"}, REJECTED),
        ({"approval_source": None}, REJECTED),
        ({"approval_source": "HQ_FILED"}, PASSED),
        ({"bank": "示范银行A"}, PASSED),
        ({"bank": "示范银行B"}, REJECTED),
        ({"valid_from": date(2026, 11, 23)}, PASSED),
        ({"valid_from": date(2026, 11, 24)}, REJECTED),
        ({"valid_until": date(2026, 11, 23)}, PASSED),
        ({"valid_until": date(2026, 11, 22)}, REJECTED),
        ({"valid_from": None}, UNKNOWN),
    ],
)
def test_only_an_approved_template_in_force_is_used(changes, found):
    assert weigh("LR-040", letter_facts(template=a_template(**changes))) == found


def test_an_unknown_template_goes_to_a_person():
    assert weigh("LR-040", letter_facts(template=None)) == UNKNOWN


@pytest.mark.parametrize(
    ("overdue", "malicious", "authorised", "found"),
    [
        (15, True, True, REJECTED),
        (16, True, True, PASSED),
        (16, False, True, REJECTED),
        (16, True, False, REJECTED),
        (16, None, True, UNKNOWN),
        (16, True, None, UNKNOWN),
        (None, True, True, UNKNOWN),
        (None, False, None, REJECTED),
    ],
)
def test_a_lawyers_letter_has_three_conditions(overdue, malicious, authorised, found):
    letter = a_letter(kind="LAWYER", malicious=malicious, law_firm_authorised=authorised)
    facts = letter_facts(cases=(a_case(overdue_days=overdue),), letter=letter)
    assert weigh("LR-045", facts) == found
    assert weigh("LR-045", letter_facts(cases=(a_case(overdue_days=1),))) == PASSED


@pytest.mark.parametrize(
    ("known", "found"),
    [
        ({"holds": (a_hold("BANK_PAUSE"),)}, REJECTED),
        ({"holds": (a_hold("DISPUTE", channels="LETTER"),)}, REJECTED),
        ({"holds": (a_hold("MANAGER", channels="VISIT"),)}, PASSED),
        ({"complaints": (a_complaint("MAJOR"),)}, REJECTED),
        ({"complaints": (a_complaint("ORDINARY"),)}, REVIEWED),
        ({"special_statuses": (a_status("FRAUD", "COMPLETE"),)}, REJECTED),
        ({"special_statuses": (a_status("FRAUD", "PARTIAL"),)}, REVIEWED),
        ({"special_statuses": (a_status("DECEASED", "CLAIMED"),)}, REJECTED),
        ({"special_statuses": (a_status("VULNERABLE", "COMPLETE"),)}, REVIEWED),
        ({"complaints": (a_complaint("MINOR"),), "holds": (a_hold("BANK_PAUSE"),)}, REJECTED),
        ({"born_on": None}, UNKNOWN),
        ({"born_on": None, "complaints": (a_complaint("MINOR"),)}, REVIEWED),
        ({}, PASSED),
    ],
)
def test_what_stops_a_visit_stops_a_letter(known, found):
    assert weigh("LR-050", letter_facts(**known)) == found


def test_all_that_stops_a_letter_is_named():
    facts = letter_facts(holds=(a_hold("BANK_PAUSE"),), complaints=(a_complaint("MAJOR"),))
    found = decide(facts).of_severity(Severity.REJECT)[0]
    assert found.message_en == "collection hold, open complaint; no letter, or a supervisor decides"
    assert {each.ref for each in found.used} == {"hold/1", "complaint/MAJOR"}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"is_open": True}, REVIEWED),
        ({"is_open": True, "kind": "LAWYER"}, PASSED),
        ({"sent_on": date(2026, 11, 23) - timedelta(days=29)}, REVIEWED),
        ({"sent_on": date(2026, 11, 23) - timedelta(days=30)}, PASSED),
        ({"sent_on": date(2026, 11, 23), "kind": "DUNNING"}, PASSED),
    ],
)
def test_the_same_letter_waits_thirty_days(changes, found):
    assert weigh("LR-060", letter_facts(earlier_letters=(earlier(**changes),))) == found


@pytest.mark.parametrize(
    ("delivery", "registered", "posted_up"),
    [
        ("REGISTERED_MAIL", PASSED, PASSED),
        ("HAND_BY_VISIT", PASSED, PASSED),
        ("PLAIN_MAIL", REJECTED, PASSED),
        ("COURIER", REJECTED, PASSED),
        ("PUBLIC_POSTING", REJECTED, REJECTED),
    ],
)
def test_letters_go_registered_or_from_hand_to_hand(delivery, registered, posted_up):
    facts = letter_facts(letter=a_letter(delivery=delivery))
    assert weigh("LR-070", facts) == registered
    assert weigh("LR-073", facts) == posted_up


@pytest.mark.parametrize(
    ("tracking", "found"),
    [
        (a_number(), PASSED),
        (a_number("1234567890123"), PASSED),
        (a_number("XA1234567890"), REJECTED),
        (a_number("XA123456789012"), REJECTED),
        (a_number("xa12345678901"), REJECTED),
        (a_number(in_use_by="item/7"), REJECTED),
        (a_number("RR473124829CN"), PASSED),
        (a_number("RR473124828CN"), REJECTED),
        (None, UNKNOWN),
    ],
)
def test_a_registered_number_is_well_formed_and_nobody_elses(tracking, found):
    assert weigh("LR-071", letter_facts(tracking=tracking), stage=Stage.POST) == found


def test_a_letter_handed_over_needs_no_number():
    facts = letter_facts(tracking=None, letter=a_letter(delivery="HAND_BY_VISIT"))
    assert weigh("LR-071", facts, stage=Stage.POST) == PASSED


@pytest.mark.parametrize(
    ("batch", "found"),
    [
        (a_batch(50, 50), PASSED),
        (a_batch(49, 50), PASSED),
        (a_batch(51, 50), REJECTED),
        (a_batch(1, None), REJECTED),
        (None, UNKNOWN),
    ],
)
def test_no_more_is_printed_than_was_approved(batch, found):
    assert weigh("LR-080", letter_facts(batch=batch), stage=Stage.PRINT) == found


@pytest.mark.parametrize(
    ("approver", "found"), [("user/supervisor", PASSED), ("user/collector", REJECTED), (None, UNKNOWN)]
)
def test_nobody_approves_their_own_letter(approver, found):
    assert weigh("LR-083", letter_facts(request=a_request(approver=approver)), stage=Stage.APPROVE) == found


@pytest.mark.parametrize("change", [{"kind": "LOVE"}, {"delivery": "PIGEON"}, {"recipient": "CAT"}])
def test_a_word_the_letter_rules_do_not_know_is_refused(change):
    with pytest.raises(RecordError, match="must be one of"):
        a_letter(**change)


letters = st.builds(
    a_letter,
    kind=st.sampled_from(["PAYMENT_NOTICE", "DUNNING", "LAWYER", "SETTLED"]),
    delivery=st.sampled_from(["REGISTERED_MAIL", "HAND_BY_VISIT", "PLAIN_MAIL"]),
    recipient=st.sampled_from(["DEBTOR", "THIRD", None]),
    malicious=st.sampled_from([True, False, None]),
)
known = st.builds(
    letter_facts,
    letter=letters,
    cases=st.tuples(st.builds(a_case, balance_fen=st.none() | st.integers(0, 200_000))),
    complaints=st.lists(st.builds(a_complaint, st.sampled_from(["MINOR", "MAJOR"])), max_size=2).map(tuple),
    template=st.none() | st.builds(a_template, status=st.sampled_from(["APPROVED", "DRAFT"])),
    tracking=st.none() | st.builds(a_number, st.sampled_from(["XA12345678901", "1"])),
    batch=st.none() | st.builds(a_batch, st.integers(0, 3), st.none() | st.integers(0, 3)),
)


@given(known, st.sampled_from(STAGES))
def test_every_letter_decision_is_complete_storable_and_replayable(facts, stage):
    decision = decide(facts, stage=stage)
    assert [each.code for each in decision.findings] == [rule.code for rule in LETTER_RULES.asked_at(stage)]
    stored = Decision.from_json(json.loads(json.dumps(decision.to_json())))
    stored_facts = LetterFacts.from_json(json.loads(json.dumps(facts.to_json())))
    assert stored == decision == decide(stored_facts, stage=stage)
    order = list(Verdict)
    worse = replace(facts, file=replace(facts.file, holds=(a_hold("BANK_PAUSE"),)))
    assert order.index(decide(worse, stage=stage).verdict) >= order.index(decision.verdict)


def test_every_letter_row_can_be_read_and_has_its_source():
    for rule in LETTER_RULES.rules:
        assert rule.question.endswith("?")
        assert rule.question_zh.endswith("？")
        assert rule.source
        assert rule.code.startswith("LR-")
        assert not rule.waivable
