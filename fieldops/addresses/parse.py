"""What follows the region: village, road, door, estate, building, unit, floor, room, occupant."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from fieldops.addresses.names import GENERIC_ZONE
from fieldops.addresses.numerals import spell_out
from fieldops.addresses.words import any_of

_N = (
    r"(?<![0-9])(?:[A-Z]{1,2}-)?[A-Z]{0,2}\d{1,9}[A-Z]{0,3}"
    r"(?:-[A-Z]{0,2}\d{1,9}[A-Z]{0,2}|-[A-Z](?![A-Z])){0,6}(?![0-9])"
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
    r"|(?P<group>村民小组|村民组|小组|组(?!团)|生产队|社(?!区|会)|队)"
    r"|(?P<door>号(?!线|桥|路|街|公路|店|码头|大街|大道|门|柜|馆)|(?=附\d))"
    rf"|(?P<bare>(?![0-9A-Z-])(?!{_PART_OF_A_NAME})))"
    r"|(?P<c>(?<=\d)[一二三四五六七八九十]{1,3})(?P<upper_floor>[楼层])"
    r"|(?P<l>[A-Z])(?:(?P<letter_building>号楼|[幢栋座塔排])|(?P<letter_unit>单元)|(?P<letter_room>[室户]|房(?!产|地|屋)))"
    r"|(?P<s>[东南西北主副附甲乙丙丁])(?P<side_building>[幢栋座塔]|楼(?![一-龥])|单元)"
)
_ROAD_END = re.compile(
    r"(?:大道|大街|胡同|公路|国道|省道|县道|(?<![铁线道网半])路|街|巷|(?<![街通隧频味轨航管赛跑跆])道)"
    r"(?:[东南西北中](?![一-龥])|[东南西北中上下前后][段街巷]|[一二三四五六七八九十0-9]+[段巷])?"
    r"(?![心角具坊区道局口面灯边侧上]|桥(?:区|镇|街道|集团|公司|工程|建设)|政府|中学|小学)"
)
_ROADLESS_NAME = re.compile(r"^(?:路|街|道|巷)$")
_VILLAGE = re.compile(
    r"^((?:[一-龥]{1,9}?)(?:村民委员会|村民委|村委会|村委|行政村|自然村|居民委员会|社区居委会|居委会|社区|嘎查|村))(?!部|头路|口|[东南西北中上下前后新]{0,2}[一二三四五六七八九十]{0,2}(?:路|街|大道|大街|道|巷))"
)
_ESTATE_VILLAGE = re.compile(
    r"(?:新村|世纪村|度假村|别墅村|[0-9一二三四五六七八九十]村|花园村|公寓村|大学村|工人村|家属村)$"
)
_ZONE = re.compile(
    r"^((?:(?!路|街|号|镇|乡|村)[一-龥]){0,9}?(?:经济技术开发区|高新技术产业开发区|高新技术开发区|经济开发区|开发区|高新区|经开区|工业园区|工业园|工业区|工业城|产业园区|产业园|科技园区|科技园|园区|新区)(?:管委会)?)(?!区)"
)
_NEAR = re.compile(any_of("nearby") + "(?!段|[一-龥]?(?:路|街|村|大厦|小区|花园))")
_SHARED_BUILDING = re.compile(any_of("shared_building") + "[A-Z0-9]*区?$")
_RANGE_WORD = re.compile(any_of("range"))
_INSIDE_A_BUILDING = frozenset({"unit", "room", "floor"})
_THREE = 3  # digits of a room, pieces of building-unit-room
_ROOMS_SIDE_BY_SIDE = 20
_FILLER = re.compile(r"^的+")


@dataclass(slots=True)
class Parts:
    """The parts of the address below the town; an empty string where the text has none."""

    zone: str = ""
    village: str = ""
    road: str = ""
    lane: str = ""
    door: str = ""
    estate: str = ""
    building: str = ""
    unit: str = ""
    floor: str = ""
    room: str = ""
    group: str = ""
    occupant: str = ""
    near: str = ""
    without_hao: bool = False
    is_range: bool = False
    ends_in_name: bool = False
    names: list[str] = field(default_factory=list)
    last: str = ""


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
        _NUMBERED[_kind(token)](value, parts, following)
        at = token.end()
    if at < len(rest):
        _name(rest[at:], "", parts)
    _floor_or_building(parts)
    parts.ends_in_name = at < len(rest) and bool(parts.names)
    return parts


def _floor_or_building(parts: Parts) -> None:
    """88号院3楼1203 is room 1203 of house 3: no such room lies on the third floor."""
    digits = parts.room.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    may_be_a_house = parts.floor and parts.door and not (parts.building or parts.unit or parts.estate)
    if may_be_a_house and digits.isdigit() and len(digits) >= _THREE and not digits.startswith(parts.floor):
        parts.building, parts.floor = parts.floor, ""


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
    """Note a place that stands beside the one meant, as in 红星超市对面, unless a door or room follows it."""
    inside = {token.end() for token in tokens if _kind(token) in {"building", "unit", "floor", "room"}}
    for found in _NEAR.finditer(rest):
        if found.start() in inside and found[0][-1] in "侧面边" and found[0] != "对面":
            continue
        pinned = any(token.start() >= found.end() and _kind(token) != "floor" for token in tokens)
        parts.near = "" if pinned else found[0]


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


def _range(_value: str, parts: Parts, _following: str) -> None:
    parts.is_range = True
    parts.last = "door"


def _door(value: str, parts: Parts, following: str) -> None:
    """What N号 counts: doors of a road or village, houses of an estate, rooms of a building, stalls of a market."""
    is_stall = parts.last == "estate" and _SHARED_BUILDING.search(parts.estate)
    if is_stall or parts.last in {"building", "unit", "floor"}:
        parts.room, parts.last = value, "room"
    elif _numbers_a_building(parts, following):
        parts.building, parts.last = value, "building"
    elif not parts.door:
        parts.door, parts.last = value, "door"
    elif not parts.room:
        parts.room, parts.last = value, "room"


def _numbers_a_building(parts: Parts, following: str) -> bool:
    if parts.last == "door":
        return bool(parts.door) and not parts.building
    return parts.last == "estate" and bool(parts.door or following in {"unit", "room", "bare", "floor"})


def _yard(value: str, parts: Parts, _following: str) -> None:
    if not parts.door:
        parts.door = value
    parts.last = "door"


def _lane(value: str, parts: Parts, _following: str) -> None:
    parts.lane, parts.last = value, "lane"


def _building(value: str, parts: Parts, _following: str) -> None:
    door, dash, building = value.partition("-")
    if dash and parts.last == "road":  # 文三路398 5幢
        parts.door, parts.without_hao, value = door, True, building
    if parts.building:
        parts.unit, parts.last = value, "unit"
    else:
        parts.building, parts.last = value, "building"


def _unit(value: str, parts: Parts, _following: str) -> None:
    parts.unit, parts.last = value, "unit"


def _floor(value: str, parts: Parts, following: str) -> None:
    if following == "unit" and not parts.building:
        parts.building, parts.last = value, "building"
    else:
        parts.floor, parts.last = value if value[-1:].isascii() else spell_out(value), "floor"


def _room(value: str, parts: Parts, _following: str) -> None:
    pieces = value.split("-")
    if len(pieces) > 1 and not _are_rooms(pieces) and not parts.building and parts.last in {"estate", "door", "lane"}:
        _compound(pieces, parts)
    elif len(pieces) == 2 and not parts.unit and parts.last == "building" and len(pieces[1]) >= _THREE:  # noqa: PLR2004 - a pair
        parts.unit, parts.room = pieces
    else:
        parts.room = value
    parts.last = "room"


def _group(value: str, parts: Parts, _following: str) -> None:
    parts.group, parts.last = value, "group"


def _bare(value: str, parts: Parts, following: str) -> None:
    """A number without a unit means what is still open: a door after a road, else building, unit, room."""
    pieces = value.split("-")
    if parts.last == "road" or (parts.last in {"village", "group"} and len(pieces) < _THREE):
        parts.without_hao = True
        parts.door, parts.last = (pieces[0] if len(pieces) >= _THREE else value), "door"
        if len(pieces) >= _THREE:
            _compound(pieces[1:], parts)
    elif parts.last == "lane" and not parts.door:
        parts.door, parts.last = pieces[0], "door"
        if len(pieces) > 1:
            _compound(pieces[1:], parts)
    elif len(pieces) > 1:
        _compound(pieces, parts)
    elif parts.last == "estate" and not parts.building and (len(value) < _THREE or following in _INSIDE_A_BUILDING):
        parts.building, parts.last = value, "building"
    else:
        parts.room, parts.last = value, "room"


def _compound(pieces: list[str], parts: Parts) -> None:
    """5-2-301 is building, unit and room; 5-301 building and room; after a building what is left."""
    if parts.unit or _are_rooms(pieces) or (parts.building and _is_floor_and_room(pieces)):
        parts.room = "-".join(pieces)
    elif parts.building:
        parts.unit, parts.room = ("", pieces[0]) if len(pieces) == 1 else (pieces[0], "-".join(pieces[1:]))
    elif len(pieces) >= _THREE:
        parts.building, parts.unit, parts.room = pieces[0], pieces[1], "-".join(pieces[2:])
    elif len(pieces) > 1:
        parts.building, parts.room = pieces
    else:
        parts.room = pieces[0]
    parts.last = "room"


def _are_rooms(pieces: list[str]) -> bool:
    """2001-2003室 are rooms side by side, not room 2003 of house 2001."""
    if len(pieces) != 2 or not all(piece.isdigit() and len(piece) >= _THREE for piece in pieces):  # noqa: PLR2004
        return False
    return 0 < int(pieces[1]) - int(pieces[0]) <= _ROOMS_SIDE_BY_SIDE


def _is_floor_and_room(pieces: list[str]) -> bool:
    """12-3 behind a building is floor and room, as in 重庆; 2-301 is unit and room."""
    return len(pieces) == 2 and len(pieces[1]) < _THREE  # noqa: PLR2004 - a pair


_NUMBERED = {
    "range": _range,
    "yard": _yard,
    "building": _building,
    "lane": _lane,
    "unit": _unit,
    "floor": _floor,
    "room": _room,
    "group": _group,
    "door": _door,
    "bare": _bare,
}
