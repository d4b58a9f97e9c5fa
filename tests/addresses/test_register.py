"""The register of invalid addresses, in values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.addresses.register import register_state, reported_dead

EVENTS = st.lists(
    st.sampled_from(
        [
            ("VISIT_FOUND", "A03"),
            ("VISIT_FOUND", "A13"),
            ("MAIL_RETURNED", "M03"),
            ("MAIL_RETURNED", "M06"),
            ("CONFIRMED", "A01"),
            ("LIFTED", "x"),
        ]
    ),
    max_size=8,
)


@pytest.mark.parametrize(
    ("history", "state"),
    [
        ([], "UNVERIFIED"),
        ([("VISIT_FOUND", "A03")], "UNVERIFIED"),
        ([("VISIT_FOUND", "A03")] * 2, "DOUBTFUL"),
        ([("VISIT_FOUND", "A03"), ("CONFIRMED", "A01"), ("VISIT_FOUND", "A03")], "VALID"),
        ([("VISIT_FOUND", "A13")], "DOUBTFUL"),
        ([("VISIT_FOUND", "A09")], "DOUBTFUL"),
        ([("VISIT_FOUND", "A06")], "DOUBTFUL"),
        ([("VISIT_FOUND", "A07"), ("CONFIRMED", "A01")], "VALID"),
        ([("MAIL_RETURNED", "M03")], "DOUBTFUL"),
        ([("MAIL_RETURNED", "M06")], "UNVERIFIED"),
        ([("CONFIRMED", "A01")], "VALID"),
        ([("VISIT_FOUND", "A06"), ("LIFTED", "new plan")], "UNVERIFIED"),
    ],
)
def test_the_state_of_an_address_follows_from_what_was_learned(history, state):
    assert register_state(history, blocked=False) == state


@given(EVENTS)
def test_a_standing_block_is_the_last_word(history):
    assert register_state(history, blocked=True) == "INVALID"


@given(EVENTS)
def test_without_a_block_no_address_is_invalid(history):
    assert register_state(history, blocked=False) in {"UNVERIFIED", "VALID", "DOUBTFUL"}


@pytest.mark.parametrize(
    ("history", "blocked", "told"),
    [
        ([], False, None),
        ([("VISIT_FOUND", "A06")], False, "DEMOLISHED"),
        ([("VISIT_FOUND", "A07")], False, "NO_SUCH_DOOR"),
        ([("VISIT_FOUND", "A06")], True, None),
        ([("VISIT_FOUND", "A06"), ("CONFIRMED", "A01")], False, None),
        ([("VISIT_FOUND", "A06"), ("LIFTED", "new photo")], False, None),
        ([("VISIT_FOUND", "A05")], False, None),
    ],
)
def test_an_address_is_reported_dead_until_its_photo_proves_it_or_somebody_knows_better(history, blocked, told):
    assert reported_dead(history, blocked=blocked) == told
