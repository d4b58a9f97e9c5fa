"""The why card says of every visit rule that does not hold what would change it, worked out from its own values."""

import re
from dataclasses import replace
from datetime import date

import pytest

from fieldops.policies.catalogue import Stage
from fieldops.policies.decision import ask
from fieldops.visits.facts import DoneVisitFact, InvalidFact, OpenVisitFact, PositionFact
from fieldops.visits.rules import VISIT_RULES
from tests.visits.fact_makers import (
    NOW,
    POLICY,
    RECORDED,
    a_call,
    a_case,
    a_code,
    a_complaint,
    a_crew,
    a_day,
    a_hold,
    a_member,
    a_promise,
    a_repayment,
    a_request,
    a_slot,
    a_status,
    an_address,
    at,
    visit_facts,
)

INVALID = InvalidFact(
    ref="block/1", recorded_at=RECORDED, reason="DEMOLISHED", on=date(2026, 11, 2), evidence="result:7"
)
OPEN = OpenVisitFact(ref="visit/2", recorded_at=RECORDED, no="WF2", status="APPROVED", case_refs=("case/1",))
FAR = PositionFact(ref="visit/1", recorded_at=RECORDED, distance_m=420.0, accuracy_m=10, precision_m=50)


def done(*days):
    return tuple(DoneVisitFact(ref=f"visit/{day}", recorded_at=RECORDED, on=date(2026, 11, day)) for day in days)


def coded(code, **more):
    return {"address": an_address(codes=(a_code(code, "REVIEW", detail="北大学"),), **more)}


FAILING = {
    "VR-001": ({"cases": (a_case(status="PAUSED"),)}, "Case CASE/1 ACTIVE again; it is PAUSED"),
    "VR-002": (
        {"cases": (a_case(expiry_on=date(2026, 11, 20)),)},
        "An approved extension to 2026-11-23 or later: 3 days more than 2026-11-20",
    ),
    "VR-003": ({"cases": (a_case(expiry_on=date(2026, 11, 25)),)}, "An end on 2026-11-27 or later: 2 days more"),
    "VR-010": (
        {"calls": ()},
        "1 more recorded call(s) on case CASE/1 begun before 2026-11-23 08:00; after a later one, ask anew",
    ),
    "VR-011": ({"calls": (a_call(connected=False),)}, "One answered call begun before 2026-11-23 08:00; none of 1 was"),
    "VR-012": ({"calls": (a_call(started_at=at(1, month=10)),)}, "A call on 2026-10-24 or later"),
    "VR-020": ({"cases": (a_case(balance_fen=12_000),)}, "Balance 120.00 below 5,000.00: 4,880.00 more"),
    "VR-021": (
        {"cases": (a_case(balance_as_of=date(2026, 11, 18)),)},
        "A balance as of 2026-11-20 or later: 2 days newer",
    ),
    "VR-022": ({"cases": (a_case(balance_fen=0),)}, "A balance above 0.00 once a repayment is reversed; it is 0.00"),
    "VR-023": (
        {"repayments": (a_repayment(at(23, 7), 100_000),)},
        "From 2026-12-01 on it warns no longer",
    ),
    "VR-024": ({"promises": (a_promise(date(2026, 11, 30)),)}, "From 2026-12-02 on: 9 days more"),
    "VR-025": ({"holds": (a_hold("INSTALMENT"),)}, "A release of INSTALMENT hold/1; no end is set"),
    "VR-030": (
        {"address": an_address(invalid=INVALID)},
        "Evidence newer than 2026-11-02 against result:7, accepted by a supervisor; or another address",
    ),
    "VR-031": (coded("VAGUE_CAMPUS"), "A building, department or room in place of 北大学 (VAGUE_CAMPUS 北大学)"),
    "VR-032": (coded("INC_ROAD_ONLY"), "北大学 put right (INC_ROAD_ONLY 北大学)"),
    "VR-033": (coded("SENS_COURT"), "An address other than 北大学 (SENS_COURT 北大学), or a supervisor's approval"),
    "VR-034": (
        {"address": an_address(source="UNKNOWN")},
        f"A source among {', '.join(POLICY.visit.lawful_sources)}; it is UNKNOWN",
    ),
    "VR-035": ({"address": an_address(belongs_to="THIRD")}, "An address of the debtor or a guarantor; it is of THIRD"),
    "VR-036": (
        {"address": an_address(precision="CITY")},
        f"A point of precision {POLICY.visit.geocode_worst} or better; it is CITY",
    ),
    "VR-037": (
        {"address": an_address(kind="WORK"), "addresses_before": (an_address(ref="address/2"),)},
        "Visits to 1 address(es) first (HOME address/2), or this one confirmed by phone",
    ),
    "VR-038": ({"address": an_address(kind="WORK")}, "An address that is no workplace; it is WORK"),
    "VR-039": ({"request": a_request(crosses_branch=True)}, "A request by the branch of that area"),
    "VR-040": (
        {"special_statuses": (a_status("FRAUD", "COMPLETE"),)},
        "The status lifted as disproved: FRAUD COMPLETE status/FRAUD",
    ),
    "VR-041": (
        {"special_statuses": (a_status("FRAUD", "CLAIMED"),)},
        "The status lifted as disproved: FRAUD CLAIMED status/FRAUD",
    ),
    "VR-042": (
        {"special_statuses": (a_status("DECEASED", "CLAIMED"),)},
        "The status lifted as disproved: DECEASED CLAIMED status/DECEASED",
    ),
    "VR-043": ({"born_on": date(2008, 12, 1)}, "2026-12-01, when the debtor turns 18: 8 days more"),
    "VR-044": (
        {"special_statuses": (a_status("VULNERABLE", "PARTIAL"),)},
        "The status lifted as disproved: VULNERABLE PARTIAL status/VULNERABLE",
    ),
    "VR-050": (
        {"holds": (a_hold("BANK_PAUSE", until_on=date(2026, 11, 30)),)},
        "From 2026-12-01 on by itself, or an earlier release of BANK_PAUSE hold/1",
    ),
    "VR-051": ({"complaints": (a_complaint("MAJOR"),)}, "1 complaint(s) closed: MAJOR complaint/MAJOR"),
    "VR-052": ({"holds": (a_hold("DISPUTE"),)}, "A release of DISPUTE hold/1; no end is set"),
    "VR-060": ({"open_visits": (OPEN,)}, "WF2 (APPROVED) completed or cancelled"),
    "VR-061": ({"done_visits": done(2, 9, 20)}, "From 2026-12-02 on: 9 days more"),
    "VR-062": ({"mergeable": (OPEN,)}, "One request together with 1 other(s): WF2"),
    "VR-063": ({"request": a_request(goal=" ")}, "goal filled in"),
    "VR-064": ({"request": a_request(approver="user/collector")}, "An approver other than user/collector"),
    "VR-070": ({"slot": a_slot(at(24, 20, 50), at(24, 21, 5))}, "leave 5 min earlier (08:00–21:00)"),
    "VR-071": ({"day": a_day("元旦", date(2027, 1, 1))}, "A day other than 2027-01-01 (元旦), or a supervisor's word"),
    "VR-072": (
        {"address": an_address(kind="WORK"), "slot": a_slot(at(24, 8, 50), at(24, 9, 10))},
        "arrive 10 min later (weekdays 1, 2, 3, 4, 5, 09:00–17:30; it is weekday 2)",
    ),
    "VR-080": ({"crew": a_crew(a_member())}, "1 more; they are 1"),
    "VR-081": (
        {"crew": a_crew(a_member(eligible=False, why_not="BADGE"), a_member("孙轩"))},
        "袁轩 put right: BADGE; or somebody else in their place",
    ),
    "VR-082": ({"crew": a_crew(registered=False)}, "Recorder DV0001 registered with the bank, or another that is"),
    "VR-083": (
        {"crew": a_crew(a_member(conflict="complaint 7"), a_member("孙轩"))},
        "A crew without 袁轩 (complaint 7)",
    ),
    "VR-084": ({"position": FAR}, "120 m nearer: 420 m, within 300 m"),
    "VR-085": (
        {"request": a_request(approved_at=at(6))},
        "An approval of 2026-11-08 or later for a visit on 2026-11-23: 2 days newer",
    ),
}


def english_in(*texts):
    """English words in Chinese texts; ids of rows, numbers and names of things are nobody's language."""
    own = re.compile(r"[a-z_]+[:/]\w+|CASE/\d|[A-Z]+\d+|B(?=角)")
    return re.findall(r"[A-Za-z_]{2,}|B", " ".join(own.sub("", text) for text in texts))


def finding_of(code, facts):
    asked = replace(POLICY, off={})
    stage = Stage.SUBMIT if Stage.SUBMIT in VISIT_RULES.row(code).stages else VISIT_RULES.row(code).stages[-1]
    decision = ask(VISIT_RULES, facts, asked, stage=stage, at=NOW)
    return next(each for each in decision.findings if each.code == code)


@pytest.mark.parametrize("code", [rule.code for rule in VISIT_RULES.rules])
def test_a_rule_that_does_not_hold_says_what_would_change_it_in_both_languages(code):
    changes, change_en = FAILING[code]
    found = finding_of(code, visit_facts(**changes))
    assert (found.outcome, found.change_en) == ("FAILED", change_en)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in found.change_zh)
    assert not english_in(found.message_zh, found.mend_zh, found.change_zh)
    assert {each for each in change_en if each.isdigit()} <= set(found.change_zh)


def test_a_rule_that_holds_needs_no_change():
    found = finding_of("VR-020", visit_facts())
    assert (found.change_zh, found.change_en) == ("", "")


def test_what_is_unknown_is_asked_again_once_it_is_on_record():
    found = finding_of("VR-021", visit_facts(cases=(a_case(balance_as_of=None),)))
    assert (found.change_zh, found.change_en) == (
        "登记数据截止日后重新判断",
        "Once as-of day is on record it is asked again",
    )


def test_money_paid_after_the_approval_asks_for_another_one():
    found = finding_of("VR-023", visit_facts(repayments=(a_repayment(at(23, 8, 45), 100_000),)))
    assert found.change_en == "An approval after it; this is of 2026-11-23 08:30"


def test_a_minor_by_the_register_is_one_until_the_status_is_lifted():
    found = finding_of("VR-043", visit_facts(special_statuses=(a_status("MINOR", "CLAIMED"),)))
    assert found.change_en == "The status lifted as disproved: MINOR CLAIMED status/MINOR"


def test_who_was_born_on_a_leap_day_is_of_age_on_the_first_of_march():
    assert "2026-03-01" not in finding_of("VR-043", visit_facts(born_on=date(2012, 2, 29))).change_en
    assert "2030-03-01" in finding_of("VR-043", visit_facts(born_on=date(2012, 2, 29))).change_en


def test_a_balance_at_the_minimum_lacks_a_cent_where_the_minimum_does_not_pass():
    policy = replace(POLICY, visit=replace(POLICY.visit, inclusive_pass=False))
    decision = ask(VISIT_RULES, visit_facts(cases=(a_case(balance_fen=500_000),)), policy, stage=Stage.SUBMIT, at=NOW)
    found = next(each for each in decision.findings if each.code == "VR-020")
    assert found.change_en == "Balance 5,000.00 below 5,000.00: 0.01 more"
