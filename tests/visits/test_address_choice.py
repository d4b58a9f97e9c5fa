from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.visits.address_choice import best_address, in_order, rejections, usable_before
from fieldops.visits.facts import InvalidFact
from tests.visits.fact_makers import NOW, POLICY, RECORDED, a_code, an_address, at

HOME = an_address(ref="address/home")
HUKOU = an_address(ref="address/hukou", kind="HUKOU")
WORK = an_address(ref="address/work", kind="WORK")
VAGUE = (a_code("VAGUE_CAMPUS", "BLOCK"),)
DEAD = InvalidFact(ref="event/1", recorded_at=RECORDED, reason="MOVED", on=date(2026, 11, 1), evidence="result/1")


def order_of(*addresses):
    return [each.ref.removeprefix("address/") for each in in_order(addresses, POLICY)]


def test_home_comes_before_hukou_before_work():
    assert order_of(WORK, HUKOU, HOME) == ["home", "hukou", "work"]


def test_kinds_nobody_ordered_come_last():
    assert order_of(an_address(ref="address/bill", kind="BILLING"), WORK) == ["work", "bill"]


def test_an_address_confirmed_by_phone_comes_first():
    confirmed = an_address(ref="address/confirmed", kind="WORK", phone_confirmed_at=at(20))
    assert order_of(HOME, confirmed) == ["confirmed", "home"]


def test_within_a_kind_the_banks_own_then_the_newest_confirmed_then_the_better_point():
    found = an_address(ref="address/found", bank_provided=False)
    rough = an_address(ref="address/a-rough", precision="DISTRICT")
    assert order_of(found, rough, HOME) == ["home", "a-rough", "found"]
    old = an_address(ref="address/a-old", phone_confirmed_at=at(1))
    new = an_address(ref="address/new", phone_confirmed_at=at(20))
    assert order_of(old, new) == ["new", "a-old"]


def test_the_best_address_is_the_first_that_its_own_rules_do_not_reject():
    home = an_address(ref="address/home", label="VAGUE", codes=VAGUE)
    hukou = an_address(ref="address/hukou", kind="HUKOU", register_state="INVALID", invalid=DEAD)
    choice = best_address((WORK, home, hukou), POLICY, at=NOW)
    assert choice.address == WORK
    assert [each.address.ref for each in choice.passed_over] == ["address/home", "address/hukou"]
    assert [each.code for passed in choice.passed_over for each in passed.because] == ["VR-031", "VR-030"]


def test_an_address_that_only_needs_a_look_stays_the_best():
    unsure = an_address(
        ref="address/home", label="INCOMPLETE", codes=(a_code("INC_ROAD_ONLY", "REVIEW"),), precision="CITY"
    )
    assert best_address((WORK, unsure), POLICY, at=NOW).address == unsure


def test_where_all_are_rejected_the_first_is_named_and_the_rest_say_why():
    home = an_address(ref="address/home", label="VAGUE", codes=VAGUE)
    work = an_address(ref="address/work", kind="WORK", source=None)
    choice = best_address((work, home), POLICY, at=NOW)
    assert choice.address == home
    assert [each.address.ref for each in choice.passed_over] == ["address/work"]


def test_a_debtor_without_any_address_has_no_best_one():
    assert best_address((), POLICY, at=NOW).address is None


def test_what_comes_before_is_only_what_could_be_visited():
    vague = an_address(ref="address/home", label="VAGUE", codes=VAGUE)
    assert usable_before(WORK, (vague, HUKOU, WORK), POLICY, at=NOW) == (HUKOU,)
    assert usable_before(HOME, (HOME, WORK), POLICY, at=NOW) == ()


@pytest.mark.parametrize(
    ("changes", "codes"),
    [({}, []), ({"precision": "NONE"}, []), ({"source": None}, ["VR-034"]), ({"belongs_to": "THIRD"}, ["VR-035"])],
)
def test_an_address_is_judged_by_its_own_rules_alone(changes, codes):
    assert [each.code for each in rejections(an_address(**changes), POLICY, at=NOW)] == codes


@given(st.permutations([HOME, HUKOU, WORK, an_address(ref="address/b", kind="WORK", bank_provided=False)]))
def test_the_order_does_not_depend_on_the_order_given(addresses):
    assert order_of(*addresses) == ["home", "hukou", "work", "b"]
