"""The verdict on an address: well-formed and permitted, for visits and for letters, with reasons.

The tables are read once, when this module is imported, so that no first caller waits for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fieldops.addresses.catalogue import CATALOGUE, NOTHING_TO_DO, label_of, worst
from fieldops.addresses.counting import Parts
from fieldops.addresses.divisions import divisions
from fieldops.addresses.keys import address_key, site_key
from fieldops.addresses.normalise import Normalised, normalise
from fieldops.addresses.parse import parse
from fieldops.addresses.region import Region, read_region
from fieldops.addresses.scope import not_an_address, outside
from fieldops.addresses.suitability import completeness_codes, sensitive_codes, vague_codes
from fieldops.addresses.words import words

if TYPE_CHECKING:
    from fieldops.addresses.divisions import Divisions

_TABLES = divisions()
RULES = "4"  # counted up when a rule changes, so that stored verdicts are judged again
EDITION = f"divisions {_TABLES.edition} · words {words()['version']} · rules {RULES}"


@dataclass(frozen=True, slots=True)
class AddressFinding:
    """One code with its reason in both languages and what it was found in."""

    code: str
    message_zh: str
    message_en: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class AddressVerdict:
    """What the pipeline makes of one raw address. Parts the text does not have are empty."""

    raw: str
    normalised: str
    province: str
    city: str
    county: str
    town: str
    region_code: str | None
    zone: str
    village: str
    road: str
    lane: str
    house_number: str
    estate: str
    building: str
    unit: str
    floor: str
    room: str
    group: str
    occupant: str
    verdict: str
    visit: str
    letter: str
    codes: tuple[str, ...]
    findings: tuple[AddressFinding, ...]
    next_action: str
    address_key: str
    site_key: str
    noise_removed: tuple[str, ...]
    missing: tuple[str, ...]
    candidates: tuple[str, ...]


def judge(raw: str, *, tables: Divisions | None = None) -> AddressVerdict:
    """Judge one address. Never raises, whatever the text.

    Cost: about 0.1 ms.
    """
    normal, region, parts, found = _steps(raw, tables or _TABLES)
    return _verdict(raw, normal, region, parts, found)


def explain(raw: str) -> list[str]:
    """Give every step of the judgement of one address, a line each: the step, then what came of it."""
    normal, region, parts, found = _steps(raw, _TABLES)
    verdict = _verdict(raw, normal, region, parts, found)
    shown = {name: getattr(parts, name) for name in Parts.__slots__ if getattr(parts, name)}
    steps = [
        ("raw 原文", raw),
        ("normalised 规范化", normal.text),
        ("taken out 去除", " / ".join(verdict.noise_removed)),
        (
            "region 区划",
            " ".join(filter(None, (region.province, region.city, region.county, region.town, region.zone))),
        ),
        ("region code 区划代码", region.code or ""),
        ("candidates 候选", " / ".join(region.candidates)),
        ("rest 余下", region.rest),
        ("parts 成分", ", ".join(f"{name}={value}" for name, value in shown.items())),
        *(
            (f.code, f"{f.message_zh} {f.message_en}" + (f" ({f.detail})" if f.detail else ""))
            for f in verdict.findings
        ),
        ("verdict 结论", f"{verdict.verdict} · visit 外访 {verdict.visit} · letter 信函 {verdict.letter}"),
        ("next 下一步", verdict.next_action),
        ("site key 楼栋键", verdict.site_key),
        ("address key 地址键", verdict.address_key),
        ("edition 版本", EDITION),
    ]
    return [f"{step}: {result}" for step, result in steps]


def outward(verdict: AddressVerdict) -> str:
    """Give the address up to the building, all that an outward geocoding call may carry."""
    v = verdict
    region = dict.fromkeys((v.province, v.city, v.county, v.town, v.zone, v.village, v.road))
    numbers = (f"{v.lane}弄" if v.lane else "", f"{v.house_number}号" if v.house_number else "")
    return "".join((*region, *numbers, v.estate, f"{v.building}号楼" if v.building else ""))


def _steps(raw: str, tables: Divisions) -> tuple[Normalised, Region, Parts, list[tuple[str, str]]]:
    normal = normalise(raw)
    outer, province = outside(raw[:300], normal.text)
    empty = "" if outer else not_an_address(raw[:300], normal.text)
    if empty:
        return normal, read_region(normal.text, tables), Parts(), [(empty, "")]
    if province or outer == "FOREIGN":
        return normal, Region(rest=normal.text, province=province), Parts(), [(outer, "")]
    region = read_region(normal.text, tables)
    parts = parse(region.rest)
    found = [("TOO_LONG", "")] if normal.cut else []
    if outer:
        return normal, region, parts, [*found, (outer, "")]
    return normal, region, parts, found + _findings(normal, region, parts, tables)


def _findings(normal: Normalised, region: Region, parts: Parts, tables: Divisions) -> list[tuple[str, str]]:
    vague = vague_codes(parts)
    if region.zone and not (region.rest or vague):
        vague = [("VAGUE_PARK", region.zone)]
    sensitive = sensitive_codes(parts)
    incomplete = [] if vague or sensitive else completeness_codes(parts, town=region.town, zone=region.zone)
    found = [*region.findings, *vague, *sensitive, *incomplete]
    if region.code and region.rest and not _has_county(region, tables):
        found.append(("REGION_NO_COUNTY" if region.city else "NO_REGION", " / ".join(region.candidates)))
    if parts.without_hao:
        found.append(("NO_HAO", parts.door))
    noise = (*normal.noise_removed, *region.noise)
    if noise:
        found.append(("NOISE_REMOVED", " / ".join(noise)))
    return found


def _has_county(region: Region, tables: Divisions) -> bool:
    return bool(region.county or region.zone or (region.code and not tables.has_counties(region.code)))


def _verdict(
    raw: str, normal: Normalised, region: Region, parts: Parts, found: list[tuple[str, str]]
) -> AddressVerdict:
    codes = tuple(dict.fromkeys(code for code, _ in found))
    rows = [CATALOGUE[code] for code in codes]
    label = label_of(codes)
    site = site_key(region, parts, normal.text)
    return AddressVerdict(
        raw=raw,
        normalised=normal.text,
        province=region.province,
        city=region.city,
        county=region.county,
        town=region.town,
        region_code=region.code,
        zone=region.zone or parts.zone,
        village=parts.village,
        road=parts.road,
        lane=parts.lane,
        house_number=parts.door,
        estate=parts.estate,
        building=parts.building,
        unit=parts.unit,
        floor=parts.floor,
        room=parts.room,
        group=parts.group,
        occupant=parts.occupant,
        verdict=label,
        visit=worst([row.visit for row in rows]),
        letter=worst([row.letter for row in rows]),
        codes=codes,
        findings=tuple(AddressFinding(c, CATALOGUE[c].message_zh, CATALOGUE[c].message_en, d) for c, d in found),
        next_action=next((row.next_action for row in rows if row.label == label), NOTHING_TO_DO),
        address_key=address_key(site, parts),
        site_key=site,
        noise_removed=(*normal.noise_removed, *region.noise),
        missing=tuple(dict.fromkeys(row.missing for row in rows if row.missing)),
        candidates=region.candidates,
    )
