"""Division names at the front of a text, read left to right, each below the one before it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fieldops.addresses.divisions import Division, Divisions

LONGEST_STRAY_PREFIX = 14
_MOST_MENTIONS = 12
_ORDINAL = "一二三四五六七八九十"
_NOT_A_REGION = re.compile(
    rf"(?:新|老)?[东南西北中内外前后上下大环]{{0,2}}[{_ORDINAL}]{{0,2}}[东南西北中]?(?:路|街|大道|道|巷|弄|胡同)"
    r"|大学|学院|中学|小学|学校|医院|银行|饭店|酒店|大酒店|宾馆|大厦|大楼|广场|公园|花园|花苑|小区|新村|新城|公寓|家园"
    r"|佳苑|嘉园|名苑|名都|市场|商场|商城|超市|集团|公司|有限|股份|人家|苑|湾|桥|村|社区|居委|镇|乡|街道|地区|办事处"
    r"|门大街|门外|门内|日报|晚报|市第|区第|人民|公安|检察"
)
_REPEAT_IS_A_NAME = re.compile(r"经济|开发|高新|工业|科技|新|产业|商业|国际|客运|火车|汽车|总|区|市|县")
_FILLER = re.compile(r"市辖区|省直辖县级行政区划|自治区直辖县级行政区划|县级行政区划|直辖县级")
_PLACE_WORD = re.compile(r"[路街道巷弄号幢栋楼村镇乡室]")


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
        if _PLACE_WORD.match(text[start - 1]) and text[start - 1] not in "镇乡":
            break
        hit = _name_at(text, start, (), tables, full_only=True)
        if hit and (hit[1][0].level != "D" or start <= 4) and len(hit[0]) > 2:  # noqa: PLR2004 - 张三, 欧阳修文
            return _read_from(text, start, tables)
    return found


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
        if hit and (read.names or _may_open(text, read.end, hit, tables)):
            read.names.append(hit[0])
            read.scope = hit[1]
            read.chain.append(hit[1])
            read.end += len(hit[0])
            continue
        repeat = _repeated(text, read, tables)
        if not repeat:
            break
        read.repeats.append(repeat)
        read.end += len(repeat)
    return read


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
        below = _below(tables.full.get(name, ()), scope)
        if below:
            return name, below
        if full_only or name not in tables.short or not may_follow_a_region(text, at + length):
            continue
        below = _below(tables.short[name], scope)
        if below:
            return name, below
    return None


def _below(divisions: tuple[Division, ...], scope: tuple[Division, ...]) -> tuple[Division, ...]:
    """Keep what lies below the scope; living divisions hide retired ones of their name and level."""
    kept = [d for d in divisions if not scope or any(_is_below(d, above) for above in scope)]
    alive = {d.level for d in kept if d.retired_in is None}
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
    known = {code for divisions in read.chain for d in divisions for code in (d.code, *d.today)}
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
