"""What a registered letter costs, at the edges of the tariff."""

import pytest

from letters.postage import registered_postage_fen, weight_g


@pytest.mark.parametrize(
    ("grams", "fen"), [(1, 420), (20, 420), (21, 540), (100, 900), (101, 1100), (200, 1100), (201, 1300), (2000, 4700)]
)
def test_postage_grows_by_steps_of_weight(grams, fen):
    assert registered_postage_fen(grams) == fen


@pytest.mark.parametrize("grams", [0, -1, 2001])
def test_what_no_letter_weighs_has_no_postage(grams):
    with pytest.raises(ValueError, match="no letter"):
        registered_postage_fen(grams)


def test_three_sheets_pass_the_first_step():
    assert [weight_g(sheets) for sheets in (1, 2, 3)] == [11, 16, 21]
