"""Out of scope, and texts that are no address at all."""

import pytest

from fieldops.addresses.verdict import judge


@pytest.mark.parametrize(
    "raw",
    ["无", "不详", "同上", "暂无", "N/A", "null", " - ", "?", "地址不详", "同户籍地址", "0", "。"],
)
def test_placeholders_are_no_addresses(raw):
    assert judge(raw).codes == ("PLACEHOLDER",)


@pytest.mark.parametrize("raw", ["", " ", "\t\n", "　"])
def test_nothing_at_all(raw):
    assert judge(raw).codes == ("EMPTY",)


@pytest.mark.parametrize(
    "raw",
    [
        "浙江省杭州市**区**路",
        "江苏省南京市XX区中山路12号",
        "广东省深圳市福田区某某路12号",
        "浙江省杭州市西湖区文三路×××号",
    ],
)
def test_masked_text_is_no_address(raw):
    assert judge(raw).codes == ("MASKED",)


@pytest.mark.parametrize("raw", ["苏州市吴中区金枫路216号A5栋苏州某某电子有限公司", "北京市海淀区某某律师事务所"])
def test_an_unnamed_company_is_not_masked(raw):
    assert "MASKED" not in judge(raw).codes


@pytest.mark.parametrize("raw", ["asdf", "12345", "Beijing Chaoyang Jianguo Road 88", "No. 1, Jianguo Lu"])
def test_latin_text_about_china_is_only_not_chinese(raw):
    assert judge(raw).codes == ("NOT_CHINESE",)


@pytest.mark.parametrize("raw", ["1288 Kifer Road, Sunnyvale, CA 94086", "日本东京都新宿区", "新加坡裕廊东12街"])
def test_an_address_abroad_is_out_of_scope(raw):
    assert judge(raw).codes == ("FOREIGN",)


@pytest.mark.parametrize(
    ("raw", "province"),
    [
        ("香港九龙旺角弥敦道610号", "香港特别行政区"),
        ("中国香港特别行政区中环", "香港特别行政区"),
        ("澳门特别行政区新马路405号", "澳门特别行政区"),
        ("台北市信义路五段7号", "台湾省"),
        ("臺灣省高雄市", "台湾省"),
        ("Nathan Road 610, Kowloon, Hong Kong", ""),
    ],
)
def test_hong_kong_macao_and_taiwan(raw, province):
    verdict = judge(raw)
    assert verdict.codes == ("OUT_OF_SCOPE_HKMOTW",)
    assert verdict.province == province


@pytest.mark.parametrize(
    "raw", ["青岛市市南区香港中路40号", "香港路12号", "温州市鹿城区香港路12号", "台湾路5号", "新加坡花园3号楼"]
)
def test_a_street_named_after_a_far_place_is_here(raw):
    assert judge(raw).verdict != "OUT_OF_SCOPE"


@pytest.mark.parametrize(
    "raw", ["北京市海淀区8341信箱52分箱", "成都市青羊区邮政信箱12号", "P.O. Box 1234 Beijing", "西安市8163号信箱"]
)
def test_post_office_boxes(raw):
    verdict = judge(raw)
    assert verdict.codes == ("PO_BOX",)
    assert (verdict.visit, verdict.letter) == ("BLOCK", "REVIEW")
