from datetime import date

import pytest

from fieldops.visits.address_choice import best_address, rejected_by, usable_before
from fieldops.visits.facts import InvalidFact
from tests.visits.fact_makers import NOW, POLICY, RECORDED, a_code, an_address

HOME = an_address(ref="address/home")
HUKOU = an_address(ref="address/hukou", kind="HUKOU")
WORK = an_address(ref="address/work", kind="WORK")
VAGUE = (a_code("VAGUE_CAMPUS", "BLOCK"),)
DEAD = InvalidFact(ref="event/1", recorded_at=RECORDED, reason="MOVED", on=date(2026, 11, 1), evidence="result/1")


def test_the_best_address_is_the_first_that_its_own_rules_do_not_reject():
    home = an_address(ref="address/home", label="VAGUE", codes=VAGUE)
    hukou = an_address(ref="address/hukou", kind="HUKOU", register_state="INVALID", invalid=DEAD)
    assert best_address((WORK, home, hukou), POLICY, at=NOW) == WORK
    assert [rejected_by(each, POLICY, at=NOW) for each in (home, hukou, WORK)] == [("VR-031",), ("VR-030",), ()]


def test_an_address_that_only_needs_a_look_stays_the_best():
    unsure = an_address(
        ref="address/home", label="INCOMPLETE", codes=(a_code("INC_ROAD_ONLY", "REVIEW"),), precision="CITY"
    )
    assert best_address((WORK, unsure), POLICY, at=NOW) == unsure


def test_where_all_are_rejected_the_first_is_named():
    home = an_address(ref="address/home", label="VAGUE", codes=VAGUE)
    work = an_address(ref="address/work", kind="WORK", source=None)
    assert best_address((work, home), POLICY, at=NOW) == home


def test_a_debtor_without_any_address_has_no_best_one():
    assert best_address((), POLICY, at=NOW) is None


def test_what_comes_before_is_only_what_could_be_visited():
    vague = an_address(ref="address/home", label="VAGUE", codes=VAGUE)
    assert usable_before(WORK, (vague, HUKOU, WORK), POLICY, at=NOW) == (HUKOU,)
    assert usable_before(HOME, (HOME, WORK), POLICY, at=NOW) == ()


@pytest.mark.parametrize(
    ("changes", "codes"),
    [({}, []), ({"precision": "NONE"}, []), ({"source": None}, ["VR-034"]), ({"belongs_to": "THIRD"}, ["VR-035"])],
)
def test_an_address_is_judged_by_its_own_rules_alone(changes, codes):
    assert list(rejected_by(an_address(**changes), POLICY, at=NOW)) == codes
