"""Vague and sensitive: the occupant counts, not a street, estate or tower that bears the name."""

import pytest

from fieldops.addresses.verdict import judge

FRONT = "北京市海淀区"


def codes(rest):
    return {code for code in judge(FRONT + rest).codes if code.startswith(("VAGUE", "SENS"))}


@pytest.mark.parametrize(
    "rest",
    [
        "法院街12号3号楼1单元501",
        "公安小区3号楼2单元501",
        "银行新村5号楼2单元302",
        "中关村大街1号日报社家属院2栋501",
        "中关村大街88号太平金融大厦3502室",
        "中关村大街88号太平洋保险金融大厦A区2201",
        "中关村大街88号中信银行大厦1203室",
        "中关村大街1号检察院宿舍3号楼301",
        "中关村大街1号文化传媒有限公司",
        "中关村大街1号法院家属楼2单元301",
    ],
)
def test_what_only_bears_the_name_passes(rest):
    assert not codes(rest)


@pytest.mark.parametrize(
    ("rest", "code"),
    [
        ("人民法院", "SENS_COURT"),
        ("丹棱街12号海淀区人民法院立案庭", "SENS_COURT"),
        ("某区人民法院", "SENS_COURT"),
        ("某某律师事务所", "SENS_LAW_FIRM"),
        ("中关村大街1号中粮广场B座1109室北京市大成律师事务所", "SENS_LAW_FIRM"),
        ("公安局海淀分局", "SENS_POLICE"),
        ("中关村大街1号派出所户籍科", "SENS_POLICE"),
        ("中关村大街1号戒毒所", "SENS_POLICE"),
        ("中关村大街1号中国银行股份有限公司海淀支行", "SENS_FINANCE"),
        ("中关村大街1号平安财产保险股份有限公司北京分公司", "SENS_FINANCE"),
        ("中关村大街1号某某小额贷款有限公司", "SENS_FINANCE"),
        ("中关村大街1号人保海淀支公司1439室", "SENS_FINANCE"),
        ("中关村大街1号广播电视台", "SENS_MEDIA"),
        ("苏家坨镇农村信用合作联社", "SENS_FINANCE"),
        ("中关村大街1号某某国际金融股份有限公司", "SENS_FINANCE"),
        ("中关村大街1号晚报社", "SENS_MEDIA"),
    ],
)
def test_the_occupant_is_sensitive(rest, code):
    assert codes(rest) == {code}


@pytest.mark.parametrize(
    "rest",
    [
        "学院路37号",
        "学院路街道二里庄12号楼3单元401",
        "清华大学紫荆公寓5号楼301",
        "成府路28号清华大学家属院5栋2单元301",
        "上地高新技术产业园5号楼302室",
        "中关村软件园A5栋9层",
        "人才公寓3栋502",
        "中关村大街1号人才大厦1203室",
        "中关村大街1号3层纳斯培训学院",
        "中关村大街1号北京大学第三医院",
        "中关村大街1号某某科技集团",
        "海淀南路8号院（近北京大学）",
    ],
)
def test_a_building_or_room_makes_a_broad_place_fit(rest):
    assert not codes(rest)


@pytest.mark.parametrize(
    ("rest", "code"),
    [
        ("清华大学", "VAGUE_CAMPUS"),
        ("成府路28号清华大学", "VAGUE_CAMPUS"),
        ("学院路37号北京航空航天大学学院路校区", "VAGUE_CAMPUS"),
        ("第一中学", "VAGUE_CAMPUS"),
        ("经济技术开发区", "VAGUE_PARK"),
        ("上地高新技术产业园", "VAGUE_PARK"),
        ("上地东路5号高新技术产业园", "VAGUE_PARK"),
        ("某某钢铁集团", "VAGUE_PARK"),
        ("人才交流中心", "VAGUE_TALENT_CENTRE"),
        ("中关村大街1号人才市场3楼", "VAGUE_TALENT_CENTRE"),
        ("中关村大街1号集体户", "VAGUE_COLLECTIVE_HUKOU"),
        ("中关村大街与成府路交叉口", "VAGUE_NEARBY"),
        ("中关村大街1号对面", "VAGUE_NEARBY"),
    ],
)
def test_a_bare_broad_place_is_vague(rest, code):
    assert codes(rest) == {code}


def test_a_named_zone_in_place_of_a_town_is_not_vague():
    assert judge("北京市大兴区北京经济技术开发区荣华南路15号").verdict == "VALID"
    assert judge("北京市大兴区大兴经济开发区富力小区16号楼1单元102室").codes == ()
