from dataclasses import fields, replace
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.errors import FieldRefused
from letters.kinds import LetterKind
from letters.letter import MAX_CHARS, MAX_FIELD_CHARS, clean, full_numbers, printed_values
from letters.samples import HOSTILE_NUMBERS, sample_letters

LETTER = sample_letters(LetterKind.PAYMENT_NOTICE)["ordinary"]


@given(st.text())
def test_cleaned_text_has_no_character_that_hides_or_turns(text):
    import unicodedata

    kept = clean(text)
    assert all(unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co"} for char in kept)
    assert clean(kept) == kept
    assert "  " not in kept


@pytest.mark.parametrize("char", ["\u202e", "\u2066", "\u200b", "\ufeff", "\x00", "\x1b", "\U000e0041"])
def test_bidi_control_and_zero_width_characters_are_taken_out_of_data(char):
    assert replace(LETTER, recipient_name=f"张{char}三").recipient_name == "张三"


def test_line_breaks_in_data_become_spaces():
    assert replace(LETTER, recipient_address="示范路\r\n12号\t3室").recipient_address == "示范路 12号 3室"


@pytest.mark.parametrize("name", [field.name for field in fields(LETTER) if field.default is not None])
def test_a_missing_required_value_is_refused_by_its_name(name):
    with pytest.raises(FieldRefused, match=name):
        replace(LETTER, **{name: None})


@pytest.mark.parametrize("name", ["recipient_name", "bank_name", "product"])
@pytest.mark.parametrize("empty", ["", " ", "\u200b", "\u3000"])
def test_text_that_prints_as_nothing_is_refused(name, empty):
    with pytest.raises(FieldRefused, match=f"{name} is empty"):
        replace(LETTER, **{name: empty})


@pytest.mark.parametrize(("name", "most"), [("product", MAX_FIELD_CHARS), *MAX_CHARS.items()])
def test_text_is_taken_up_to_what_its_place_holds(name, most):
    assert replace(LETTER, **{name: "字" * most})
    with pytest.raises(FieldRefused, match=f"at most {most}"):
        replace(LETTER, **{name: "字" * (most + 1)})


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"letter_no": "2026-1"}, "letter_no"),
        ({"serial": "fo 1"}, "serial"),
        ({"serial": "X" * 25}, "serial"),
        ({"card_last4": "62220"}, "card_last4"),
        ({"card_last4": "１２３４"}, "card_last4"),
        ({"postcode": "10008"}, "postcode"),
        ({"balance_fen": 73875.81}, "balance_fen"),
        ({"balance_fen": -1}, "balance_fen"),
        ({"min_due_fen": True}, "min_due_fen"),
        ({"overdue_days": -1}, "overdue_days"),
        ({"issued_on": datetime(2026, 11, 23)}, "issued_on"),  # noqa: DTZ001
        ({"balance_as_of": date(2026, 11, 24)}, "balance_as_of"),
        ({"pay_by": date(2026, 11, 22)}, "pay_by"),
    ],
)
def test_a_value_of_the_wrong_form_is_refused_by_name(changes, why):
    with pytest.raises(FieldRefused, match=why):
        replace(LETTER, **changes)


def test_the_days_may_be_equal_at_their_edges():
    assert replace(LETTER, balance_as_of=LETTER.issued_on, pay_by=LETTER.issued_on)


def test_parts_of_a_balance_agree_with_it_or_are_left_out():
    whole = replace(LETTER, balance_fen=100, principal_fen=60, interest_fen=30, fees_fen=10)
    assert printed_values(whole)["interest_and_fees"] == "0.40"
    assert printed_values(replace(LETTER, principal_fen=None))["interest_and_fees"] is None
    assert replace(LETTER, balance_fen=100, principal_fen=100)
    for parts in ({"principal_fen": 101}, {"principal_fen": 60, "interest_fen": 30, "fees_fen": 9}):
        with pytest.raises(FieldRefused, match="do not agree"):
            replace(LETTER, balance_fen=100, **parts)


def test_amounts_and_dates_print_as_a_letter_writes_them():
    values = printed_values(LETTER)
    assert values["balance"] == "73,875.81"
    assert values["balance_capitals"] == "人民币柒万叁仟捌佰柒拾伍元捌角壹分"
    assert values["pay_by"] == "2026年12月8日"
    assert values["law_firm"] is None


@pytest.mark.parametrize("number", HOSTILE_NUMBERS)
def test_full_card_and_identity_numbers_are_seen_plain_grouped_and_full_width(number):
    assert full_numbers(f"账户{number}。")


@pytest.mark.parametrize(
    "text",
    ["电话010-5555 0100", "13800001111 13900002222", "尾号9212", "1,234,567.89元", "2026年11月23日", "1234567890123"],
)
def test_phones_dates_and_amounts_are_not_taken_for_card_numbers(text):
    assert not full_numbers(text)


def test_thirteen_digits_pass_and_fourteen_do_not():
    assert not full_numbers("1" * 13)
    assert full_numbers("1" * 14)
    assert full_numbers("1" * 40)


def test_a_number_the_letter_carries_by_right_is_not_counted():
    assert not full_numbers("流水号20261123000000012", own=("20261123000000012",))
