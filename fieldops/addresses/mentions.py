"""Division names at the front of a text, read left to right, each below the one before it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fieldops.addresses.names import SURNAMES, short_name

if TYPE_CHECKING:
    from fieldops.addresses.divisions import Division, Divisions

LONGEST_STRAY_PREFIX = 14
_MOST_MENTIONS = 12
_ORDINAL = "一二三四五六七八九十"
_NOT_A_REGION = re.compile(
    rf"[东南西北中内外前后上下]{{0,2}}[{_ORDINAL}]{{0,2}}[东南西北中]?(?:路|街|大路|大道|大街|道|巷|弄|胡同)"
    r"|(?:大学|学院|中学|小学|学校|医院|银行|饭店|酒店|大酒店|宾馆|大厦|大楼|广场|公园|花园|花苑|小区|新村|新城|公寓|家园"
    r"|佳苑|嘉园|名苑|名都|市场|商场|商城|超市|集团|公司|有限|股份|人家|苑|湾|桥|村|社区|居委|镇|乡|街道|地区|办事处"
    r"|日报|晚报|市第|区第|人民|公安|检察)(?![东南西北中]{0,2}[路街巷道]|大道|大街)"
    r"|门大街|门外|门内"
    r"|(?:师范|理工|工业|工商|农业|科技|财经|政法|医科|中医|邮电|电子|航空|信息|建筑|交通|海洋|体育|音乐|美术|外国语|职业|经济"
    r"|林业|水利|矿业|石油|化工|纺织|传媒|艺术|广播)[一-龥]{0,8}(?:大学|学院|学校)"
)
_REPEAT_IS_A_NAME = re.compile(r"经济|开发|高新|工业|科技|新|产业|商业|国际|客运|火车|汽车|总|区|市|县")
_KINDS = frozenset("省市县区州盟旗")
_FILLER = re.compile(
    r"(?:[一-龥]{1,3}族){1,4}自治[县州旗区]|市辖区|其[它他][区县]|省直辖县级行政区划|自治区直辖县级行政区划|县级行政区划|直辖县级|生产建设兵团(?:第?[一二三四五六七八九十]{1,3}师)?"
)
_PLACE_WORD = re.compile(r"[路街巷弄号幢栋楼村室]")
_STRAY_TOWN = re.compile(r"^[一-龥]{1,6}(?:街道|街$|镇|乡)")


@dataclass(slots=True)
class Mentions:
    """The names read so far: as written, the divisions each may mean, where reading stopped, repeats skipped."""

    end: int = 0
    start: int = 0
    names: list[str] = field(default_factory=list)
    scope: tuple[Division, ...] = ()
    chain: list[tuple[Division, ...]] = field(default_factory=list)
    repeats: list[str] = field(default_factory=list)


def read_mentions(text: str, tables: Divisions) -> Mentions:
    """Read division names from the start of `text`, or from behind a stray name or town in front of them."""
    found = _read_from(text, 0, tables)
    if found.names:
        return found
    for start in range(1, min(len(text), LONGEST_STRAY_PREFIX)):
        hit = _name_at(text, start, (), tables, full_only=True)
        if hit and _PLACE_WORD.search(_STRAY_TOWN.sub("", text[:start])):
            break
        if hit and len(hit[0]) > 2 and (hit[1][0].level != "D" or _is_stray(text[:start])):  # noqa: PLR2004 - 东区
            return _read_from(text, start, tables)
    return found


def _is_stray(prefix: str) -> bool:
    """Whether the text before a county is a person or a town, so that the county is meant as one."""
    return bool(_STRAY_TOWN.fullmatch(prefix)) or (len(prefix) <= 3 and prefix[0] in SURNAMES)  # noqa: PLR2004 - 张三丰


def name_anywhere(text: str, at: int, tables: Divisions) -> tuple[str, tuple[Division, ...]] | None:
    """Find the full division name at this place of the text, wherever in the country it lies."""
    return _name_at(text, at, (), tables, full_only=True)


def may_follow_a_region(text: str, at: int) -> bool:
    """Whether a short name that ends here is a region: not before 路, 大学, 医院, 小区 ….

    >>> may_follow_a_region("西湖文三路398号", 2), may_follow_a_region("西湖大道1号", 2)
    (True, False)
    """
    return not _NOT_A_REGION.match(text, at)


def _read_from(text: str, start: int, tables: Divisions) -> Mentions:
    read = Mentions(start=start, end=start)
    for _ in range(_MOST_MENTIONS):
        filler = _FILLER.match(text, read.end)
        if filler and read.names:
            read.end = filler.end()
        hit = None if _is_a_county(read.scope) else _name_at(text, read.end, read.scope, tables)
        if hit and _is_the_city_again(hit, read):
            hit = None
        if hit and (read.names or _may_open(text, read.end, hit, tables)):
            read.names.append(hit[0])
            read.scope = hit[1]
            read.chain.append(hit[1])
            read.end += len(hit[0])
            continue
        if _is_a_county(read.scope) and _seat_for_prefecture(text, read, tables):
            continue
        repeat = _repeated(text, read, tables)
        if not repeat:
            break
        read.repeats.append(repeat)
        read.end += len(repeat)
    return read


def _is_the_city_again(hit: tuple[str, tuple[Division, ...]], read: Mentions) -> bool:
    """金华金华市: the second 金华 is the city once more, not the retired county of that name."""
    return bool(read.names) and hit[0] in {read.names[-1], short_name(read.names[-1])}


def _seat_for_prefecture(text: str, read: Mentions, tables: Divisions) -> bool:
    """阿克苏市新和县: the seat is written for its prefecture 阿克苏地区, the county after it is meant."""
    hit = _name_at(text, read.end, (), tables, full_only=True)
    if not hit or len(hit[0]) < 3 or hit[0] in read.names:  # noqa: PLR2004 - 城区, 东区 are towns too
        return False
    prefectures = tuple(
        tables.by_code[code] for d in read.scope for code in d.cities if code in tables.by_code
        and short_name(tables.by_code[code].name) == short_name(d.name) != d.name
    )  # fmt: skip
    below = _below(hit[1], prefectures, hit[0]) if prefectures else ()
    if not below or {d.code for d in below} & {d.code for d in read.scope}:
        return False
    read.names[-1:] = [read.names[-1], hit[0]]
    read.chain[-1:] = [prefectures, below]
    read.scope = below
    read.end += len(hit[0])
    return True


def _is_a_county(scope: tuple[Division, ...]) -> bool:
    return bool(scope) and all(division.level == "D" for division in scope)


def _name_at(
    text: str, at: int, scope: tuple[Division, ...], tables: Divisions, *, full_only: bool = False
) -> tuple[str, tuple[Division, ...]] | None:
    """Find the longest name at this place that lies below the scope."""
    for length in tables.lengths.get(text[at : at + 2], ()):
        name = text[at : at + length]
        if len(name) < length:
            continue
        below = _below(tables.full.get(name, ()), scope, name)
        if below:
            return name, below
        below = () if full_only else _below(tables.short.get(name, ()), scope, name)
        if below and _is_cut_right(text, at + length, below, tables):
            return name, below
    return None


def _is_cut_right(text: str, end: int, divisions: tuple[Division, ...], tables: Divisions) -> bool:
    """Whether a short name ends here: nothing follows that makes it longer, or a full name below it does."""
    if may_follow_a_region(text, end):
        return text[end : end + 1] not in _KINDS or _name_at(text, end, divisions, tables, full_only=True) is not None
    return _name_at(text, end, divisions, tables, full_only=True) is not None


def _below(divisions: tuple[Division, ...], scope: tuple[Division, ...], written: str) -> tuple[Division, ...]:
    """Keep what lies below the scope; living divisions hide retired ones of their name and level.

    Not where only the retired one was called just so: 东乡县 was in 江西, and is short for 东乡族自治县.
    """
    kept = [d for d in divisions if not scope or any(_is_below(d, above) for above in scope)]
    just_so = any(d.name == written for d in kept)
    alive = {d.level for d in kept if d.retired_in is None and (d.name == written or not just_so)}
    return tuple(d for d in kept if d.retired_in is None or d.level not in alive)


def _is_below(division: Division, above: Division) -> bool:
    if above.level == "P":
        return division.level != "P" and division.code[:2] == above.code[:2]
    return above.level == "C" and division.level == "D" and not division.cities.isdisjoint(above.cities)


def _may_open(text: str, at: int, hit: tuple[str, tuple[Division, ...]], tables: Divisions) -> bool:
    """A county's short name opens an address only if it is the only one and a town of it follows."""
    name, divisions = hit
    if name in tables.full or any(d.level != "D" for d in divisions):
        return True
    today = {code for d in divisions for code in d.today}
    return len(today) == 1 and bool(tables.town_stem_at(next(iter(today)), text[at + len(name) :]))


def _repeated(text: str, read: Mentions, tables: Divisions) -> str:
    """Find a name of the chain that stands here again in any spelling, "" if none."""
    if not read.chain:
        return ""
    hit = _name_at(text, read.end, (), tables)
    if not hit:
        return ""
    name, again = hit
    known = {
        above for divisions in read.chain for d in divisions for above in (d.code, *d.today, *d.cities, d.province_code)
    }
    if known.isdisjoint(code for d in again for code in (d.code, *d.today)):
        return ""
    after = read.end + len(name)
    is_short = name not in tables.full
    if is_short and _REPEAT_IS_A_NAME.match(text, after):
        return ""
    if (
        _is_a_county(read.scope)
        and is_short
        and any(len(tables.town_stem_at(code, text[read.end :])) >= len(name) for d in read.scope for code in d.today)
    ):
        return ""
    return name
