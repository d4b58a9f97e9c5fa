"""Which address comes first, and why each other one was skipped."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.addresses.order import choose, in_order, why_skipped

EARLIER, LATER = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)
KINDS = ("HOME", "HUKOU", "WORK")


@dataclass(frozen=True)
class An:
    """An address as the order sees it; `rejected` are the codes of its own rules."""

    ref: str
    kind: str = "HOME"
    bank_provided: bool = False
    phone_confirmed_at: datetime | None = None
    precision: str | None = None
    rejected: tuple[str, ...] = ()


def chosen(*addresses, kinds=KINDS):
    return choose(addresses, kinds, lambda each: each.rejected)


def why(*addresses):
    best = chosen(*addresses)
    return {each.ref: why_skipped(each, best, KINDS, each.rejected)[1] for each in addresses if each is not best}


@pytest.mark.parametrize(
    ("first", "other", "reason"),
    [
        (An("h"), An("u", "HUKOU"), "The HOME address comes first"),
        (An("u", "HUKOU"), An("a", "WORK"), "The HUKOU address comes first"),
        (An("w", "WORK"), An("a", "BILLING"), "The WORK address comes first"),
        (An("w", "WORK", phone_confirmed_at=EARLIER), An("h"), "Another address was confirmed in a call"),
        (An("b", bank_provided=True), An("a"), "The bank's own address comes first"),
        (An("n", phone_confirmed_at=LATER), An("a", phone_confirmed_at=EARLIER),
         "Another address was confirmed more recently"),
        (An("f", precision="ROOFTOP"), An("a", precision="DISTRICT"), "Another address has the better point"),
        (An("f", precision="CITY"), An("a"), "Another address has the better point"),
        (An("a"), An("b"), "Equal; the one recorded first is used"),
        (An("w", "WORK"), An("h", rejected=("VR-030", "VR-031")), "Its own rules reject it: VR-030、VR-031"),
        (An("h", rejected=("VR-031",)), An("w", "WORK", rejected=("VR-030",)), "Its own rules reject it: VR-030"),
    ],
)  # fmt: skip
def test_the_first_in_order_that_is_not_rejected_is_chosen_and_the_other_hears_why(first, other, reason):
    assert chosen(other, first) == chosen(first, other) == first
    assert why(first, other) == {other.ref: reason}


def test_nothing_to_choose_from_is_no_address():
    assert chosen() is None


def test_the_order_of_kinds_may_be_another():
    assert chosen(An("h"), An("w", "WORK"), kinds=("WORK", "HOME")).ref == "w"


addresses = st.lists(
    st.builds(
        An,
        ref=st.uuids().map(str),
        kind=st.sampled_from(["HOME", "HUKOU", "WORK", "OTHER"]),
        bank_provided=st.booleans(),
        phone_confirmed_at=st.sampled_from([None, EARLIER, LATER]),
        precision=st.sampled_from(["ROOFTOP", "DISTRICT", None]),
        rejected=st.sampled_from([(), ("VR-031",)]),
    ),
    max_size=6,
    unique_by=lambda each: each.ref,
)


@given(addresses, st.randoms())
def test_the_order_does_not_depend_on_the_order_given(given_addresses, random):
    shuffled = random.sample(given_addresses, len(given_addresses))
    assert in_order(shuffled, KINDS) == in_order(given_addresses, KINDS)


@given(addresses)
def test_a_rejected_address_is_never_chosen_over_a_usable_one(given_addresses):
    best = chosen(*given_addresses)
    assert not given_addresses or best is not None
    assert all(each.rejected for each in given_addresses) or not best.rejected


@given(addresses)
def test_every_other_address_hears_why_in_two_languages(given_addresses):
    best = chosen(*given_addresses)
    for each in given_addresses:
        if each is not best:
            assert all(why_skipped(each, best, KINDS, each.rejected))
