"""One spelling: width, characters, numerals, separators, noise; and twice is once."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fieldops.addresses.normalise import LONGEST, normalise
from fieldops.addresses.numerals import numerals_to_digits, spell_out

PIECES = [
    "北京市",
    "朝阳区",
    "文三路",
    "398号",
    "五幢",
    "2单元",
    "301室",
    "－",
    "—",
    "(",
    "（",
    "）",
    "【",
    "】",
    "#",
    "*",
    "×",
    "第",
    "一",
    "二",
    "十",
    "百",
    "号",
    "楼",
    "13800138000",
    "0571-88888888",
    "收件人",
    "电话",
    "地址",
    "邮编",
    "先生收",
    "中国",
    "廣東",
    "縣",
    "薴",
    "ﷺ",
    "Ⅳ",
    "１２",
    "a",
    "1-2-3",
    "、",
    "，",
    "。",
    "~",
    "_",
    "/",
    ".",
    "\u202e",
    "\u200b",
    "😀",
    "\x00",
    "\n",
    "张三",
]
address_like = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


@given(st.one_of(st.text(max_size=300), address_like))
@example("薴")
@example("中国中国中国")
@example("收件人张三收件人李四" * 30)
def test_normalising_twice_is_normalising_once(raw):
    once = normalise(raw).text
    assert normalise(once).text == once
    assert len(once) <= LONGEST


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("廣東省廣州市天河區體育西路103號", "广东省广州市天河区体育西路103号"),
        ("乾县城关镇", "乾县城关镇"),
        ("香港中路４０号Ａ座２１０１", "香港中路40号A座2101"),
        ("石家庄市,长安区，中山东路265号、1号楼", "石家庄市长安区中山东路265号1号楼"),
        ("中国浙江省杭州市", "浙江省杭州市"),
        ("文三路 398 号 5 幢", "文三路398号5幢"),
        ("东方花园5 2 301", "东方花园5-2-301"),
        ("东方花园5—2－301", "东方花园5-2-301"),
        ("东方花园5.2.301", "东方花园5-2-301"),
        ("浙江-台州市-天台县", "浙江台州市天台县"),
        ("东方花园5#楼2单元", "东方花园5号楼2单元"),
        ("文三路12#", "文三路12号"),
        ("东方花园B#1203", "东方花园B号楼1203"),
        ("东方花园第5幢第2单元", "东方花园5幢2单元"),
        ("文三路398号（5幢2单元301室）", "文三路398号5幢2单元301室"),
        ("文三路398号(东方明珠花园)5幢", "文三路398号东方明珠花园5幢"),
        ("", ""),
        ("  \t\n", ""),
        ("😀\u202e\x00", ""),
    ],
)
def test_spellings_of_one_text_become_one(raw, text):
    assert normalise(raw).text == text


@pytest.mark.parametrize(
    ("raw", "text", "noise"),
    [
        ("文三路398号（近地铁站）", "文三路398号", ["近地铁站"]),
        ("张三13800138000文三路398号", "张三文三路398号", ["13800138000"]),
        ("文三路398号5幢301室 张三 13800138000", "文三路398号5幢301室", ["张三13800138000"]),
        ("文三路398号301室李四先生收", "文三路398号301室", ["李四先生收"]),
        ("文三路398号0571-88888888", "文三路398号", ["0571-88888888"]),
        ("文三路398号110101199001011234", "文三路398号", ["110101199001011234"]),
        ("310012杭州市文三路398号", "杭州市文三路398号", ["310012"]),
        ("邮编310012 杭州市文三路398号", "杭州市文三路398号", ["邮编310012"]),
        ("地址：文三路398号", "文三路398号", ["地址"]),
        ("文三路398号电联", "文三路398号", ["电联"]),
    ],
)
def test_what_is_no_address_is_taken_out_and_kept(raw, text, noise):
    found = normalise(raw)
    assert found.text == text
    assert list(found.noise_removed) == noise


def test_a_text_longer_than_any_address_is_cut_and_says_so():
    assert normalise("路" * LONGEST).cut is False
    assert normalise("路" * (LONGEST + 1)).cut is True


@pytest.mark.parametrize(
    ("numeral", "digits"),
    [("一千六百零一", "1601"), ("三十八", "38"), ("十", "10"), ("十二", "12"), ("二十", "20"), ("一百零五", "105"),
     ("一〇三", "103"), ("一二三", "123"), ("两", "2"), ("叁拾捌", "38")],
)  # fmt: skip
def test_chinese_numerals_are_read(numeral, digits):
    assert spell_out(numeral) == digits


@given(st.integers(1, 9999))
def test_every_number_up_to_ten_thousand_is_read_back(number):
    assert spell_out(in_chinese(number)) == str(number)


def in_chinese(number):
    text, zero = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            text += ("零" if zero and text else "") + "一二三四五六七八九"[digit - 1] + name
        zero = not digit
    return text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("一千六百零一号三十八楼", "1601号38楼"),
        ("五幢二单元三层", "5幢2单元3层"),
        ("大马城村二组", "大马城村2组"),
        ("八一路五号", "八一路5号"),
        ("中山一路", "中山一路"),
        ("六楼村", "六楼村"),
        ("七号桥", "七号桥"),
        ("14八楼", "14八楼"),
        ("五栋三门1028", "5栋3门1028"),
        ("五栋三门一零二", "5栋3门102"),
        ("二单元三零一", "2单元301"),
        ("三门县海游街道", "三门县海游街道"),
        ("台州三门12号", "台州三门12号"),
    ],
)
def test_numerals_are_digits_only_before_a_unit(text, expected):
    assert numerals_to_digits(text) == expected
