"""Towns 街道/镇/乡 at the front of a text: the county's own, a neighbour's, or one no list knows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fieldops.addresses.mentions import may_follow_a_region

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fieldops.addresses.divisions import Divisions

_KIND = r"(?:街道办事处|街道办|街道|地区办事处|办事处|地区|镇|(?:[一-龥]{1,3}族)?乡|苏木)"
_NOT_A_ROAD = r"(?![东南西北中]?[路街巷口]|中学|小学|政府|企业)"
_WRITTEN = re.compile(rf"((?:(?!省)[一-龥]){{1,9}}?){_KIND}{_NOT_A_ROAD}")
_KIND_HERE = re.compile(_KIND + _NOT_A_ROAD)
_GOES_ON = re.compile(
    r"[路街巷道里村]|.(?:$|[0-9A-Z岛山河江湖溪桥门里庄寨屯塘港湾园苑府城店口北南东西中上下新老大小第]|步行)"
)


@dataclass(frozen=True, slots=True)
class Town:
    """A town: its name in full, the stem without the kind, and where it ends in the text."""

    name: str
    stem: str
    end: int


def town_written(text: str) -> Town | None:
    """Find a town by its kind alone, whether a list knows it or not.

    >>> town_written("临平街道迎宾路501号").stem
    '临平'
    """
    match = _WRITTEN.match(text)
    return Town(match[0], match[1], match.end()) if match else None


def town_of(text: str, county_code: str, tables: Divisions) -> Town | None:
    """Find the town at the front of the text, first among the county's own; 下沙 stands for 下沙街道."""
    stem = tables.town_stem_at(county_code, text)
    kind = _KIND_HERE.match(text, len(stem)) if stem else None
    if kind:
        return Town(text[: kind.end()], stem, kind.end())
    written = town_written(text)
    if written or not stem:
        return written
    name = tables.town_name(county_code, stem)
    goes_on = _GOES_ON.match(text, len(stem) - 1) or not may_follow_a_region(text, len(stem))
    if name == stem or (len(stem) > 1 and not goes_on):
        return Town(name, stem, len(stem))
    return None


def neighbour_with(town: Town, county_code: str, tables: Divisions) -> str:
    """Give the one other county of the city that has this very town, "" if none or several do.

    A town of another kind (莲花乡 there, 莲花镇 here) is another town, unless that ground came from this county.
    """
    counties = tables.counties_of.get(tables.city_of(county_code), ())
    homes = tables.homes_of_town(town.stem, counties)
    if len(homes) != 1 or homes[0] == county_code:
        return ""
    same = tables.town_name(homes[0], town.stem) == town.name or homes[0] in tables.by_code[county_code].ceded_to
    return homes[0] if same else ""


def decided_by_town(codes: Iterable[str], text: str, tables: Divisions) -> str:
    """Give the one county of several that has the town that follows, "" if none or several do."""
    towns = {code: town for code in codes if (town := town_of(text, code, tables))}
    homes = [code for code, town in towns.items() if tables.homes_of_town(town.stem, [code])]
    return homes[0] if len(homes) == 1 else ""
