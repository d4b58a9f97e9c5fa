"""Regions: today's names from short, old, doubled, misspelt and misplaced ones, or a person asked."""

import pytest

from fieldops.addresses.divisions import divisions
from fieldops.addresses.normalise import normalise
from fieldops.addresses.region import read_region


def region(raw):
    return read_region(normalise(raw).text, divisions())


def named(raw):
    found = region(raw)
    return found.province, found.city, found.county


def codes(raw):
    return {code for code, _ in region(raw).findings}


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        ("浙江省杭州市西湖区文三路1号", ("浙江省", "杭州市", "西湖区")),
        ("杭州西湖文三路1号", ("浙江省", "杭州市", "西湖区")),
        ("浙江杭州市西湖区文三路1号", ("浙江省", "杭州市", "西湖区")),
        ("广西南宁市青秀区民族大道1号", ("广西壮族自治区", "南宁市", "青秀区")),
        ("内蒙古呼和浩特市赛罕区大学东路1号", ("内蒙古自治区", "呼和浩特市", "赛罕区")),
        ("湖北省恩施州利川市清源大道88号", ("湖北省", "恩施土家族苗族自治州", "利川市")),
        ("贵州毕节威宁县草海镇", ("贵州省", "毕节市", "威宁彝族回族苗族自治县")),
        ("广西都安瑶族自治区拉烈乡", ("广西壮族自治区", "河池市", "都安瑶族自治县")),
        ("北京海淀学院路37号", ("北京市", "北京市", "海淀区")),
        ("九龙坡区杨家坪正街8号", ("重庆市", "重庆市", "九龙坡区")),
        ("上海浦东张杨路1号", ("上海市", "上海市", "浦东新区")),
        ("上海浦东区张杨路1号", ("上海市", "上海市", "浦东新区")),
        ("北京市市辖区东城区东四十条1号", ("北京市", "北京市", "东城区")),
        ("重庆市忠县金鸡镇", ("重庆市", "重庆市", "忠县")),
        ("义乌市稠城街道工人西路98号", ("浙江省", "金华市", "义乌市")),
        ("浦东新区世纪大道1500号", ("上海市", "上海市", "浦东新区")),
        ("安吉递铺街道昌硕路1号", ("浙江省", "湖州市", "安吉县")),
    ],
)
def test_short_and_full_names_give_the_full_region(raw, names):
    assert named(raw) == names
    assert not codes(raw)


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        ("广东省东莞市长安镇长青南路303号", ("广东省", "东莞市", "")),
        ("广东省中山市东区中山四路88号", ("广东省", "中山市", "")),
        ("海南省儋州市那大镇中兴大道88号", ("海南省", "儋州市", "")),
        ("甘肃省嘉峪关市新华中路15号", ("甘肃省", "嘉峪关市", "")),
        ("湖北省仙桃市沔州大道18号", ("湖北省", "仙桃市", "仙桃市")),
        ("河南省济源市沁园中路5号", ("河南省", "济源市", "济源市")),
        ("新疆生产建设兵团第八师石河子市北泉镇", ("新疆维吾尔自治区", "石河子市", "石河子市")),
    ],
)
def test_cities_without_counties_and_counties_without_cities_are_normal(raw, names):
    assert named(raw) == names
    assert not codes(raw)


@pytest.mark.parametrize(
    ("raw", "county"),
    [
        ("浙江省杭州市下城区体育场路218号", "拱墅区"),
        ("浙江省杭州市江干区凤起东路1号", "上城区"),
        ("浙江省绍兴县平水镇", "柯桥区"),
        ("北京市宣武区广安门内大街315号", "西城区"),
        ("河北省秦皇岛市抚宁县人民路1号", "抚宁区"),
        ("江西省九江市庐山区十里大道188号", "濂溪区"),
        ("湖北省襄樊市樊城区长虹路12号", "樊城区"),
        ("山东省莱芜市莱城区文化南路12号", "莱芜区"),
        ("西藏那曲地区那曲县拉萨路12号", "色尼区"),
        ("重庆市江北区五里店1号", "两江新区"),
    ],
)
def test_a_retired_name_becomes_its_successor_with_a_warning(raw, county):
    assert region(raw).county == county
    assert codes(raw) == {"HISTORICAL_NAME"}


@pytest.mark.parametrize(
    ("raw", "county"),
    [
        ("重庆市渝北区龙溪街道新南路439号", "两江新区"),
        ("浙江省杭州市江干区下沙街道文海南路8号", "钱塘区"),
        ("江苏省苏州市吴县市木渎镇金枫路1号", "吴中区"),
    ],
)
def test_a_split_county_is_decided_by_the_town(raw, county):
    assert region(raw).county == county
    assert codes(raw) == {"HISTORICAL_NAME"}


def test_a_split_county_without_a_town_is_a_persons_to_decide():
    found = region("重庆市渝北区人民路12号")
    assert codes("重庆市渝北区人民路12号") == {"REGION_ABOLISHED_SPLIT"}
    assert found.code is None
    assert set(found.candidates) == {"重庆市北碚区", "重庆市两江新区"}


def test_a_road_named_like_a_town_decides_nothing():
    assert codes("河北省石家庄市桥东区中山东路39号") == {"REGION_ABOLISHED_SPLIT"}


@pytest.mark.parametrize(
    ("raw", "county"),
    [
        ("浙江省杭州市余杭区临平街道迎宾路501号", "临平区"),
        ("浙江省杭州市余杭区乔司镇永西村1号", "临平区"),
        ("浙江省宁波市鄞州区高桥镇新丰路1号", "海曙区"),
    ],
)
def test_a_town_of_the_next_county_moves_the_address_there(raw, county):
    assert region(raw).county == county
    assert codes(raw) == {"DISTRICT_FIXED_BY_TOWN"}


def test_a_town_of_another_kind_elsewhere_moves_nothing():
    assert region("四川省宜宾市筠连县莲花乡").county == "筠连县"


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        ("浙江省杭州市西糊区文三路8号", ("浙江省", "杭州市", "西湖区")),
        ("浙江省杭洲市西湖区文三路8号", ("浙江省", "杭州市", "西湖区")),
        ("安微省合肥市蜀山区长江西路8号", ("安徽省", "合肥市", "蜀山区")),
        ("安徽省阜阳市颖上县颖阳路1号", ("安徽省", "阜阳市", "颍上县")),
        ("嘉兴海宁区世纪花园12栋", ("浙江省", "嘉兴市", "海宁市")),
    ],
)
def test_one_wrong_character_is_mended_with_a_warning(raw, names):
    assert named(raw) == names
    assert "TYPO_FIXED" in codes(raw)


@pytest.mark.parametrize("raw", ["浙江省杭州市江于区凤起东路8号", "河南省开封市龙庭区东京大道5号"])
def test_an_unknown_county_that_may_be_two_names_goes_to_a_person(raw):
    assert codes(raw) == {"REGION_AMBIGUOUS"}


@pytest.mark.parametrize("raw", ["浙江省杭州市开发区科技路1号", "浙江省杭州市城市花园小区"])
def test_an_estate_or_zone_is_no_misspelt_county(raw):
    assert not codes(raw)


@pytest.mark.parametrize(
    ("raw", "code", "county"),
    [
        ("鼓楼区中山路18号", "REGION_AMBIGUOUS", "鼓楼区"),
        ("朝阳区建国路88号", "REGION_AMBIGUOUS", "朝阳区"),
        ("河北省新华区建设路12号", "REGION_AMBIGUOUS", "新华区"),
        ("北京市静安区南京西路1601号", "REGION_CONTRADICTION", "静安区"),
        ("四川省成都市江北区观音桥", "REGION_CONTRADICTION", "江北区"),
        ("江苏省新城区人民路1号", "REGION_CONTRADICTION", "新城区"),
        ("浙江省上海市黄浦区南京东路1号", "REGION_CONTRADICTION", "黄浦区"),
        ("人民路125号", "NO_REGION", ""),
        ("西湖大道1号", "NO_REGION", ""),
        ("新安江路3号", "NO_REGION", ""),
    ],
)
def test_nothing_is_guessed(raw, code, county):
    assert codes(raw) == {code}
    assert region(raw).county == county
    assert region(raw).code is None


@pytest.mark.parametrize(
    "raw", ["福建省厦门市翔安区浙江省杭州市建德市新安路1145号", "江西省上饶市鄱阳县浙江省梧田街道教导路1号"]
)
def test_two_different_regions_contradict_each_other(raw):
    assert codes(raw) == {"REGION_CONTRADICTION"}
    assert region(raw).code is None


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        ("重庆市渝北区人民路12号", ("重庆市", "重庆市", "渝北区")),
        ("河北省石家庄市桥东区中山东路39号", ("河北省", "石家庄市", "桥东区")),
        ("河北省新华区建设路12号", ("河北省", "", "新华区")),
        ("浙江省杭州市江于区凤起东路8号", ("浙江省", "杭州市", "江于区")),
        ("朝阳区建国路88号", ("", "", "朝阳区")),
        ("广东省杭州市西湖区文三路2号", ("", "", "西湖区")),
        ("广东省杭州市文三路2号", ("", "", "")),
    ],
)
def test_what_every_candidate_shares_is_named_and_of_a_contradiction_nothing(raw, names):
    assert named(raw) == names
    assert region(raw).code is None


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        ("甘肃省临夏州东乡县锁南镇人民路2号", ("甘肃省", "临夏回族自治州", "东乡族自治县")),
        ("江西省东乡县孝岗镇恒安路2号", ("江西省", "抚州市", "东乡区")),
        ("东乡县人民路2号", ("", "", "东乡县")),
        ("内蒙古鄂伦春旗阿里河镇中央街2号", ("内蒙古自治区", "呼伦贝尔市", "鄂伦春自治旗")),
    ],
)
def test_a_county_named_after_its_nation_alone_is_known_by_its_short_form(raw, names):
    assert named(raw) == names


def test_an_ambiguous_county_lists_where_it_may_be():
    assert "江苏省南京市鼓楼区" in region("鼓楼区中山路18号").candidates


def test_the_town_tells_which_of_two_counties_is_meant():
    assert named("西湖区翠苑街道文三路12号") == ("浙江省", "杭州市", "西湖区")


def test_a_town_alone_only_suggests_its_county():
    found = region("玉城街道双港路1号")
    assert found.code is None
    assert "浙江省台州市玉环市" in found.candidates


@pytest.mark.parametrize(
    "raw",
    [
        "北京北京市海淀区中关村1号",
        "宁波宁波市鄞州区首南街道1号",
        "金华金华市永康市花川路1号",
        "杭州市萧山区萧山区金城路99号",
        "浙江省温州市平阳县浙江省温州市平阳县水头镇商贸路6号",
        "湖南省长沙市岳麓区桐梓坡路湖南省长沙市岳麓区桐梓坡路223号",
        "山东省济南市其它区山东省济南市长清区大学路6号",
        "秦岭路街道河南省郑州市中原区秦岭路6号",
    ],
)
def test_a_repeated_prefix_is_cut_and_kept_as_noise(raw):
    found = region(raw)
    assert found.county
    assert found.noise
    assert not found.rest.startswith(("北京", "宁波", "金华", "萧山", "浙江", "湖南", "山东", "河南"))


@pytest.mark.parametrize("raw", ["张三浙江省宁波市鄞州区中河街道1号", "南泗乡广西来宾市兴宾区南泗乡读村"])
def test_a_name_or_town_in_front_of_the_region_is_noise(raw):
    assert region(raw).county in {"鄞州区", "兴宾区"}
    assert region(raw).noise


def test_a_shop_that_ends_like_a_county_is_not_one():
    assert region("海宁皮革城北区4楼").code is None


@pytest.mark.parametrize(
    ("raw", "town", "rest"),
    [
        ("北京市大兴区北京经济技术开发区荣华路1号", "北京经济技术开发区", "荣华路1号"),
        ("北京市大兴区大兴经济开发区石景山路60号", "大兴经济开发区", "石景山路60号"),
        ("江苏省南京市鼓楼区湖南路街道马台街99号", "湖南路街道", "马台街99号"),
        ("浙江省杭州市钱塘区下沙幸福南路9号", "下沙街道", "幸福南路9号"),
        ("石家庄市长安区中山东路265号", "", "中山东路265号"),
        ("青岛市市南区香港中路40号", "", "香港中路40号"),
        ("海口市美兰区海甸岛沿江三西路8号", "", "海甸岛沿江三西路8号"),
        ("北京市西城区广安门内大街1号", "", "广安门内大街1号"),
    ],
)
def test_the_town_is_taken_off_and_a_road_is_not_a_town(raw, town, rest):
    assert (region(raw).town, region(raw).rest) == (town, rest)


@pytest.mark.parametrize(
    ("raw", "city", "county", "zone"),
    [
        ("成都市高新区天府三街199号", "成都市", "", "高新区"),
        ("郑州市郑东新区商务外环路8号", "郑州市", "", "郑东新区"),
        ("苏州工业园区星海街200号", "苏州市", "", "工业园区"),
        ("湖北省武汉市东湖新技术开发区关山大道1号", "武汉市", "", "东湖新技术开发区"),
        ("浙江省杭州市下沙经济技术开发区2号大街501号", "杭州市", "钱塘区", "下沙经济技术开发区"),
        ("河北雄安新区金源街25号", "保定市", "", "雄安新区"),
        ("河北雄安新区容城县金源街25号", "保定市", "容城县", "雄安新区"),
        ("河北省保定市雄安新区容城县容城镇金源街25号", "保定市", "容城县", "雄安新区"),
        ("陕西西咸新区同德路1号", "", "", ""),
    ],
)
def test_development_zones_stand_for_a_county(raw, city, county, zone):
    found = region(raw)
    assert (found.city, found.county, found.zone) == (city, county, zone)


def test_a_town_of_a_zone_is_taken_off():
    found = region("四川天府新区华阳街道天府大道1号")
    assert (found.city, found.town, found.rest) == ("成都市", "华阳街道", "天府大道1号")


def test_a_town_that_became_a_county_stands_for_it():
    assert named("安徽省六安市叶集镇民强路66号") == ("安徽省", "六安市", "叶集区")


@pytest.mark.parametrize("raw", ["西区体育场路8号", "东区人民路8号"])
def test_a_county_that_only_names_a_side_is_not_taken_for_the_one_of_that_name(raw):
    assert codes(raw) == {"REGION_AMBIGUOUS"}
    assert "广东省中山市" in region(raw).candidates


def test_the_seat_written_for_its_prefecture_gives_way_to_the_county():
    assert named("新疆阿克苏市新和县东方花园1号") == ("新疆维吾尔自治区", "阿克苏地区", "新和县")
