"""What follows the region: village, road, door, estate, building, unit, floor, room, occupant."""

from __future__ import annotations

import re

from fieldops.addresses.counting import COUNTED, Parts, tell_floor_from_building
from fieldops.addresses.names import GENERIC_ZONE
from fieldops.addresses.words import any_of

_N = (
    r"(?<![0-9])负?(?:[甲乙丙丁](?=\d{1,5}号))?(?:[A-Z]{1,2}-)?[A-Z]{0,2}\d{1,9}[A-Z]{0,3}"
    r"(?:-[A-Z]{0,2}\d{1,9}[A-Z]{0,2}|-[A-Z](?![A-Z])){0,6}(?![0-9])(?:[甲乙丙丁](?=号))?"
)
_PART_OF_A_NAME = (
    r"小?区|期|组团|村|巷|街|路|条|道|线|桥|中学|中校|院|[一-龥]?医院|国道|省道|县道|团|连|营|厂|店|矿|井|号"
)
_TOKEN = re.compile(
    rf"(?P<n>{_N})(?:"
    rf"(?P<range>号?[至到]{_N})号?"
    r"|(?P<yard>号?大?院)(?![一-龥]?[路街])"
    r"|(?P<building>号楼|号库|[幢栋座塔排])"
    r"|(?P<lane>支?弄)"
    r"|(?P<unit>单元|门(?![一-龥])|梯)"
    r"|(?P<floor>[楼层]|F(?![A-Z]))"
    r"|(?P<room>[室户]|房(?!产|地|屋))"
    r"|(?P<committee>委(?=\d+组))"
    r"|(?P<group>村民小组|村民组|小组|组(?!团)|生产队|社(?!区|会)|队)"
    r"|(?P<door>号(?!线|桥|路|街|公路|店|码头|大街|大道|门|柜|馆)|(?=附\d))"
    rf"|(?P<bare>(?![0-9A-Z-])(?!{_PART_OF_A_NAME})))"
    r"|(?P<c>(?<=\d)[一二三四五六七八九十]{1,3})(?P<upper_floor>[楼层])"
    r"|(?P<l>[A-Z])(?:(?P<letter_building>号楼|[幢栋座塔排])|(?P<letter_unit>单元)|(?P<letter_room>[室户]|房(?!产|地|屋)))"
    r"|(?P<s>[东南西北主副附甲乙丙丁])(?P<side_building>[幢栋座塔]|楼(?![一-龥])|单元)"
)
_ROAD_END = re.compile(
    r"(?:大道|大街|胡同|公路|国道|省道|县道|(?<![铁线道网半])路|街|巷|(?<![街通隧频味轨航管赛跑跆铁])道)"
    r"(?:[东南西北中](?![一-龥])|[东南西北中上下前后][段街巷]|[一二三四五六七八九十0-9]+[段巷])?"
    r"(?![心角具坊区道局口面灯边侧上]|桥(?:区|镇|街道|集团|公司|工程|建设)|政府|中学|小学)"
)
_ROADLESS_NAME = re.compile(r"^(?:路|街|道|巷)$")
_VILLAGE = re.compile(
    r"^(?![一-龥]{0,6}农村(?:信用|商业|合作|银行))"
    r"((?:[一-龥]{1,9}?)(?:村民委员会|村民委|村委会|村委|行政村|自然村|居民委员会|社区居委会|居委会|社区|嘎查|村))(?!部|头路|口|[东南西北中上下前后新]{0,2}[一二三四五六七八九十]{0,2}(?:路|街|大道|大街|道|巷))"
)
_VILLAGE_ON_A_ROAD = re.compile(r"[一-龥]{2,8}?(?:路|大街|大道)(?:[一-龥]{2,6})村(?!委|部|口|[东南西北中]{0,2}[路街])")
_ESTATE_VILLAGE = re.compile(
    r"(?:新村|世纪村|度假村|别墅村|[0-9一二三四五六七八九十]村|花园村|公寓村|大学村|工人村|家属村)$"
)
_ZONE = re.compile(
    r"^((?:(?!路|街|号|镇|乡|村)[一-龥]){0,9}?(?:经济技术开发区|高新技术产业开发区|高新技术开发区|经济开发区|开发区|高新区|经开区|工业园区|工业园|工业区|工业城|产业园区|产业园|科技园区|科技园|园区|新区)(?:管委会)?)(?!区)"
)
_DISTANCE = re.compile(r"多?(?:米(?!兰)|公里|千米)")
_NEAR = re.compile(rf"(?:{any_of('nearby')}|路[东西南北](?=$|[侧面边]))" + "(?!段|[一-龥]?(?:路|街|村|大厦|小区|花园))")
_RANGE_WORD = re.compile(any_of("range"))
_FILLER = re.compile(r"^的+")


def parse(rest: str) -> Parts:
    """Take the text after the region apart.

    >>> parts = parse("文三路398号东方明珠花园5幢2单元301室")
    >>> parts.road, parts.door, parts.estate, parts.building, parts.unit, parts.room
    ('文三路', '398', '东方明珠花园', '5', '2', '301')
    """
    parts = Parts()
    parts.is_range = _RANGE_WORD.search(rest) is not None
    tokens = list(_TOKEN.finditer(rest))
    _near_words(rest, tokens, parts)
    at = 0
    for i, token in enumerate(tokens):
        if token.start() > at:
            _name(rest[at : token.start()], _kind(token), parts)
        following = _kind(tokens[i + 1]) if i + 1 < len(tokens) else ""
        value = token["n"] or token["c"] or token["l"] or token["s"]
        COUNTED[_kind(token)](value, parts, following)
        at = token.end()
    if at < len(rest):
        _name(rest[at:], "", parts)
    tell_floor_from_building(parts)
    parts.ends_in_name = at < len(rest) and bool(parts.names)
    return parts


def _kind(token: re.Match[str]) -> str:
    """Name what a number counts; A座 and 东楼 are buildings like 3号楼."""
    return _LIKE.get(token.lastgroup or "", token.lastgroup or "")


_LIKE = {
    "upper_floor": "floor",
    "letter_building": "building",
    "letter_unit": "unit",
    "letter_room": "room",
    "side_building": "building",
}


def _near_words(rest: str, tokens: list[re.Match[str]], parts: Parts) -> None:
    """Note a place that stands beside the one meant, as in 红星超市对面, unless a door or room follows it.

    A distance (向东500米) is no door; the east side of a building (8号楼东侧) is inside it.
    """
    inside = {token.end() for token in tokens if _kind(token) in {"building", "unit", "floor", "room"}}
    beside = [
        found
        for found in _NEAR.finditer(rest)
        if not (found.start() in inside and found[0][-1] in "侧面边" and found[0] != "对面")
    ]
    if beside:
        after = (token for token in tokens if token.start() >= beside[-1].end() and _kind(token) != "floor")
        pinned = any(not _DISTANCE.match(rest, token.end()) for token in after)
        parts.near = "" if pinned else beside[-1][0]


def _name(text: str, following: str, parts: Parts) -> None:
    """Split a stretch without numbers into zone, village, road, and estate or occupant."""
    text = _FILLER.sub("", text)
    if not text:
        return
    if not parts.last:
        zone = _ZONE.match(text)
        if zone and (zone.end() < len(text) or (following and GENERIC_ZONE.match(zone[1]))):
            parts.zone, text = zone[1], text[zone.end() :]
    if not (parts.road or parts.door or parts.estate or parts.village):
        if _VILLAGE_ON_A_ROAD.match(text):
            text = _road(text, parts)
        village = _VILLAGE.match(text)
        if village and not _is_estate(village[1], text[village.end() :], following):
            parts.village, text, parts.last = village[1], text[village.end() :], "village"
    if text and not parts.road and parts.last in {"", "village"}:
        text = _road(text, parts)
    if text:
        _named_place(text, parts)


def _is_estate(village: str, after: str, following: str) -> bool:
    """世纪村 with buildings is an estate, 大马城村 with groups is a village."""
    if _ESTATE_VILLAGE.search(village):
        return True
    return not after and village.endswith("村") and following in {"building", "unit"}


def _road(text: str, parts: Parts) -> str:
    end = 0
    for match in _ROAD_END.finditer(text):
        if match.end() > 1 and not _ROADLESS_NAME.match(text[: match.end()]):
            end = match.end()
    if end:
        parts.road, parts.last = text[:end], "road"
    return text[end:]


def _named_place(text: str, parts: Parts) -> None:
    parts.names.append(text)
    if parts.last in {"building", "unit", "floor", "room"} or parts.estate:
        parts.occupant = text
        return
    parts.estate, parts.last = text, "estate"
