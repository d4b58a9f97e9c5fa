"""Personal numbers are found however they are typed; dates, times and amounts are left alone."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.demo.sample import card_number, identity_number
from fieldops.personal import has_personal_number

SPACERS = ["", " ", "-", "  ", "·", ".", "_", "，", "/", " - ", "\u200b", "\u3000", "\n", "、"]
FULL_WIDTH = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
CHINESE = str.maketrans("0123456789", "〇一二三四五六七八九")

identities = st.builds(
    lambda area, day, number: identity_number(
        f"{area}19{70 + day % 30:02d}{day % 12 + 1:02d}{day % 28 + 1:02d}{number:03d}"
    ),
    st.sampled_from(["110105", "310101", "440304", "650102"]),
    st.integers(0, 9999),
    st.integers(0, 999),
)
cards = st.builds(
    lambda head, body: card_number(f"{head}{body:012d}"),
    st.sampled_from(["622202", "436742", "521899", "955880"]),
    st.integers(0, 10**12 - 1),
)
numbers = identities | cards


@given(numbers, st.sampled_from(SPACERS), st.integers(1, 6))
def test_a_number_is_found_however_it_is_spaced(number, spacer, every):
    pieces = [number[i : i + every] for i in range(0, len(number), every)]
    assert has_personal_number(f"客户出示 {spacer.join(pieces)} 并核对")


@given(numbers, st.sampled_from([FULL_WIDTH, CHINESE, str.maketrans({})]))
def test_a_number_in_digits_of_another_script_is_found(number, script):
    assert has_personal_number(f"号码{number.translate(script)}已核对")


@given(numbers, st.data())
def test_a_number_with_mixed_gaps_is_found(number, data):
    gaps = data.draw(st.lists(st.sampled_from(["", "", "", " ", "-", "·"]), min_size=len(number), max_size=len(number)))
    assert has_personal_number("".join(digit + gap for digit, gap in zip(number, gaps, strict=True)))


@given(numbers)
def test_a_number_beside_other_digits_is_found(number):
    assert has_personal_number(f"电话 13800000000 {number} 24日")


def test_a_lower_case_check_letter_counts():
    assert has_personal_number("11010519491231002x")
    assert has_personal_number("110105 19491231 002x")


def test_the_fifteen_digit_form_is_found():
    assert has_personal_number("旧证 110105 491231 002")
    assert has_personal_number("110105491231002")


def test_sixteen_digits_in_one_piece_are_refused_even_with_a_wrong_check_digit():
    assert has_personal_number("6222020000000001")


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24 09:30 到达，2026-11-24 09:52 离开",
        "2026-11-24 2026-11-25 两次上门",
        "09:30-11:30，13:00-15:00 再访",
        "承诺 2026年11月30日 还款 5,000.00 元，余额 12,345.67 元",
        "电话 138 0000 0000 与 010-62345678",
        "12号楼3单元1502室，邻居1503室、1504室",
        "挂号 XA12345678901",
        "未见异常",
        "",
    ],
)
def test_dates_times_amounts_and_doors_are_left_alone(text):
    assert not has_personal_number(text)


@given(st.dates(), st.times(), st.times())
def test_a_date_with_two_times_is_left_alone(day, arrived, left):
    assert not has_personal_number(f"{day:%Y-%m-%d} {arrived:%H:%M}至{left:%H:%M}")


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_two_dates_beside_each_other_are_left_alone(first, second):
    assert not has_personal_number(f"{first:%Y-%m-%d} {second:%Y-%m-%d}")


@given(st.text(max_size=60))
def test_any_text_gets_an_answer(text):
    assert has_personal_number(text) in {True, False}
