"""How urgent a visit is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.visits.priority import priority_of


@pytest.mark.parametrize(
    ("amount_fen", "days", "reason", "priority"),
    [
        (1_999_999, 15, "LOST", 1),
        (2_000_000, 15, "LOST", 2),
        (4_999_999, 15, "LOST", 2),
        (5_000_000, 15, "LOST", 3),
        (0, 14, "LOST", 2),
        (0, 8, "LOST", 2),
        (0, 7, "LOST", 3),
        (0, None, "BROKEN_PROMISE", 2),
        (9_000_000, 1, "BANK_REQUEST", 5),
    ],
)
def test_each_step_of_the_table_holds_at_its_edge(amount_fen, days, reason, priority):
    assert priority_of(amount_fen=amount_fen, days_to_expiry=days, reason=reason) == priority


@given(st.integers(0, 10**10), st.none() | st.integers(-100, 400), st.sampled_from(["LOST", "BANK_REQUEST", "OTHER"]))
def test_a_priority_is_one_to_five_and_more_money_never_lowers_it(amount_fen, days, reason):
    here = priority_of(amount_fen=amount_fen, days_to_expiry=days, reason=reason)
    assert 1 <= here <= 5
    assert priority_of(amount_fen=amount_fen + 1, days_to_expiry=days, reason=reason) >= here
