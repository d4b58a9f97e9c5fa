"""Every number of a policy has a floor and a ceiling, and what lies beyond is refused by its key with both."""

import math

import pytest

from fieldops.policies.edition import PolicyError
from fieldops.policies.floors import FLOORS, value_of
from fieldops.policies.ranges import OUT_OF_RANGE, RANGES, check_ranges
from fieldops.policies.reading import _flat, policy_from_plain, shipped_editions, stored_policy
from fieldops.policies.records import to_plain
from tests.policies.test_edition import POLICY, changed

IN_ONE = {"routing.service_s"}


def beyond(key, value):
    with pytest.raises(PolicyError) as refused:
        policy_from_plain(changed(*key.split("."), value))
    return refused.value


def test_no_number_of_the_schema_is_without_a_range():
    numbers = {
        next((one for one in IN_ONE if key.startswith(one)), key)
        for key, value in _flat(to_plain(POLICY)).items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    }
    assert numbers == set(RANGES)


@pytest.mark.parametrize("key", sorted(set(RANGES) - IN_ONE))
def test_a_number_beyond_its_range_is_refused_by_its_key_with_what_it_may_be(key):
    allowed = RANGES[key]
    over = beyond(key, type(value_of(POLICY, key))(allowed.most + 1))
    assert over.key in {key, "visit.crew_max", "visit.checkin_review_m"}
    assert over.mend
    if key not in {floor.key for floor in FLOORS} | {"visit.crew_min", "visit.checkin_warn_m"}:
        assert over.code == OUT_OF_RANGE
        assert f"{allowed.most:,}" in over.mend
    if allowed.least > 0:
        assert beyond(key, type(value_of(POLICY, key))(allowed.least - 1)).key == key


@pytest.mark.parametrize("seconds", [59, 14_401])
def test_every_time_at_a_door_has_its_range(seconds):
    assert beyond("routing.service_s.HOME", seconds).key == "routing.service_s.HOME"


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_number_that_is_none_is_refused(value):
    assert beyond("routing.speed_kmh", value).key == "routing.speed_kmh"


def test_an_override_keeps_to_the_ranges_and_the_refusal_names_its_bank():
    own = {"bank": "B", "reason": "合同", "change": {"case": {"cycle_months": 120_000}}}
    refused = beyond("overrides", [own])
    assert (refused.key, refused.code) == ("case.cycle_months", OUT_OF_RANGE)
    assert refused.mend == "must be from 0 to 60 months for B, not 120000"


def test_what_decided_once_can_be_asked_again_and_what_ships_keeps_to_the_ranges():
    stored_policy(changed("case", "cycle_months", 61))
    for policy in shipped_editions():
        check_ranges(policy)
