"""The region of an address: province, city, county and town of today, whatever it is called in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fieldops.addresses.divisions import MUNICIPALITIES, Division, Divisions
from fieldops.addresses.mentions import Mentions, may_follow_a_region, name_anywhere, read_mentions
from fieldops.addresses.names import short_name
from fieldops.addresses.zones import zone_at

if TYPE_CHECKING:
    from collections.abc import Iterable

_TOWN_WRITTEN = re.compile(
    r"([一-龥]{1,9}?)(街道办事处|街道办|街道|地区办事处|办事处|地区|镇|(?:[一-龥]{1,3}族)?乡|苏木)(?![东南西北中]?[路街巷口]|中学|小学|政府|企业)"
)
_NAME_GOES_ON = re.compile(
    r"[路街巷道里村]|.(?:$|[0-9A-Z岛山河江湖溪桥门里庄寨屯塘港湾园苑府城店口北南东西中上下新老大小第])"
)
_COUNTY_WRITTEN = re.compile(r"[一-龥]{2,5}?[区县市]")
_PROVINCE_WRITTEN = re.compile(
    "(?:北京|天津|上海|重庆)市|(?:河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海)省"
    "|(?:内蒙古|广西壮族|西藏|宁夏回族|新疆维吾尔)自治区"
)
_ZONE_LIKE = re.compile(
    r"(?:开发|高新|新|园|小|工业|社|城|市|郊|校|库|景|厂|产业|保税|度假|示范|矿|街|山|湾|别墅|住宅)区|[城超夜]市|菜市"
)


@dataclass(frozen=True, slots=True)
class Region:
    """Names and code of today, what follows them in the text, and what had to be mended to get there.

    `findings` are pairs of a code of the catalogue and its detail. `code` is the county's, or the city's where
    there is none, or None if the text does not say.
    """

    rest: str
    province: str = ""
    city: str = ""
    county: str = ""
    town: str = ""
    zone: str = ""
    code: str | None = None
    findings: tuple[tuple[str, str], ...] = ()
    noise: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()

    @property
    def is_settled(self) -> bool:
        """Whether the text names one county, or a city that has none, or a zone of a city."""
        return self.code is not None and not any(code in UNSETTLED for code, _ in self.findings)


UNSETTLED = frozenset({"NO_REGION", "REGION_AMBIGUOUS", "REGION_CONTRADICTION", "REGION_ABOLISHED_SPLIT"})


def read_region(text: str, tables: Divisions) -> Region:
    """Read the region off the front of a normalised text.

    Nothing after the county is matched again, except a repetition of the whole region, before which all is cut.
    """
    region = _read_once(text, tables)
    for _ in range(3):
        again = _recurrence(region, tables)
        if again < 0:
            break
        cut = region.rest[:again]
        later = _read_once(region.rest[again:], tables)
        if not later.code or (region.county and not later.county):
            break
        if (region.code or "")[:2] != later.code[:2]:
            both = f"{region.province}{region.city}{region.county} / {later.province}{later.city}{later.county}"
            return replace(region, findings=(*region.findings, ("REGION_CONTRADICTION", both)))
        region = replace(later, noise=(*region.noise, *((cut,) if cut else ()), *later.noise))
    return region


def _recurrence(region: Region, tables: Divisions) -> int:
    """Find where a province, or this city, is named in full once more with a division below it, -1 if nowhere."""
    if not region.code:
        return -1
    again = _PROVINCE_WRITTEN.search(region.rest)
    places = [again.start()] if again else []
    if len(region.city) > 2 and (at := region.rest.find(region.city)) >= 0:  # noqa: PLR2004 - whole names only
        places.append(at)
    for at in sorted(places):
        name = name_anywhere(region.rest, at, tables)
        if name and name_anywhere(region.rest, at + len(name[0]), tables):
            return at
    return -1


def _read_once(text: str, tables: Divisions) -> Region:
    read = read_mentions(text, tables)
    noise = tuple(part for part in (text[: read.start], *read.repeats) if part)
    rest = text[read.end :]
    if not read.names:
        return Region(rest=text, findings=(("NO_REGION", ""),), candidates=_homes_in_the_country(text, tables))
    if all(division.level == "D" for division in read.scope):
        region = _of_county(read, rest, tables)
    else:
        region = _of_city(read, rest, tables)
    return replace(region, noise=noise)


def _homes_in_the_country(text: str, tables: Divisions) -> tuple[str, ...]:
    """Counties that have the town an address without any region begins with: suggestions for a person."""
    town = _TOWN_WRITTEN.match(text)
    if not town:
        return ()
    homes = tables.homes_of_town(town[1], tables.towns)
    return tuple(_full_name(code, tables) for code in homes) if len(homes) <= 5 else ()  # noqa: PLR2004 - else no help


def _full_name(code: str, tables: Divisions) -> str:
    names = _names(code, tables)
    return "".join(dict.fromkeys(name for name in names if name))


def _names(code: str, tables: Divisions) -> tuple[str, str, str]:
    """Give province, city and county of a code of today."""
    division = tables.by_code[code]
    province = tables.by_code[division.province_code].name
    if division.level == "P":
        return province, province if code[:2] in MUNICIPALITIES else "", ""
    city = tables.by_code[tables.city_of(code)].name if division.level == "D" else division.name
    return province, city, division.name if division.level == "D" else ""


def _settled(
    code: str, rest: str, tables: Divisions, *, town: str = "", zone: str = "", findings: Iterable[tuple[str, str]] = ()
) -> Region:
    province, city, county = _names(code, tables)
    return Region(rest, province, city, county, town, zone, code, tuple(findings))


def _unsettled(finding: str, written: str, rest: str, candidates: Iterable[str], tables: Divisions) -> Region:
    names = tuple(_full_name(code, tables) for code in candidates)
    detail = written + (": " + " / ".join(names) if names else "")
    return Region(rest, county=written, findings=((finding, detail),), candidates=names)


def _of_county(read: Mentions, rest: str, tables: Divisions) -> Region:
    """Settle a text that names a county: alive, retired, one of several of its name, or next door to its town."""
    written = read.names[-1]
    codes = tuple(dict.fromkeys(code for division in read.scope for code in division.today))
    historic = _historic(read, tables)
    if len(codes) != 1:
        code = _by_town(codes, rest, tables) or (_heir(read.scope, codes, tables) if historic else "")
        if not code:
            finding = "REGION_ABOLISHED_SPLIT" if historic and len(read.scope) == 1 else "REGION_AMBIGUOUS"
            return _unsettled(finding, written, rest, codes, tables)
    else:
        code = codes[0]
    findings = [("HISTORICAL_NAME", f"{historic} → {_full_name(code, tables)}")] if historic else []
    return _with_town(code, rest, tables, findings, fixable=not historic or len(codes) == 1)


def _historic(read: Mentions, tables: Divisions) -> str:
    """Give the retired names in the chain as written, "" if all are alive."""
    if all(division.retired_in is not None for division in read.chain[-1]):
        return read.names[-1]
    retired = [
        name
        for name, divisions in zip(read.names, read.chain, strict=True)
        if all(division.retired_in is not None for division in divisions)
    ]
    return "".join(retired) if retired and tables else ""


def _by_town(codes: Iterable[str], rest: str, tables: Divisions) -> str:
    """Give the one code whose county has the town that follows, "" if none or several do."""
    written = _TOWN_WRITTEN.match(rest)
    best = [(len(tables.town_stem_at(code, rest)), code) for code in codes]
    longest = max((length for length, _ in best), default=0)
    if not longest or (longest == 1 and not written) or not (written or may_follow_a_region(rest, longest)):
        return ""
    homes = [code for length, code in best if length == longest]
    return homes[0] if len(homes) == 1 else ""


def _heir(scope: tuple[Division, ...], codes: tuple[str, ...], tables: Divisions) -> str:
    """Give the successor that kept the name, or that took most of the ground; "" if a person must say."""
    if len(scope) != 1:
        return ""
    listed = tables.heirs.get(scope[0].code)
    if listed:
        return listed if listed != "-" else ""
    stem = short_name(scope[0].name)
    same = [code for code in codes if short_name(tables.by_code[code].name) == stem]
    return same[0] if len(same) == 1 else ""


def _with_town(
    code: str, rest: str, tables: Divisions, findings: list[tuple[str, str]], *, fixable: bool = True
) -> Region:
    """Take the town off the rest; a town of a neighbouring county of the city moves the address there."""
    stem = tables.town_stem_at(code, rest)
    written = _TOWN_WRITTEN.match(rest)
    if written and (len(stem) < len(written[1]) or not stem) and written[1] != stem:
        stem = _longer_written(stem, rest, written)
        if stem == written[1] and fixable:
            home = _neighbour(code, stem, written[0], tables)
            if home:
                mended = f"{_names(code, tables)[2]} → {_names(home, tables)[2]} ({written[0]})"
                return _settled(home, rest[written.end() :], tables, town=written[0],
                                findings=[*findings, ("DISTRICT_FIXED_BY_TOWN", mended)])  # fmt: skip
    if not stem:
        return _settled(code, rest, tables, findings=findings)
    kind = _TOWN_WRITTEN.match(rest)
    if kind and kind[1] == stem:
        return _settled(code, rest[kind.end() :], tables, town=kind[0], findings=findings)
    return _unsuffixed_town(code, stem, rest, tables, findings)


def _longer_written(stem: str, rest: str, written: re.Match[str]) -> str:
    return stem if stem and rest[len(stem) :].startswith(("街道", "镇", "乡", "地区")) else written[1]


def _unsuffixed_town(code: str, stem: str, rest: str, tables: Divisions, findings: list[tuple[str, str]]) -> Region:
    """下沙 for 下沙街道: only where the name does not go on to be a road, a school or an estate."""
    name = tables.town_name(code, stem)
    goes_on = _NAME_GOES_ON.match(rest, len(stem) - 1) or not may_follow_a_region(rest, len(stem))
    if name == stem or (len(stem) > 1 and not goes_on):
        return _settled(code, rest[len(stem) :], tables, town=name, findings=findings)
    return _settled(code, rest, tables, findings=findings)


def _neighbour(code: str, stem: str, written: str, tables: Divisions) -> str:
    """Give the one other county of the city that has this very town, "" if none or several do.

    A town of another kind (莲花乡 there, 莲花镇 here) is another town, unless that ground came from this county.
    """
    counties = tables.counties_of.get(tables.city_of(code), ())
    homes = tables.homes_of_town(stem, counties)
    if len(homes) != 1 or homes[0] == code:
        return ""
    same = tables.town_name(homes[0], stem) == written or homes[0] in tables.by_code[code].ceded_to
    return homes[0] if same else ""


def _of_city(read: Mentions, rest: str, tables: Divisions) -> Region:
    """Settle a text that stops at a city or province: by zone, by town, by a misspelt county, or not at all."""
    division = _preferred(read.scope)
    code = division.today[0] if len(division.today) == 1 else tables.heirs.get(division.code, "")
    if not code:
        return _unsettled("REGION_ABOLISHED_SPLIT", read.names[-1], rest, division.today, tables)
    historic = _historic(read, tables) if division.retired_in else ""
    findings = [("HISTORICAL_NAME", f"{historic} → {_full_name(code, tables)}")] if historic else []
    if division.level == "D":
        return _with_town(code, rest, tables, findings)
    if division.level == "C" and not tables.has_counties(code):
        return _with_town(code, rest, tables, findings)
    return _below_city(code, read, rest, tables, findings)


def _preferred(scope: tuple[Division, ...]) -> Division:
    """Of several meanings of a name, the living one, then the greater."""
    return min(scope, key=lambda d: (d.retired_in is not None, "PCD".index(d.level)))


def _below_city(code: str, read: Mentions, rest: str, tables: Divisions, findings: list[tuple[str, str]]) -> Region:
    zone = zone_at(rest, code)
    if zone:
        if zone.county:
            return _settled(zone.county, rest[zone.end :], tables, zone=zone.name, findings=findings)
        return _settled(code, rest[zone.end :], tables, zone=zone.name, findings=findings)
    counties = tables.counties_of.get(code, ())
    town = _TOWN_WRITTEN.match(rest)
    homes = tables.homes_of_town(town[1], counties) if town else ()
    if town and len(homes) == 1:
        return _settled(homes[0], rest[town.end() :], tables, town=town[0], findings=findings)
    elsewhere = name_anywhere(rest, 0, tables)
    if elsewhere and len(elsewhere[0]) > 2 and elsewhere[1][0].level != "P":  # noqa: PLR2004 - 东区, 城区 are towns too
        codes = [c for division in elsewhere[1] for c in division.today]
        return _unsettled("REGION_CONTRADICTION", elsewhere[0], rest[len(elsewhere[0]) :], codes, tables)
    misspelt = _misspelt(rest, read, tables)
    if misspelt:
        written, right = misspelt
        note = ("TYPO_FIXED", f"{written} → {tables.by_code[right].name}")
        return _with_town(right, rest[len(written) :], tables, [*findings, note])
    names = tuple(_full_name(c, tables) for c in homes)
    return replace(_settled(code, rest, tables, findings=findings), candidates=names)


def _misspelt(rest: str, read: Mentions, tables: Divisions) -> tuple[str, str] | None:
    """Find the one county of the province whose name differs in one character, if it lies below the scope."""
    for match in (_COUNTY_WRITTEN.match(rest),):
        if not match or len(match[0]) < 3 or _ZONE_LIKE.search(match[0]):  # noqa: PLR2004 - 赵县 has nothing to compare
            continue
        written = match[0]
        province = read.scope[0].code[:2] + "0000"
        near = [c for c in tables.counties_of[province] if _one_apart(tables.by_code[c].name, written)]
        near = [c for c in near if tables.by_code[c].name[:-1] == written[:-1]] or near
        if len(near) == 1 and any(
            above.level == "P" or not tables.by_code[near[0]].cities.isdisjoint(above.cities) for above in read.scope
        ):
            return written, near[0]
    return None


def _one_apart(name: str, written: str) -> bool:
    return len(name) == len(written) and sum(a != b for a, b in zip(name, written, strict=True)) == 1
