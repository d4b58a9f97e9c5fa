import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.errors import CheckDigitWrong, NumberMalformed, NumberOutOfRange, RangeExhausted, RangeRefused
from letters.number import (
    CHINA_POST,
    MAX_RANGE,
    S10_ANY,
    CarrierPattern,
    NumberRange,
    next_number,
    number_is_valid,
    read_number,
    s10_check_digit,
)

DOMESTIC = NumberRange(CHINA_POST, "XA00000000101", "XA00000000150")
serials = st.integers(0, 99_999_999)


def s10(serial: int) -> str:
    digits = f"{serial:08d}"
    return f"RR{digits}{s10_check_digit(digits)}CN"


@pytest.mark.parametrize("number", ["EE471108151FR", "RR473124829GB"])
def test_the_published_vectors_pass(number):
    assert read_number(number, S10_ANY) == number


@pytest.mark.parametrize(("digits", "check"), [("00000000", 5), ("00000008", 0), ("00000001", 4), ("47110815", 1)])
def test_the_rests_that_give_ten_and_eleven_become_nought_and_five(digits, check):
    assert s10_check_digit(digits) == check


def test_a_serial_of_another_length_has_no_check_digit():
    for bad in ("1234567", "123456789", "1234567X", "１２３４５６７８"):
        with pytest.raises(NumberMalformed, match="8-digit"):
            s10_check_digit(bad)


@given(serials)
def test_every_serial_passes_with_its_own_check_digit_only(serial):
    number = s10(serial)
    assert number_is_valid(number)
    for wrong in set("0123456789") - {number[10]}:
        assert not number_is_valid(f"{number[:10]}{wrong}CN")


@given(serials, st.integers(0, 7), st.integers(1, 9))
def test_a_single_wrong_digit_is_found_unless_the_check_digit_is_one_of_the_two_that_stand_for_two_rests(
    serial, place, more
):
    digits = f"{serial:08d}"
    changed = digits[:place] + str((int(digits[place]) + more) % 10) + digits[place + 1 :]
    if s10_check_digit(digits) not in (0, 5):
        assert s10_check_digit(changed) != s10_check_digit(digits)


def test_scanned_separators_and_small_letters_are_read_away():
    assert read_number(" *rr 4731-2482 9gb* ", S10_ANY) == "RR473124829GB"


@pytest.mark.parametrize(
    "bad", ["", "XA0000000010", "XA000000001011", "1A00000000101", "ＸＡ00000000101", "XA0000000010١"]
)
def test_what_does_not_have_the_carriers_form_is_refused_as_malformed(bad):
    with pytest.raises(NumberMalformed, match="中国邮政"):
        read_number(bad)


def test_a_wrong_check_digit_is_refused_and_the_right_one_is_named():
    with pytest.raises(CheckDigitWrong, match="is 8 where 47312482 asks 9"):
        read_number("RR473124828GB", S10_ANY)


def test_domestic_items_have_no_check_digit_to_fail():
    assert read_number("XA12345678901") == "XA12345678901"
    assert read_number("1234567890123") == "1234567890123"


def test_a_pattern_that_is_no_pattern_is_refused():
    with pytest.raises(RangeRefused, match="not a regular expression"):
        CarrierPattern("某快递", "([")
    with pytest.raises(RangeRefused, match="name"):
        CarrierPattern(" ")


@given(st.integers(0, 99_999_000), st.integers(1, 60))
def test_a_range_counts_through_every_number_once_and_knows_them(first, count):
    allotted = NumberRange(CHINA_POST, s10(first), s10(first + count - 1))
    numbers = list(allotted)
    assert len(numbers) == len(allotted) == len(set(numbers)) == count
    assert all(number in allotted and number_is_valid(number) for number in numbers)
    walked, last = [], None
    for _ in range(count):
        last = next_number(allotted, last)
        walked.append(last)
    assert walked == numbers
    with pytest.raises(RangeExhausted, match="used up"):
        next_number(allotted, last)


def test_the_edges_of_a_range_are_in_it_and_their_neighbours_are_not():
    assert "XA00000000101" in DOMESTIC
    assert "XA00000000150" in DOMESTIC
    for outside in ("XA00000000100", "XA00000000151", "XB00000000101", "0000000000101"):
        with pytest.raises(NumberOutOfRange, match="not in the allotted range"):
            DOMESTIC.serial_of(outside)
        assert outside not in DOMESTIC


@pytest.mark.parametrize(
    ("first", "last", "why"),
    [
        ("XA00000000150", "XA00000000101", "comes after"),
        ("XA00000000101", "XB00000000150", "one series"),
        ("XA00000000101", s10(7), "one series"),
        ("XA00000000000", f"XA{MAX_RANGE:011d}", "at most"),
    ],
)
def test_a_range_that_cannot_be_is_refused_by_name(first, last, why):
    with pytest.raises(RangeRefused, match=why):
        NumberRange(CHINA_POST, first, last)


@pytest.mark.parametrize(
    ("first", "last", "shared"),
    [
        ("XA00000000150", "XA00000000160", True),
        ("XA00000000151", "XA00000000160", False),
        ("XA00000000090", "XA00000000100", False),
        ("XA00000000120", "XA00000000130", True),
        ("XB00000000120", "XB00000000130", False),
    ],
)
def test_overlap_is_told_at_its_edges(first, last, shared):
    other = NumberRange(CHINA_POST, first, last)
    assert DOMESTIC.overlaps(other) is shared
    assert other.overlaps(DOMESTIC) is shared


def test_another_carriers_numbers_never_overlap_ours():
    other = NumberRange(CarrierPattern("某快递"), DOMESTIC.first, DOMESTIC.last)
    assert not DOMESTIC.overlaps(other)


def test_a_serial_outside_the_range_has_no_number():
    with pytest.raises(NumberOutOfRange, match="151"):
        DOMESTIC.number_at(151)
