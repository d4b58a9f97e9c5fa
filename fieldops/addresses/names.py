"""How names of divisions and towns are written: the kind at the end, the nations inside, short forms."""

from __future__ import annotations

import re

SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱"
    "江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕"
)
_NATION = (
    "乌孜别克|柯尔克孜|俄罗斯|哈萨克|塔吉克|塔塔尔|维吾尔|达斡尔|鄂伦春|鄂温克|东乡|仡佬|仫佬|保安|傈僳|哈尼|土家|基诺|布依|布朗|德昂|拉祜|撒拉|普米|景颇|朝鲜|毛南|独龙"
    "|珞巴|纳西|蒙古|裕固|赫哲|锡伯|门巴|阿昌|高山|京|佤|侗|傣|各|回|土|壮|彝|怒|水|满|瑶|畲|白|羌|苗|藏|黎"
)
_PROVINCES = {
    "内蒙古自治区": "内蒙古", "广西壮族自治区": "广西", "西藏自治区": "西藏",
    "宁夏回族自治区": "宁夏", "新疆维吾尔自治区": "新疆",
}  # fmt: skip
_AUTONOMOUS = re.compile(
    rf"(?:(?:{_NATION})族|蒙古|哈萨克|柯尔克孜|塔吉克|锡伯|维吾尔|鄂伦春)+自治(?P<unit>区|州|县|旗)$"
)
_OF_A_NATION = re.compile(rf"(?<=..)(?:{_NATION})族区$")
_SUFFIX = re.compile(r"(?:自治区|自治州|自治县|自治旗|地区|林区|特区|新区|矿区|省|市|区|县|盟|州|旗)$")
TOWN_KIND = re.compile(
    rf"(?:(?:(?:{_NATION})族)+乡|街道办事处|街道办|街道|地区办事处|地区|办事处|苏木|镇|乡|管委会|管理委员会)$"
)
GENERIC_ZONE = re.compile(
    r"^(?:省级|国家级|国家)?(?:经济|高新|技术|产业|工业|开发|农业|林业|科技|生态|园区|县|市|国营|省|管委会|街道)"
)


def short_name(name: str) -> str:
    """Cut the kind off a name: 杭州市 → 杭州, 威宁彝族回族苗族自治县 → 威宁, 赵县 stays 赵县."""
    if name in _PROVINCES:
        return _PROVINCES[name]
    own = _AUTONOMOUS.search(name)
    if own:
        return _without_nations(own)
    stem = _SUFFIX.sub("", name)
    return stem if len(stem) > 1 else name


def _without_nations(own: re.Match[str]) -> str:
    """Cut the nations and what follows off: 威宁 for 威宁彝族回族苗族自治县, 东乡 for 东乡族自治县."""
    return own.string[: own.start()] or own.string[: -len("自治县")].removesuffix("族")


def spellings(name: str) -> set[str]:
    """Give the full forms of a name: itself, 威宁县 for 威宁彝族回族苗族自治县, 管城区 for 管城回族区."""
    own = _AUTONOMOUS.search(name)
    forms = {name}
    if own:
        stem = _without_nations(own)
        forms |= {stem + own["unit"], stem + "自治" + own["unit"]}
        if own["unit"] == "州":
            forms.add(stem + "洲")
    if _OF_A_NATION.search(name):
        forms.add(_OF_A_NATION.sub("区", name))
    if name.endswith("新区") and len(name) > 3:  # noqa: PLR2004 - 浦东区 is written for 浦东新区
        forms.add(name[:-2] + "区")
    return forms


def town_stem(name: str) -> str:
    """Cut the kind off a town's name: 临平街道 → 临平, 于家务回族乡 → 于家务."""
    stem = TOWN_KIND.sub("", name)
    return stem or name
