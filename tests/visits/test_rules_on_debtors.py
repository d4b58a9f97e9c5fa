"""Special statuses, holds, complaints and disputes."""

from datetime import date

import pytest

from fieldops.policies.records import RecordError
from fieldops.visits.facts import PROOFS
from tests.visits.fact_makers import (
    NOW,
    PASSED,
    REJECTED,
    REVIEWED,
    UNKNOWN,
    a_complaint,
    a_hold,
    a_status,
    at,
    decide,
    policy_with,
    visit_facts,
    weigh,
)

BANNED = ("FRAUD", "UNAUTHORISED_USE", "INCAPACITY", "LITIGATION", "CUSTODY", "DRUG")


@pytest.mark.parametrize("kind", BANNED)
@pytest.mark.parametrize(
    ("proof", "proven", "claimed"),
    [("COMPLETE", REJECTED, PASSED), ("PARTIAL", PASSED, REVIEWED), ("CLAIMED", PASSED, REVIEWED)],
)
def test_a_proven_status_rejects_and_a_claim_goes_to_a_person(kind, proof, proven, claimed):
    facts = visit_facts(special_statuses=(a_status(kind, proof),))
    assert weigh("VR-040", facts) == proven
    assert weigh("VR-041", facts) == claimed


@pytest.mark.parametrize("kind", ["MISSING", "BANKRUPT"])
def test_other_statuses_do_not_ban(kind):
    assert decide(visit_facts(special_statuses=(a_status(kind, "COMPLETE"),))).verdict == "PASS"


@pytest.mark.parametrize("proof", PROOFS)
def test_a_death_stops_collection_whatever_its_proof(proof):
    assert weigh("VR-042", visit_facts(special_statuses=(a_status("DECEASED", proof),))) == REJECTED


@pytest.mark.parametrize(
    ("born_on", "found"),
    [(date(2008, 11, 23), PASSED), (date(2008, 11, 24), REJECTED), (date(1988, 1, 1), PASSED), (None, UNKNOWN)],
)
def test_nobody_under_eighteen_is_visited(born_on, found):
    assert weigh("VR-043", visit_facts(born_on=born_on)) == found


def test_whoever_is_registered_as_a_minor_is_one():
    facts = visit_facts(special_statuses=(a_status("MINOR", "CLAIMED"),), born_on=None)
    assert weigh("VR-043", facts) == REJECTED


@pytest.mark.parametrize("proof", PROOFS)
def test_a_vulnerable_debtor_is_a_supervisors_decision_whatever_the_proof(proof):
    assert weigh("VR-044", visit_facts(special_statuses=(a_status("VULNERABLE", proof),))) == REVIEWED
    assert weigh("VR-044", visit_facts()) == PASSED


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        ("BANK_PAUSE", "VR-050"),
        ("DO_NOT_COLLECT", "VR-050"),
        ("WITHDRAWAL_PENDING", "VR-050"),
        ("MANAGER", "VR-050"),
        ("DEATH", "VR-050"),
        ("CUSTODY", "VR-050"),
        ("LITIGATION", "VR-050"),
        ("DISPUTE", "VR-052"),
        ("INSTALMENT", "VR-025"),
    ],
)
def test_each_hold_raises_its_own_rule(kind, rule):
    facts = visit_facts(holds=(a_hold(kind),))
    assert decide(facts).codes == (rule,)
    assert weigh(rule, facts) == REJECTED


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, REJECTED),
        ({"from_on": date(2026, 11, 23)}, REJECTED),
        ({"from_on": date(2026, 11, 24)}, PASSED),
        ({"until_on": date(2026, 11, 23)}, REJECTED),
        ({"until_on": date(2026, 11, 22)}, PASSED),
        ({"released_at": NOW}, PASSED),
        ({"released_at": at(23, 9, 1)}, REJECTED),
        ({"channels": "VISIT"}, REJECTED),
        ({"channels": "LETTER"}, PASSED),
    ],
)
def test_a_hold_stands_from_its_first_day_to_its_last_or_its_release(changes, found):
    assert weigh("VR-050", visit_facts(holds=(a_hold("BANK_PAUSE", **changes),))) == found


@pytest.mark.parametrize(
    ("grades", "found"),
    [
        ((), PASSED),
        (("MINOR",), REVIEWED),
        (("ORDINARY",), REVIEWED),
        (("MAJOR",), REJECTED),
        (("ORDINARY", "MAJOR"), REJECTED),
    ],
)
def test_a_major_complaint_rejects_and_others_go_to_a_person(grades, found):
    assert weigh("VR-051", visit_facts(complaints=tuple(map(a_complaint, grades)))) == found


def test_messages_speak_chinese():
    facts = visit_facts(complaints=(a_complaint("ORDINARY"),), special_statuses=(a_status("FRAUD", "COMPLETE"),))
    messages = [each.message_zh for each in decide(facts).findings if each.message_zh]
    assert "存在未结投诉（一般）" in messages
    assert "客户已提交完整证明（冒用），禁止外访" in messages


def test_a_policy_may_ban_more_statuses():
    facts = visit_facts(special_statuses=(a_status("BANKRUPT", "COMPLETE"),))
    assert weigh("VR-040", facts, policy_with(banned_statuses=(*BANNED, "BANKRUPT"))) == REJECTED


@pytest.mark.parametrize(
    "make", [lambda: a_hold("PAUSE"), lambda: a_status("FRAUD", "SURE"), lambda: a_status("SAD", "CLAIMED"),
             lambda: a_complaint("HUGE"), lambda: a_hold("DISPUTE", channels="VISITS")]
)  # fmt: skip
def test_a_kind_the_rules_do_not_know_is_refused(make):
    with pytest.raises(RecordError, match="must be one of"):
        make()
