import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.amounts import DIGITS, MAX_FEN, in_capitals, in_figures
from letters.errors import AmountRefused


def read_back(capitals: str) -> int:
    """Read 人民币大写 as a clerk would: digit by digit, each with its place."""
    text = capitals.removeprefix("人民币").removesuffix("整")
    fen = 0
    yuan_text, _, cents = text.rpartition("元")
    if cents:
        for digit, unit in re.findall(rf"([{DIGITS}])([角分])", cents):
            fen += DIGITS.index(digit) * (10 if unit == "角" else 1)
    total = 0
    for unit, scale in (("亿", 10**8), ("万", 10**4), ("", 1)):
        group, found, rest = yuan_text.partition(unit) if unit else (yuan_text, "x", "")
        if not found:
            continue
        yuan_text = rest
        value = 0
        for digit, place in re.findall(rf"([{DIGITS[1:]}])([拾佰仟]?)", group):
            value += DIGITS.index(digit) * {"": 1, "拾": 10, "佰": 100, "仟": 1000}[place]
        total += value * scale
    return total * 100 + fen


@given(st.integers(0, MAX_FEN))
def test_capitals_read_back_as_the_same_amount(fen):
    assert read_back(in_capitals(fen)) == fen


@given(st.integers(0, MAX_FEN))
def test_figures_read_back_as_the_same_amount(fen):
    assert int(in_figures(fen).replace(",", "").replace(".", "")) == fen


@given(st.integers(0, MAX_FEN))
def test_no_zero_is_doubled_or_stands_before_a_unit(fen):
    text = in_capitals(fen)
    assert "零零" not in text
    assert not re.search(r"零[拾佰仟万亿角分]", text)
    assert text == "人民币零元整" or "零元" not in text


@pytest.mark.parametrize(
    ("fen", "capitals"),
    [
        (0, "人民币零元整"),
        (1, "人民币壹分"),
        (10, "人民币壹角整"),
        (5, "人民币伍分"),
        (100, "人民币壹元整"),
        (101, "人民币壹元零壹分"),
        (110, "人民币壹元壹角整"),
        (1000, "人民币壹拾元整"),
        (1050, "人民币壹拾元零伍角整"),
        (140950, "人民币壹仟肆佰零玖元伍角整"),
        (600714, "人民币陆仟零柒元壹角肆分"),
        (168032, "人民币壹仟陆佰捌拾元零叁角贰分"),
        (10700053, "人民币壹拾万柒仟元零伍角叁分"),
        (32504, "人民币叁佰贰拾伍元零肆分"),
        (1640902, "人民币壹万陆仟肆佰零玖元零贰分"),
        (1_0000_0001_00, "人民币壹亿零壹元整"),
        (1_0001_0000_00, "人民币壹亿零壹万元整"),
        (20_0300_00, "人民币贰拾万零叁佰元整"),
        (10_0000_5000_00, "人民币壹拾亿零伍仟元整"),
        (7387581, "人民币柒万叁仟捌佰柒拾伍元捌角壹分"),
        (MAX_FEN, "人民币玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
    ],
)
def test_the_examples_of_the_rule_and_its_edges(fen, capitals):
    assert in_capitals(fen) == capitals


@pytest.mark.parametrize("bad", [-1, MAX_FEN + 1, 1.0, "100", True, None])
@pytest.mark.parametrize("write", [in_capitals, in_figures])
def test_what_is_not_a_possible_number_of_fen_is_refused(write, bad):
    with pytest.raises(AmountRefused, match=re.escape(repr(bad) if not isinstance(bad, int) else str(bad))):
        write(bad)
