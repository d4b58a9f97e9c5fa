"""The request, its neighbours in time, the hour, the crew and the check-in."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from fieldops.policies.catalogue import Stage
from fieldops.visits.facts import DoneVisitFact, OpenVisitFact, PositionFact
from tests.visits.fact_makers import (
    NOW,
    PASSED,
    POLICY,
    RECORDED,
    REJECTED,
    REVIEWED,
    UNKNOWN,
    UNKNOWN_UNSAID,
    WARNED,
    a_crew,
    a_day,
    a_member,
    a_request,
    a_slot,
    an_address,
    at,
    decide,
    visit_facts,
    weigh,
)


def an_open_visit(no="V1"):
    return OpenVisitFact(ref=f"visit/{no}", recorded_at=RECORDED, no=no, status="APPROVED", case_refs=("case/1",))


def done(on):
    return DoneVisitFact(ref=f"visit/{on}", recorded_at=RECORDED, on=on)


def test_an_address_has_one_open_visit_at_a_time():
    assert weigh("VR-060", visit_facts(open_visits=(an_open_visit(),))) == REJECTED
    assert weigh("VR-060", visit_facts()) == PASSED


@pytest.mark.parametrize(
    ("days_ago", "found"), [((), PASSED), ((6,), REVIEWED), ((7,), PASSED), ((8,), PASSED), ((0,), REVIEWED)]
)
def test_a_debtor_is_left_in_peace_for_a_week(days_ago, found):
    today = date(2026, 11, 23)
    facts = visit_facts(done_visits=tuple(done(today - timedelta(days=each)) for each in days_ago))
    assert weigh("VR-061", facts) == found


@pytest.mark.parametrize(("oldest", "found"), [(30, PASSED), (29, REVIEWED), (28, REVIEWED)])
def test_a_fourth_visit_in_thirty_days_goes_to_a_person(oldest, found):
    today = date(2026, 11, 23)
    facts = visit_facts(done_visits=tuple(done(today - timedelta(days=each)) for each in (8, 16, oldest)))
    assert weigh("VR-061", facts) == found


def test_the_interval_is_counted_to_the_planned_day():
    facts = visit_facts(done_visits=(done(date(2026, 11, 17)),), request=a_request(planned_on=date(2026, 11, 24)))
    assert weigh("VR-061", facts) == PASSED


def test_a_visit_that_could_be_shared_is_pointed_out():
    facts = visit_facts(mergeable=(an_open_visit("V1"), an_open_visit("V2")))
    assert weigh("VR-062", facts) == WARNED
    assert [each.message_en for each in decide(facts).of_severity("WARN")] == ["Can be merged with V1, V2"]


@pytest.mark.parametrize("field", ["purpose", "reason", "goal"])
@pytest.mark.parametrize("empty", [None, "", " "])
def test_a_request_says_what_for_and_why(field, empty):
    assert weigh("VR-063", visit_facts(request=a_request(**{field: empty}))) == REJECTED


@pytest.mark.parametrize(
    ("approver", "found"), [("user/supervisor", PASSED), ("user/collector", REJECTED), (None, UNKNOWN)]
)
def test_nobody_approves_their_own(approver, found):
    assert weigh("VR-064", visit_facts(request=a_request(approver=approver)), stage=Stage.APPROVE) == found


@pytest.mark.parametrize(
    ("arrive_at", "leave_at", "found"),
    [
        (at(24, 8), at(24, 8, 20), PASSED),
        (at(24, 7, 59), at(24, 8, 20), REJECTED),
        (at(24, 20, 40), at(24, 21), PASSED),
        (at(24, 20, 41), at(24, 21, 1), REJECTED),
        (at(24, 21, 5), at(24, 21, 25), REJECTED),
        (at(24, 20), at(25, 9), REJECTED),
    ],
)
@pytest.mark.parametrize("stage", [Stage.PUBLISH, Stage.CHECK_IN])
def test_a_crew_comes_after_eight_and_is_gone_by_nine(arrive_at, leave_at, found, stage):
    assert weigh("VR-070", visit_facts(slot=a_slot(arrive_at, leave_at)), stage=stage) == found


def test_hours_are_read_on_a_clock_in_shanghai():
    from datetime import UTC

    slot = a_slot(at(24, 20, 40).astimezone(UTC), at(24, 21).astimezone(UTC))
    assert weigh("VR-070", visit_facts(slot=slot), stage=Stage.PUBLISH) == PASSED


def test_an_hour_nobody_knows_goes_to_a_person():
    assert weigh("VR-070", visit_facts(slot=None), stage=Stage.PUBLISH) == UNKNOWN
    assert decide(visit_facts(slot=None)).verdict == "PASS"


def test_a_bank_may_want_shorter_hours():
    window = replace(POLICY.visit.hard_window, closes=at(24, 20).time())
    policy = replace(POLICY, visit=replace(POLICY.visit, hard_window=window, plan_window=window))
    facts = visit_facts(slot=a_slot(at(24, 20), at(24, 20, 20)))
    assert weigh("VR-070", facts, policy, stage=Stage.PUBLISH) == REJECTED
    assert weigh("VR-070", facts, stage=Stage.PUBLISH) == PASSED


@pytest.mark.parametrize(("holiday", "found"), [("", PASSED), ("国庆节", REVIEWED), (None, UNKNOWN)])
def test_holidays_go_to_a_person(holiday, found):
    for stage in (Stage.BATCH, Stage.PUBLISH, Stage.CHECK_IN):
        assert weigh("VR-071", visit_facts(day=a_day(holiday)), stage=stage) == found
    off = replace(POLICY, off={"VR-071": "no calendar is kept here"})
    assert weigh("VR-071", visit_facts(day=a_day(holiday)), off, stage=Stage.PUBLISH) == ("OFF", "PASS")


@pytest.mark.parametrize(
    ("kind", "arrive_at", "leave_at", "found"),
    [
        ("WORK", at(24, 9), at(24, 17, 30), PASSED),
        ("WORK", at(24, 8, 59), at(24, 10), WARNED),
        ("WORK", at(24, 17), at(24, 17, 31), WARNED),
        ("WORK", at(28, 10), at(28, 11), WARNED),
        ("HOME", at(28, 20), at(28, 20, 30), PASSED),
    ],
)
def test_workplaces_are_visited_in_office_hours(kind, arrive_at, leave_at, found):
    facts = visit_facts(address=an_address(kind=kind), slot=a_slot(arrive_at, leave_at))
    assert weigh("VR-072", facts, stage=Stage.PUBLISH) == found


def test_office_hours_of_an_unknown_hour_are_not_warned_about():
    facts = visit_facts(address=an_address(kind="WORK"), slot=None)
    assert weigh("VR-072", facts, stage=Stage.PUBLISH) == UNKNOWN_UNSAID


@pytest.mark.parametrize(("members", "found"), [(1, REJECTED), (2, PASSED), (3, PASSED), (4, REJECTED)])
def test_two_or_three_people_go(members, found):
    crew = a_crew(*(a_member(f"A{i}") for i in range(members)))
    assert weigh("VR-080", visit_facts(crew=crew), stage=Stage.PUBLISH) == found


@pytest.mark.parametrize("code", ["VR-080", "VR-081", "VR-082"])
def test_an_unknown_crew_goes_to_a_person(code):
    assert weigh(code, visit_facts(crew=None), stage=Stage.PUBLISH) == UNKNOWN


@pytest.mark.parametrize(("eligible", "found"), [(True, PASSED), (False, REJECTED), (None, UNKNOWN)])
def test_every_member_must_be_eligible(eligible, found):
    crew = a_crew(a_member(), a_member("孙轩", eligible=eligible, why_not="培训过期"))
    assert weigh("VR-081", visit_facts(crew=crew), stage=Stage.PUBLISH) == found


def test_one_barred_member_outweighs_an_unknown_one():
    crew = a_crew(a_member(eligible=None), a_member("孙轩", eligible=False, why_not="培训过期"))
    found = decide(visit_facts(crew=crew), stage=Stage.PUBLISH).of_severity("REJECT")[0]
    assert found.message_zh == "孙轩不具备外访资格（培训过期）"


@pytest.mark.parametrize(
    ("recorder", "registered", "found"),
    [
        ("DV1", True, PASSED),
        ("DV1", False, REJECTED),
        ("DV1", None, UNKNOWN),
        (None, None, REJECTED),
        ("", True, REJECTED),
    ],
)
@pytest.mark.parametrize("stage", [Stage.PUBLISH, Stage.CHECK_IN])
def test_a_crew_carries_a_registered_recorder(recorder, registered, found, stage):
    facts = visit_facts(crew=a_crew(recorder=recorder, registered=registered))
    assert weigh("VR-082", facts, stage=stage) == found


def test_a_member_in_conflict_with_the_debtor_stays_away_once_the_policy_asks():
    asking = replace(POLICY, off={})
    torn = visit_facts(crew=a_crew(a_member(), a_member("孙轩", conflict="complaint/3")))
    assert weigh("VR-083", torn, asking, stage=Stage.PUBLISH) == REJECTED
    assert weigh("VR-083", visit_facts(), asking, stage=Stage.PUBLISH) == PASSED
    assert weigh("VR-083", visit_facts(crew=None), asking, stage=Stage.PUBLISH) == UNKNOWN


@pytest.mark.parametrize(
    ("distance_m", "accuracy_m", "precision_m", "found"),
    [
        (250, 10, 50, PASSED),
        (300, 10, 50, PASSED),
        (301, 10, 50, WARNED),
        (500, 10, 50, WARNED),
        (1000, 10, 50, WARNED),
        (1001, 10, 50, REVIEWED),
        (1500, 10, 50, REVIEWED),
        (450, 150, 50, PASSED),
        (451, 150, 50, WARNED),
        (1400, 10, 1500, PASSED),
        (1501, 10, 1500, REVIEWED),
    ],
)
def test_the_fence_is_as_wide_as_phone_and_point_can_tell(distance_m, accuracy_m, precision_m, found):
    position = PositionFact(
        ref="checkin/1", recorded_at=RECORDED, distance_m=distance_m, accuracy_m=accuracy_m, precision_m=precision_m
    )
    assert weigh("VR-084", visit_facts(position=position), stage=Stage.CHECK_IN) == found


def test_a_check_in_without_position_goes_to_a_person():
    assert weigh("VR-084", visit_facts(), stage=Stage.CHECK_IN) == UNKNOWN


@pytest.mark.parametrize(
    ("approved_at", "found"),
    [(at(8, 23), PASSED), (at(8, 0), PASSED), (at(7, 23, 59), REJECTED), (None, UNKNOWN)],
)
@pytest.mark.parametrize("stage", [Stage.BATCH, Stage.PUBLISH, Stage.CHECK_IN])
def test_an_approval_stands_for_fifteen_days(approved_at, found, stage):
    assert weigh("VR-085", visit_facts(request=a_request(approved_at=approved_at)), stage=stage) == found


def test_an_approval_must_still_stand_on_the_planned_day():
    request = a_request(approved_at=at(9), planned_on=date(2026, 11, 24))
    assert weigh("VR-085", visit_facts(request=request), stage=Stage.PUBLISH) == PASSED
    late = replace(request, planned_on=date(2026, 11, 25))
    assert weigh("VR-085", visit_facts(request=late), stage=Stage.PUBLISH) == REJECTED


def test_what_belongs_to_a_later_stage_is_not_asked_when_submitting():
    asked = {each.code for each in decide(visit_facts(), now=NOW).findings}
    assert asked.isdisjoint({"VR-064", "VR-070", "VR-071", "VR-072", "VR-080", "VR-081", "VR-082", "VR-084", "VR-085"})
