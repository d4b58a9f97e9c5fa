"""Which address comes first, and why each other one was skipped."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.addresses.order import Candidate, choose_address

EARLIER, LATER = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)


def chosen(*candidates):
    return choose_address(candidates).chosen.ref


def why(*candidates):
    return {skipped.ref: skipped.reason_en for skipped in choose_address(candidates).skipped}


def test_home_comes_before_hukou_and_work():
    assert chosen(Candidate("w", "WORK"), Candidate("u", "HUKOU"), Candidate("h", "HOME")) == "h"
    assert chosen(Candidate("w", "WORK"), Candidate("u", "HUKOU")) == "u"


def test_an_address_confirmed_in_a_call_comes_first_whatever_its_kind():
    work = Candidate("w", "WORK", phone_confirmed_at=EARLIER)
    assert chosen(Candidate("h", "HOME"), work) == "w"
    assert why(Candidate("h", "HOME"), work) == {"h": "Another address was confirmed in a call"}


def test_within_a_kind_the_banks_own_comes_first():
    ours, banks = Candidate("o", "HOME"), Candidate("b", "HOME", bank_provided=True)
    assert chosen(ours, banks) == "b"
    assert why(ours, banks) == {"o": "The bank's own address comes first"}


def test_then_the_newest_confirmed():
    old, new = (Candidate(r, "HOME", phone_confirmed_at=at) for r, at in (("o", EARLIER), ("n", LATER)))
    assert chosen(old, new) == "n"
    assert why(old, new) == {"o": "Another address was confirmed more recently"}


def test_then_the_better_point():
    coarse, fine = Candidate("c", "HOME", precision="DISTRICT"), Candidate("f", "HOME", precision="ROOFTOP")
    assert chosen(coarse, fine) == "f"
    assert why(coarse, fine) == {"c": "Another address has the better point"}


def test_equals_keep_the_order_they_came_in():
    assert chosen(Candidate("a", "HOME"), Candidate("b", "HOME")) == "a"
    assert why(Candidate("a", "HOME"), Candidate("b", "HOME")) == {"b": "Equal; the one recorded first is used"}


def test_a_rejected_address_gives_way_with_its_codes():
    home = Candidate("h", "HOME", rejected_by=("VR-030", "VR-031"))
    assert chosen(home, Candidate("w", "WORK")) == "w"
    assert why(home, Candidate("w", "WORK")) == {"h": "Its own rules reject it: VR-030、VR-031"}


def test_if_all_are_rejected_the_first_is_chosen():
    assert chosen(Candidate("w", "WORK", rejected_by=("x",)), Candidate("h", "HOME", rejected_by=("y",))) == "h"


def test_a_bare_company_name_makes_no_address():
    company = Candidate("c", "WORK", bare_company=True)
    assert choose_address([company]).chosen is None
    assert why(company, Candidate("h", "HOME")) == {"c": "A bare company name makes no address"}


def test_nothing_to_choose_from_is_no_address():
    assert choose_address([]).chosen is None


def test_a_kind_outside_the_order_comes_last():
    assert chosen(Candidate("x", "OTHER"), Candidate("w", "WORK")) == "w"


def test_the_order_of_kinds_may_be_another():
    assert choose_address([Candidate("h", "HOME"), Candidate("w", "WORK")], kinds=("WORK", "HOME")).chosen.ref == "w"


def test_an_unknown_precision_is_refused():
    with pytest.raises(ValueError, match="ROOFTOP"):
        Candidate("a", "HOME", precision="SHARP")


candidates = st.lists(
    st.builds(
        Candidate,
        ref=st.uuids().map(str),
        kind=st.sampled_from(["HOME", "HUKOU", "WORK", "OTHER"]),
        bank_provided=st.booleans(),
        phone_confirmed_at=st.sampled_from([None, EARLIER, LATER]),
        precision=st.sampled_from(["ROOFTOP", "DISTRICT", "NONE"]),
        rejected_by=st.sampled_from([(), ("VR-031",)]),
        bare_company=st.booleans(),
    ),
    max_size=6,
)


@given(candidates)
def test_every_address_is_chosen_or_skipped_with_a_reason(given_candidates):
    choice = choose_address(given_candidates)
    told = [skipped.ref for skipped in choice.skipped] + ([choice.chosen.ref] if choice.chosen else [])
    assert sorted(told) == sorted(c.ref for c in given_candidates)
    assert all(skipped.reason_zh and skipped.reason_en for skipped in choice.skipped)


@given(candidates)
def test_a_rejected_address_is_never_chosen_over_a_usable_one(given_candidates):
    choice = choose_address(given_candidates)
    usable = [c for c in given_candidates if not c.rejected_by and not c.bare_company]
    assert not usable or choice.chosen in usable
