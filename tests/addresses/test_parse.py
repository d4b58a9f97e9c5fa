"""What follows the region, part by part."""

import pytest

from fieldops.addresses.parse import parse


def parts(text):
    found = parse(text)
    names = (
        "zone",
        "village",
        "road",
        "lane",
        "door",
        "estate",
        "building",
        "unit",
        "floor",
        "room",
        "group",
        "occupant",
    )
    return {name: getattr(found, name) for name in names if getattr(found, name)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("文三路398号", {"road": "文三路", "door": "398"}),
        ("文三路398", {"road": "文三路", "door": "398"}),
        ("文三路398号5幢2单元301室", {"road": "文三路", "door": "398", "building": "5", "unit": "2", "room": "301"}),
        ("金融大街甲9号", {"road": "金融大街", "door": "甲9"}),
        ("五一路69号院甲2号楼3单元", {"road": "五一路", "door": "69", "building": "甲2", "unit": "3"}),
        ("黄河南大街106甲号", {"road": "黄河南大街", "door": "106甲"}),
        ("天府大道北段1700号", {"road": "天府大道北段", "door": "1700"}),
        ("中山一路12号院5号楼", {"road": "中山一路", "door": "12", "building": "5"}),
        ("建国路88号院3楼1203", {"road": "建国路", "door": "88", "building": "3", "room": "1203"}),
        ("建国路88号12楼1203", {"road": "建国路", "door": "88", "floor": "12", "room": "1203"}),
        ("红旗街1027号2门403", {"road": "红旗街", "door": "1027", "unit": "2", "room": "403"}),
        ("金陵中路119弄16号1101室", {"road": "金陵中路", "lane": "119", "door": "16", "room": "1101"}),
        ("淮海路19号4号", {"road": "淮海路", "door": "19", "building": "4"}),
        ("法院街12号3号楼", {"road": "法院街", "door": "12", "building": "3"}),
        ("新马路405号12楼B座", {"road": "新马路", "door": "405", "floor": "12", "building": "B"}),
        ("人民路12-3-501", {"road": "人民路", "door": "12", "building": "3", "room": "501"}),
        ("景山路188号2001-2003室", {"road": "景山路", "door": "188", "room": "2001-2003"}),
    ],
)
def test_numbers_on_a_road(text, expected):
    assert parts(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("东方花园5幢2单元301室", {"estate": "东方花园", "building": "5", "unit": "2", "room": "301"}),
        ("东方花园5-2-301", {"estate": "东方花园", "building": "5", "unit": "2", "room": "301"}),
        ("东方花园5-301", {"estate": "东方花园", "building": "5", "room": "301"}),
        ("海泰家园108-844", {"estate": "海泰家园", "building": "108", "room": "844"}),
        ("东方花园5号2单元301", {"estate": "东方花园", "building": "5", "unit": "2", "room": "301"}),
        ("东方花园12号", {"estate": "东方花园", "door": "12"}),
        ("丹溪1区12栋3单元", {"estate": "丹溪1区", "building": "12", "unit": "3"}),
        ("北四路17小区23栋", {"road": "北四路", "estate": "17小区", "building": "23"}),
        ("世纪村12号楼4单元502", {"estate": "世纪村", "building": "12", "unit": "4", "room": "502"}),
        ("咸嘉新村4栋302", {"estate": "咸嘉新村", "building": "4", "room": "302"}),
        ("中华坊6幢12-3", {"estate": "中华坊", "building": "6", "room": "12-3"}),
        ("环球中心E3栋1单元1502号", {"estate": "环球中心", "building": "E3", "unit": "1", "room": "1502"}),
        ("方林汽车城D-1421", {"estate": "方林汽车城", "building": "D", "room": "1421"}),
        ("国际商贸城140号", {"estate": "国际商贸城", "room": "140"}),
        ("奥体大厦802-3", {"estate": "奥体大厦", "room": "802-3"}),
        ("奥体大厦8-2", {"estate": "奥体大厦", "building": "8", "room": "2"}),
        ("奥体大厦8-302", {"estate": "奥体大厦", "building": "8", "room": "302"}),
        ("方林大厦内D座1421", {"estate": "方林大厦内", "building": "D", "room": "1421"}),
        ("大学东路桥华世纪村12号楼", {"road": "大学东路", "estate": "桥华世纪村", "building": "12"}),
        ("东创科技园A5栋某某公司", {"estate": "东创科技园", "building": "A5", "occupant": "某某公司"}),
    ],
)
def test_numbers_in_an_estate(text, expected):
    assert parts(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("大马城村2组36号", {"village": "大马城村", "group": "2", "door": "36"}),
        ("险岩村4社", {"village": "险岩村", "group": "4"}),
        ("华联村陈家角63号", {"village": "华联村", "estate": "陈家角", "door": "63"}),
        ("下宅村万里公路832弄125号", {"village": "下宅村", "road": "万里公路", "lane": "832", "door": "125"}),
        ("西谷村64-6-877", {"village": "西谷村", "building": "64", "unit": "6", "room": "877"}),
        ("石村路12号", {"road": "石村路", "door": "12"}),
        ("17委5组", {"village": "17委", "group": "5"}),
        ("政法委12号", {"estate": "政法委", "door": "12"}),
        ("县农村信用社12号", {"estate": "县农村信用社", "door": "12"}),
    ],
)
def test_villages_are_read_with_their_groups_and_numbers(text, expected):
    assert parts(text) == expected


@pytest.mark.parametrize("text", ["铁路新村4栋", "街心花园4栋", "南路桥区4栋"])
def test_a_road_word_inside_an_estate_is_no_road(text):
    assert "road" not in parts(text)


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("红星超市对面", "对面"),
        ("人民路与解放路交叉口", "交叉口"),
        ("人民路88号律师楼附近", "附近"),
        ("喷水池旁边小区3栋2单元501", ""),
        ("滨安路1865号8号楼2层西侧", ""),
        ("滨安路1865号501室西侧", ""),
        ("红星超市旁边小区3栋501对面", "对面"),
        ("平原路西段12号", ""),
    ],
)
def test_beside_another_place_counts_only_if_no_door_follows(text, near):
    assert parse(text).near == near


@pytest.mark.parametrize(
    ("text", "is_range"), [("五马街1-200号之间", True), ("五马街12号至30号", True), ("五马街12-30号", False)]
)
def test_a_range_is_one_only_if_the_text_says_so(text, is_range):
    assert parse(text).is_range is is_range
