"""The state table of visits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.visits import states

EVERY = sorted({*states.STEPS, *states.FINAL})


@pytest.mark.parametrize("state", states.FINAL)
def test_nothing_follows_a_final_state(state):
    assert not [other for other in EVERY if states.may_follow(state, other)]


@given(st.sampled_from(EVERY), st.sampled_from(EVERY))
def test_every_step_leads_to_a_known_state(state, following):
    if states.may_follow(state, following):
        assert following in EVERY
        assert state in states.OPEN


def test_a_visit_that_has_begun_is_completed_or_goes_back_to_its_batch():
    assert states.STEPS["IN_PROGRESS"] == {"COMPLETED", "BATCHED"}


@pytest.mark.parametrize("state", ["SUBMITTED", "PENDING_REVIEW", "RETURNED", *states.CLEARED])
def test_every_state_before_the_door_can_be_cancelled_and_suspended(state):
    assert {"CANCELLED", "SUSPENDED"} <= states.STEPS[state]
    assert states.may_follow("SUSPENDED", states.AFTER_HOLD[state])


def test_only_a_waiting_visit_can_be_approved_anew():
    leads = {state for state in states.OPEN if states.may_follow(state, "APPROVED")}
    assert leads == {"PENDING_REVIEW", "BATCHED", "SUSPENDED"}
