"""The region of an address: province, city, county and town of today, whatever it is called in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fieldops.addresses.divisions import MUNICIPALITIES, Division, Divisions
from fieldops.addresses.mentions import Mentions, name_anywhere, read_mentions
from fieldops.addresses.names import short_name
from fieldops.addresses.towns import decided_by_town, neighbour_with, town_of, town_written
from fieldops.addresses.typos import misspelt, unknown_county
from fieldops.addresses.zones import zone_at

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fieldops.addresses.zones import Zone

Findings = tuple[tuple[str, str], ...]

_PROVINCE_WRITTEN = re.compile(
    "(?:北京|天津|上海|重庆)市|(?:河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南"
    "|四川|贵州|云南|陕西|甘肃|青海)省|(?:内蒙古|广西壮族|西藏|宁夏回族|新疆维吾尔)自治区"
)
_SAYS_NOTHING = re.compile(r"[东南西北城郊矿新]区$")
_WHOLE_NAME = 3
_MOST_CANDIDATES = 5
_MOST_REPEATS = 3


@dataclass(frozen=True, slots=True)
class Region:
    """Names and code of today, what follows them in the text, and what had to be mended to get there.

    `findings` are pairs of a code of the catalogue and its detail. `code` is the county's, or the city's where
    there is none, or None if the text does not say. `county` may be a name as written that nobody could place.
    """

    rest: str
    province: str = ""
    city: str = ""
    county: str = ""
    town: str = ""
    zone: str = ""
    code: str | None = None
    findings: Findings = ()
    noise: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()


def read_region(text: str, tables: Divisions) -> Region:
    """Read the region off the front of a normalised text.

    Nothing after the county is matched again, except a repetition of the whole region, before which all is cut;
    a second region elsewhere is a contradiction.
    """
    region = _read_once(text, tables)
    for _ in range(_MOST_REPEATS):
        again = _second_region(region, tables)
        if again < 0:
            break
        cut = region.rest[:again]
        later = _read_once(region.rest[again:], tables)
        if not later.code:
            break
        if region.code and region.code[:2] == later.code[:2] and region.county and not later.county:
            break
        if region.code and region.code[:2] != later.code[:2]:
            return _unsettled("REGION_CONTRADICTION", "", later.rest, (region.code, later.code), tables)
        region = replace(later, noise=(*region.noise, *((cut,) if cut else ()), *later.noise))
    return region


def _second_region(region: Region, tables: Divisions) -> int:
    """Find where a province, or this city, is named in full once more with a division below it, -1 if nowhere."""
    if any(code == "REGION_CONTRADICTION" for code, _ in region.findings):
        return -1
    again = _PROVINCE_WRITTEN.search(region.rest)
    places = [again.start()] if again else []
    if len(region.city) >= _WHOLE_NAME and (at := region.rest.find(region.city)) >= 0:
        places.append(at)
    for at in sorted(places):
        name = name_anywhere(region.rest, at, tables)
        follows = name and name_anywhere(region.rest, at + len(name[0]), tables)
        if follows or (name and at == 0 and name[1][0].code[:2] != (region.code or "")[:2]):
            return at
    return -1


def _read_once(text: str, tables: Divisions, *, mend: bool = True) -> Region:
    read = read_mentions(text, tables)
    if mend and read.start and (wrong := misspelt(text, 0, (), tables)):
        return _mended(text, 0, wrong, tables)
    rest = text[read.end :]
    if read.names and all(division.level == "D" for division in read.scope):
        region = _of_county(read, rest, tables)
    elif read.names:
        region = _of_city(read, rest, tables)
    else:
        region = Region(rest=text, findings=(("NO_REGION", ""),), candidates=_homes_in_the_country(text, tables))
    if not (region.county or region.zone or region.town):
        wrong = misspelt(text, read.end, read.scope, tables) if mend else None
        if wrong:
            return _mended(text, read.end, wrong, tables)
        strange = unknown_county(rest, tables) if region.code and tables.has_counties(region.code) else ""
        if strange:
            findings = (("REGION_AMBIGUOUS", strange),)
            region = replace(region, county=strange, code=None, rest=rest[len(strange) :], findings=findings)
    noise = tuple(part for part in (text[: read.start], *read.repeats) if part)
    return replace(region, noise=noise)


def _mended(text: str, at: int, wrong: tuple[str, str], tables: Divisions) -> Region:
    written, right = wrong
    region = _read_once(text[:at] + right + text[at + len(written) :], tables, mend=False)
    return replace(region, findings=(("TYPO_FIXED", f"{written} → {right}"), *region.findings))


def _homes_in_the_country(text: str, tables: Divisions) -> tuple[str, ...]:
    """Counties that have the town an address without any region begins with: suggestions for a person."""
    town = town_written(text)
    homes = tables.homes_anywhere(town.stem) if town else ()
    return tuple(_full_name(code, tables) for code in homes) if len(homes) <= _MOST_CANDIDATES else ()


def _full_name(code: str, tables: Divisions) -> str:
    return "".join(dict.fromkeys(name for name in _names(code, tables) if name))


def _names(code: str, tables: Divisions) -> tuple[str, str, str]:
    """Give province, city and county of a code of today."""
    division = tables.by_code[code]
    province = tables.by_code[division.province_code].name
    if division.level == "P":
        return province, province if code[:2] in MUNICIPALITIES else "", ""
    city = tables.by_code[tables.city_of(code)].name if division.level == "D" else division.name
    return province, city, division.name if division.level == "D" else ""


def _settled(
    code: str, rest: str, tables: Divisions, *, town: str = "", zone: str = "", findings: Findings = ()
) -> Region:
    province, city, county = _names(code, tables)
    return Region(rest, province, city, county, town, zone, code, findings)


def _unsettled(finding: str, written: str, rest: str, codes: Iterable[str], tables: Divisions) -> Region:
    """Leave the region to a person, with the candidates; what is certain all the same stays named."""
    codes = tuple(codes)
    names = tuple(_full_name(code, tables) for code in codes)
    detail = ": ".join(part for part in (written, " / ".join(names)) if part)
    province, city = ("", "") if finding == "REGION_CONTRADICTION" else _shared_names(codes, tables)
    return Region(rest, province, city, written, findings=((finding, detail),), candidates=names)


def _shared_names(codes: tuple[str, ...], tables: Divisions) -> tuple[str, str]:
    """Give the province and the city that all of these codes lie in, "" where they differ."""
    names = [_names(code, tables) for code in codes]
    provinces, cities = {province for province, _, _ in names}, {city for _, city, _ in names}
    return provinces.pop() if len(provinces) == 1 else "", cities.pop() if len(cities) == 1 else ""


def _of_county(read: Mentions, rest: str, tables: Divisions) -> Region:
    """Settle a text that names a county: alive, retired, or one of several of its name."""
    written = read.names[-1]
    codes = tuple(dict.fromkeys(code for division in read.scope for code in division.today))
    historic = _retired_names(read)
    code = codes[0] if len(codes) == 1 else decided_by_town(codes, rest, tables)
    if not code and historic:
        code = _heir(read.scope, codes, tables)
    elsewhere = tables.homes_anywhere(written) if read.names == [written] and _SAYS_NOTHING.match(written) else ()
    if code and elsewhere:  # 西区 is a county of 攀枝花 and a town of 中山
        return _unsettled("REGION_AMBIGUOUS", written, rest, (code, *elsewhere), tables)
    if not code:
        finding = "REGION_ABOLISHED_SPLIT" if historic and len(read.scope) == 1 else "REGION_AMBIGUOUS"
        return _unsettled(finding, written, rest, codes, tables)
    findings = (("HISTORICAL_NAME", f"{historic} → {_full_name(code, tables)}"),) if historic else ()
    return _with_town(code, rest, tables, findings)


def _retired_names(read: Mentions) -> str:
    """Give the retired names of the chain as written, "" if all are alive."""
    retired = [
        name
        for name, divisions in zip(read.names, read.chain, strict=True)
        if all(division.retired_in is not None for division in divisions)
    ]
    return "".join(retired)


def _heir(scope: tuple[Division, ...], codes: tuple[str, ...], tables: Divisions) -> str:
    """Give the successor that keeps the code or the name, or took most of the ground; "" if a person must say."""
    if len(scope) != 1:
        return ""
    listed = tables.heirs.get(scope[0].code)
    if listed:
        return listed if listed != "-" else ""
    if scope[0].code in codes:
        return scope[0].code
    stem = short_name(scope[0].name)
    same = [code for code in codes if short_name(tables.by_code[code].name) == stem]
    return same[0] if len(same) == 1 else ""


def _with_town(code: str, rest: str, tables: Divisions, findings: Findings) -> Region:
    """Take the town off the rest; a town of a neighbouring county of the city moves the address there."""
    town = town_of(rest, code, tables)
    if not town:
        return _settled(code, rest, tables, findings=findings)
    home = "" if tables.homes_of_town(town.stem, [code]) else neighbour_with(town, code, tables)
    if home:
        moved = f"{_names(code, tables)[2]} → {_names(home, tables)[2]} ({town.name})"
        findings = (*findings, ("DISTRICT_FIXED_BY_TOWN", moved))
    return _settled(home or code, rest[town.end :], tables, town=town.name, findings=findings)


def _of_city(read: Mentions, rest: str, tables: Divisions) -> Region:
    """Settle a text that stops at a city or province: without counties, by its zone, by its town, or not."""
    division = min(read.scope, key=lambda d: (d.retired_in is not None, "PCD".index(d.level)))
    code = division.today[0] if len(division.today) == 1 else tables.heirs.get(division.code, "")
    if not code:
        return _unsettled("REGION_ABOLISHED_SPLIT", read.names[-1], rest, division.today, tables)
    historic = _retired_names(read) if division.retired_in else ""
    findings = (("HISTORICAL_NAME", f"{historic} → {_full_name(code, tables)}"),) if historic else ()
    if division.level == "D":
        return _with_town(code, rest, tables, findings)
    zone = zone_at(rest, code)
    if zone:
        return _in_a_zone(zone, rest[zone.end :], tables, findings)
    if division.level == "C" and not tables.has_counties(code):
        return _with_town(code, rest, tables, findings)
    return _below_city(code, rest, tables, findings)


def _in_a_zone(zone: Zone, rest: str, tables: Divisions, findings: Findings) -> Region:
    """Settle a text in a zone; one laid over counties may be followed by one of them: 雄安新区容城县."""
    county = name_anywhere(rest, 0, tables)
    inside = [d for d in county[1] if zone.home in d.cities and d.retired_in is None] if county else []
    if county and len(inside) == 1:
        region = _with_town(inside[0].code, rest[len(county[0]) :], tables, findings)
        return replace(region, zone=zone.name)
    town = town_written(rest)
    name, rest = (town.name, rest[town.end :]) if town else ("", rest)
    return _settled(zone.home, rest, tables, town=name, zone=zone.name, findings=findings)


def _below_city(code: str, rest: str, tables: Divisions, findings: Findings) -> Region:
    town = town_written(rest)
    counties = tables.counties_of.get(code, ())
    homes = tables.homes_of_town(town.stem, counties) if town else ()
    if town and not homes:  # 叶集镇 became 叶集区
        homes = tuple(county for county in counties if short_name(tables.by_code[county].name) == town.stem)
    if town and len(homes) == 1:
        return _settled(homes[0], rest[town.end :], tables, town=town.name, findings=findings)
    elsewhere = name_anywhere(rest, 0, tables)
    if elsewhere and len(elsewhere[0]) >= _WHOLE_NAME:
        return _of_another_place(rest, tables)
    names = tuple(_full_name(home, tables) for home in homes)
    return replace(_settled(code, rest, tables, findings=findings), candidates=names)


def _of_another_place(rest: str, tables: Divisions) -> Region:
    """A name in full that lies elsewhere: 四川省成都市 before 江北区, 广东省 before 杭州市西湖区."""
    read = read_mentions(rest, tables)
    codes = dict.fromkeys(code for division in read.scope for code in division.today)
    region = _unsettled("REGION_CONTRADICTION", "".join(read.names), rest[read.end :], codes, tables)
    is_county = all(division.level == "D" for division in read.scope)
    return replace(region, county=read.names[-1] if is_county else "")
