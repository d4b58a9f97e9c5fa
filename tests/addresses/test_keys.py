"""Keys: the spellings of one flat are one, its neighbour is another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.addresses.verdict import judge

ONE_FLAT = [
    "浙江省杭州市西湖区文三路398号东方明珠花园5幢2单元301室",
    "浙江省杭州市西湖区文三路398号东方明珠花园五幢二单元301",
    "浙江省杭州市西湖区文三路398号东方明珠花园5-2-301",
    "杭州西湖文三路398号东方明珠花园５幢２单元３０１",
    "杭州市西湖区文三路398号东方明珠花园5号楼2单元3楼301",
    "浙江杭州市西湖区翠苑街道文三路398号 东方明珠花园 5栋 2单元 301房",
    "杭州市西湖区文三路398號(東方明珠花園)5#2-301",
    "浙江省杭州市西湖区文三路398号东方明珠花园小区第5幢第2单元第301室",
    "张三13800138000 浙江省杭州市西湖区文三路三百九十八号东方明珠花园5座2门301（近地铁）",
]
NEIGHBOURS = [
    "浙江省杭州市西湖区文三路398号东方明珠花园5幢2单元302室",
    "浙江省杭州市西湖区文三路398号东方明珠花园5幢3单元301室",
    "浙江省杭州市西湖区文三路398号东方明珠花园6幢2单元301室",
    "浙江省杭州市西湖区文三路396号东方明珠花园5幢2单元301室",
    "浙江省杭州市西湖区文二路398号东方明珠花园5幢2单元301室",
    "浙江省杭州市西湖区文三路398号西方明珠花园5幢2单元301室",
    "浙江省杭州市上城区文三路398号东方明珠花园5幢2单元301室",
]


@pytest.mark.parametrize("spelling", ONE_FLAT[1:])
def test_every_spelling_of_a_flat_has_one_key(spelling):
    assert judge(spelling).address_key == judge(ONE_FLAT[0]).address_key
    assert judge(spelling).site_key == judge(ONE_FLAT[0]).site_key


@pytest.mark.parametrize("neighbour", NEIGHBOURS)
def test_a_neighbour_has_another_key(neighbour):
    assert judge(neighbour).address_key != judge(ONE_FLAT[0]).address_key


def test_flats_of_one_building_share_the_site_only():
    one, other = judge(ONE_FLAT[0]), judge(NEIGHBOURS[0])
    assert one.site_key == other.site_key
    assert judge("浙江省杭州市西湖区文三路398号东方明珠花园5幢").site_key == one.site_key


def test_a_lane_of_one_street_is_not_the_lane_of_another_number():
    assert judge("上海市黄浦区复兴东路346弄3号").site_key != judge("上海市黄浦区复兴东路469弄34号").site_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("北京市通州区通运街道芳星小区4号楼", "北京市通州区永顺镇芳星小区4号楼"),
        ("浙江省慈溪市观海卫镇人民路12号", "浙江省慈溪市周巷镇人民路12号"),
        ("贵州省毕节市威宁县草海镇大马城村2组36号", "贵州省毕节市威宁县草海镇大马城村3组36号"),
    ],
)
def test_estates_villages_and_country_roads_are_told_apart_by_their_town(one, other):
    assert judge(one).site_key != judge(other).site_key


def test_a_retired_name_has_the_key_of_todays():
    old = judge("浙江省杭州市余杭区临平街道迎宾路501号3幢1单元1201")
    assert old.address_key == judge("浙江省杭州市临平区迎宾路501号3幢1单元1201室").address_key


def test_what_cannot_be_placed_is_only_equal_to_itself():
    one = judge("人民路125号3栋2单元402")
    assert one.address_key == judge("人民路125号 3栋2单元402").address_key
    assert one.address_key != judge("人民路125号3栋2单元403").address_key
    assert one.site_key.startswith("?")


def test_nothing_has_no_key():
    assert judge("").address_key == judge("").site_key == ""


numbers = st.integers(1, 3000)


@given(door=numbers, building=st.integers(1, 99), unit=st.integers(1, 9), room=st.integers(101, 3999))
def test_units_are_written_in_many_ways_and_mean_one_flat(door, building, unit, room):
    front = f"北京市海淀区学院路{door}号"
    spellings = [
        f"{front}{building}号楼{unit}单元{room}室",
        f"{front}{building}幢{unit}单元{room}",
        f"{front}{building}栋{unit}门{room}房",
        f"{front}{building}#{unit}-{room}",
        f"{front}{building}-{unit}-{room}",
        f"北京海淀学院路{door}号院 {building}号楼 {unit}单元 {room}",
    ]
    assert len({judge(spelling).address_key for spelling in spellings}) == 1


flat = st.tuples(numbers, st.integers(1, 99), st.integers(1, 9), st.integers(101, 3999))


@given(flat, flat)
def test_two_flats_never_share_a_key(one, other):
    keys = [judge("北京市海淀区学院路{}号{}号楼{}单元{}室".format(*parts)).address_key for parts in (one, other)]
    assert (keys[0] == keys[1]) == (one == other)


REGIONS = {
    "330106": [
        "浙江省杭州市西湖区",
        "杭州市西湖区",
        "浙江杭州西湖区",
        "中国浙江省杭州市西湖区",
        "浙江省浙江省杭州市西湖区",
    ],
    "500157": ["重庆市两江新区", "重庆重庆市两江新区", "重庆市江北区"],
    "110108": ["北京市海淀区", "北京海淀区", "北京市市辖区海淀区", "海淀区"],
    "442000": ["广东省中山市", "中山市", "广东中山市"],
}
FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
TRADITIONAL = str.maketrans("区号楼单门东学", "區號樓單門東學")


def written(place, parts, how):
    """One flat in one of many ways to write it: `how` draws each choice."""
    region, (door, building, unit, room) = REGIONS[place], parts
    doors = [str(door), spelled(door)]
    buildings, units = [str(building), spelled(building)], [str(unit), spelled(unit)]
    in_words = (
        f"{how.choice(buildings)}{how.choice(['幢', '栋', '号楼'])}{how.choice(units)}{how.choice(['单元', '门'])}"
    )
    rooms = [f"{room}{word}" for word in ("室", "", "房")]
    inside = how.choice([in_words + how.choice(rooms), f"{building}-{unit}-{room}", f"{building}#{unit}-{room}"])
    gap = how.choice(["", " ", ",", "，"])
    text = gap.join([how.choice(region), "东方学院路", f"{how.choice(doors)}号{how.choice(['', '院'])}", inside])
    text = how.choice([text, text.translate(FULL_WIDTH), text.translate(TRADITIONAL)])
    return how.choice(["", "13800138000 ", "地址："]) + text + how.choice(["", "（近地铁站）", " 电联"])


def spelled(number):
    """A number below 10,000 in Chinese."""
    digits, zero, text = f"{number:04}", "", ""
    for digit, unit in zip(digits, "千百十 ", strict=True):
        if digit != "0":
            text, zero = text + zero + "零一二三四五六七八九"[int(digit)] + unit.strip(), ""
        elif text:
            zero = "零"
    return text


@given(st.sampled_from(sorted(REGIONS)), flat, st.integers(0, 3), st.randoms(use_true_random=False))
def test_one_flat_has_one_key_however_written_and_its_neighbour_another(place, parts, changed, how):
    one, same = (judge(written(place, parts, how)) for _ in range(2))
    assert (one.verdict, one.region_code) == ("VALID", place)
    assert one.address_key == same.address_key
    neighbour = tuple(value + (place_in == changed) for place_in, value in enumerate(parts))
    other = judge(written(place, neighbour, how))
    assert other.address_key != one.address_key
    assert (other.site_key != one.site_key) == (changed < 2)
    elsewhere = next(code for code in REGIONS if code != place)
    assert judge(written(elsewhere, parts, how)).site_key != one.site_key
