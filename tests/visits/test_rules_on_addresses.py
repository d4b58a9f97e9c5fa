"""Address rules: alive, permitted, complete, located, in order."""

from dataclasses import replace
from datetime import date

import pytest

from fieldops.policies.records import RecordError
from fieldops.visits.facts import InvalidFact
from tests.visits.fact_makers import (
    PASSED,
    POLICY,
    RECORDED,
    REJECTED,
    REVIEWED,
    UNKNOWN,
    WARNED,
    a_code,
    a_request,
    an_address,
    at,
    decide,
    policy_with,
    visit_facts,
    weigh,
)


def at_address(**changes):
    return visit_facts(address=an_address(**changes))


def dead(reason="DEMOLISHED"):
    return InvalidFact(ref="event/9", recorded_at=RECORDED, reason=reason, on=date(2026, 11, 1), evidence="result/7")


def test_an_address_proved_dead_is_refused_with_the_visit_that_proved_it():
    facts = at_address(register_state="INVALID", invalid=dead())
    assert weigh("VR-030", facts) == REJECTED
    found = decide(facts).of_severity("REJECT")[0]
    assert found.message_en == "Address confirmed invalid (DEMOLISHED, 2026-11-01, see result/7)"
    assert found.used[1].ref == "event/9"


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"register_state": "UNVERIFIED"}, PASSED),
        ({"register_state": "VALID"}, PASSED),
        ({"register_state": "DOUBTFUL"}, PASSED),
        ({"register_state": "INVALID"}, REJECTED),
        ({"codes": (a_code("KNOWN_INVALID", "BLOCK"),)}, REJECTED),
    ],
)
def test_the_register_decides_whether_an_address_is_alive(changes, found):
    assert weigh("VR-030", at_address(**changes)) == found


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("VR-031", "VAGUE_CAMPUS"),
        ("VR-031", "VAGUE_TALENT_CENTRE"),
        ("VR-031", "VAGUE_PARK"),
        ("VR-032", "EMPTY"),
        ("VR-032", "REGION_AMBIGUOUS"),
        ("VR-032", "INC_ROAD_ROOM"),
        ("VR-032", "VILLAGE_ONLY"),
        ("VR-032", "PO_BOX"),
        ("VR-032", "A_CODE_OF_A_LATER_EDITION"),
        ("VR-033", "SENS_COURT"),
    ],
)
@pytest.mark.parametrize(
    ("grade", "found"), [("PASS", PASSED), ("WARN", PASSED), ("REVIEW", REVIEWED), ("BLOCK", REJECTED)]
)
def test_a_code_raises_its_rule_as_heavily_as_it_is_graded(rule, code, grade, found):
    facts = at_address(label="REVIEW", codes=(a_code(code, grade),))
    assert weigh(rule, facts) == found
    others = {"VR-031", "VR-032", "VR-033"} - {rule}
    assert {weigh(other, facts) for other in others} == {PASSED}


def test_the_worst_of_several_codes_counts_and_is_the_one_named():
    codes = (a_code("INC_ROAD_ONLY", "REVIEW", detail="门牌号"), a_code("FOREIGN", "BLOCK", detail="境外"))
    found = decide(at_address(label="OUT_OF_SCOPE", codes=codes)).of_severity("REJECT")[0]
    assert (found.code, found.message_zh) == ("VR-032", "地址不完整，缺少境外")


def test_the_grade_for_letters_does_not_touch_visits():
    assert decide(at_address(codes=(a_code("NO_HAO", "WARN", letter="BLOCK"),))).verdict == "PASS"


def test_an_address_nobody_judged_goes_to_a_person():
    facts = at_address(label=None)
    assert {weigh(code, facts) for code in ("VR-031", "VR-032", "VR-033")} == {UNKNOWN}
    assert decide(facts).verdict == "REVIEW"


def test_only_the_broad_address_rule_may_be_waived():
    decision = decide(at_address(label="VAGUE", codes=(a_code("VAGUE_CAMPUS", "BLOCK"),)))
    assert [each.code for each in decision.findings if each.waivable] == ["VR-031"]


def test_a_policy_may_reject_visits_to_one_kind_of_sensitive_place():
    policy = policy_with(sensitive_rejected=("SENS_COURT",))
    assert weigh("VR-033", at_address(codes=(a_code("SENS_COURT", "REVIEW"),)), policy) == REJECTED
    assert weigh("VR-033", at_address(codes=(a_code("SENS_MEDIA", "REVIEW"),)), policy) == REVIEWED
    assert weigh("VR-033", at_address(), policy) == PASSED


@pytest.mark.parametrize(
    ("source", "found"),
    [("RESERVED", PASSED), ("FIELD_FOUND", PASSED), ("UNKNOWN", REJECTED), ("BOUGHT", REJECTED), (None, REJECTED)],
)
def test_an_address_needs_a_lawful_source(source, found):
    assert weigh("VR-034", at_address(source=source)) == found


@pytest.mark.parametrize(
    ("owner", "found"), [("DEBTOR", PASSED), ("GUARANTOR", PASSED), ("THIRD", REJECTED), (None, UNKNOWN)]
)
def test_third_parties_are_not_visited(owner, found):
    assert weigh("VR-035", at_address(belongs_to=owner)) == found


@pytest.mark.parametrize(
    ("precision", "found"),
    [
        ("CONFIRMED", PASSED),
        ("ROOFTOP", PASSED),
        ("STREET", PASSED),
        ("POI", PASSED),
        ("VILLAGE", REVIEWED),
        ("TOWN", REVIEWED),
        ("DISTRICT", REVIEWED),
        ("CITY", REVIEWED),
        ("NONE", REVIEWED),
        (None, UNKNOWN),
    ],
)
def test_an_address_must_be_known_as_well_as_a_poi(precision, found):
    assert weigh("VR-036", at_address(precision=precision)) == found


@pytest.mark.parametrize("code", ["GEO_CITY_MISMATCH", "GEO_LOW_PRECISION", "GEO_DEFERRED"])
def test_a_doubtful_point_goes_to_a_person_and_raises_no_other_rule(code):
    facts = at_address(codes=(a_code(code, "REVIEW", letter="PASS"),))
    assert weigh("VR-036", facts) == REVIEWED
    assert weigh("VR-032", facts) == PASSED


def test_a_better_address_comes_first_unless_it_was_visited_or_this_one_was_confirmed_by_phone():
    home, work = an_address(ref="address/home"), {"ref": "address/work", "kind": "WORK"}
    waiting = visit_facts(address=an_address(**work), addresses_before=(home,))
    assert weigh("VR-037", waiting) == REVIEWED
    visited = visit_facts(address=an_address(**work), addresses_before=(an_address(visited_at=at(1)),))
    assert weigh("VR-037", visited) == PASSED
    confirmed = visit_facts(address=an_address(**work, phone_confirmed_at=at(20)), addresses_before=(home,))
    assert weigh("VR-037", confirmed) == PASSED
    assert weigh("VR-037", visit_facts()) == PASSED


@pytest.mark.parametrize(("kind", "found"), [("HOME", PASSED), ("HUKOU", PASSED), ("WORK", WARNED)])
def test_workplaces_ask_for_caution(kind, found):
    assert weigh("VR-038", at_address(kind=kind)) == found


@pytest.mark.parametrize(("crosses", "found"), [(False, PASSED), (True, REVIEWED), (None, UNKNOWN)])
def test_branches_are_asked_about_only_where_the_policy_knows_them(crosses, found):
    facts = visit_facts(request=a_request(crosses_branch=crosses))
    assert weigh("VR-039", facts) == ("OFF", "PASS")
    assert weigh("VR-039", facts, replace(POLICY, off={})) == found


def test_a_row_recorded_at_an_instant_without_offset_is_refused():
    with pytest.raises(RecordError, match="offset"):
        replace(an_address(), recorded_at=RECORDED.replace(tzinfo=None))


@pytest.mark.parametrize(
    "change",
    [{"kind": "SHED"}, {"label": "GOOD"}, {"register_state": "DEAD"}, {"belongs_to": "BANK"}, {"precision": "ROUGH"}],
)
def test_a_word_the_rules_do_not_know_is_refused(change):
    with pytest.raises(RecordError, match="must be one of"):
        an_address(**change)
    with pytest.raises(RecordError, match="must be one of"):
        a_code("EMPTY", "MAYBE")
