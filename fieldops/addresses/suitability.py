"""Vague, sensitive, incomplete: the three questions asked of the parts of an address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fieldops.addresses.words import alternatives, any_of, words

if TYPE_CHECKING:
    from fieldops.addresses.counting import Parts

_CAMPUS_HIGHER = re.compile(rf"{any_of('campus_higher')}(?:[一-龥]{{0,4}}{any_of('campus_tail')})?$")
_CAMPUS_OTHER = re.compile(rf"{any_of('campus_other')}(?:{any_of('campus_tail')})?$")
_TALENT = re.compile(any_of("talent_centre"))
_COLLECTIVE = re.compile(any_of("collective_hukou"))
_PARK = re.compile(any_of("park") + "(?:内|里)?$")
_WORKS = re.compile(any_of("works") + "(?:内|里)?$")
_RURAL = ("镇", "乡", "苏木")
_HAMLET = re.compile(any_of("hamlet") + "$")
_ORGANISATION = re.compile(any_of("organisation") + "$")
_DEPARTMENT = f"(?:[一-龥]{{0,6}}{any_of('sensitive_department')}){{0,3}}"
_SENSITIVE = [
    (code, re.compile(f"({alternatives(entries)}){_DEPARTMENT}$")) for code, entries in words()["sensitive"].items()
]
_ONE_BUILDING = re.compile(any_of("one_building") + "$")
_NEAR = re.compile(any_of("nearby"))


def vague_codes(parts: Parts) -> list[tuple[str, str]]:
    """Say which broad places the text stops at. A building or room after them makes them fit."""
    pinned = bool(parts.building or parts.room or parts.unit)
    found = []
    if parts.near and not (pinned and not parts.ends_in_name):
        found.append(("VAGUE_NEARBY", parts.near))
    if parts.is_range:
        found.append(("VAGUE_RANGE", parts.door))
    if pinned:
        return found
    for name in parts.names:
        for code, pattern in (("VAGUE_TALENT_CENTRE", _TALENT), ("VAGUE_COLLECTIVE_HUKOU", _COLLECTIVE)):
            if pattern.search(name):
                found.append((code, name))
    if not found:
        found.extend(_vague_end(parts))
    return found


def _vague_end(parts: Parts) -> list[tuple[str, str]]:
    """A bare zone, campus or works at the very end."""
    if not parts.ends_in_name and not parts.floor:
        return [("VAGUE_PARK", parts.zone)] if parts.zone and not (parts.road or parts.door or parts.village) else []
    name = parts.names[-1] if parts.names else ""
    if parts.floor and name == parts.occupant:
        return []
    if _CAMPUS_HIGHER.search(name) or (_CAMPUS_OTHER.search(name) and not parts.door):
        return [("VAGUE_CAMPUS", name)]
    if _PARK.search(name) or (_WORKS.search(name) and not parts.door):
        return [("VAGUE_PARK", name)]
    return []


def sensitive_codes(parts: Parts) -> list[tuple[str, str]]:
    """Say who the sensitive occupant is; streets, estates and towers named after one pass."""
    for name in reversed(parts.names):
        if parts.near and _NEAR.search(name):
            continue
        for code, pattern in _SENSITIVE:
            match = pattern.search(name)
            if match:
                return [(code, match[0])]
    return []


def completeness_codes(parts: Parts, *, town: str, zone: str) -> list[tuple[str, str]]:
    """Give the one code that says what is missing, or nothing if somebody could walk up to the door."""
    if parts.road:
        return _on_a_road(parts)
    if parts.village:
        return _in_a_village(parts)
    if parts.estate:
        found = _in_an_estate(parts)
        is_hamlet = town.endswith(_RURAL) and parts.last == "estate" and _HAMLET.search(parts.estate)
        return [("VILLAGE_ONLY", parts.estate)] if found and is_hamlet and found[0][0] == "INC_NO_BUILDING" else found
    if parts.door or parts.lane:
        return [("INC_NO_STREET" if town or parts.lane else "INC_DISTRICT_NUMBER", town or zone)]
    if parts.building or parts.unit or parts.room or parts.floor or parts.group:
        return [("INC_NO_STREET", "")]
    return [("INC_TOWN_ONLY", town)] if town else [("INC_REGION_ONLY", zone or parts.zone)]


def _on_a_road(parts: Parts) -> list[tuple[str, str]]:
    if parts.village and not parts.door:
        return _in_a_village(parts)
    if parts.door:
        complete = parts.room or parts.unit or parts.building or parts.floor or parts.group
        return [] if complete else [("NO_ROOM", "")]
    if parts.estate:
        return _in_an_estate(parts)
    if parts.lane:
        return [("INC_NO_BUILDING", f"{parts.lane}弄")] if not (parts.building or parts.room) else []
    if parts.building and (parts.room or parts.unit):  # 东一路16号楼2单元301: the building bears the number
        return []
    inside = parts.room or parts.unit or parts.building or parts.floor
    return [("INC_ROAD_ROOM" if inside else "INC_ROAD_ONLY", parts.road)]


def _in_a_village(parts: Parts) -> list[tuple[str, str]]:
    if parts.door or parts.group or (parts.building and (parts.room or parts.unit)):
        return []
    if parts.building:
        return [("INC_NO_ROOM", parts.village)]
    if parts.estate and parts.room:
        return []
    if parts.village.endswith(("社区", "居委会", "居民委员会")):
        return [("INC_NO_BUILDING", parts.village)]
    return [("VILLAGE_ONLY", parts.village)]


def _in_an_estate(parts: Parts) -> list[tuple[str, str]]:
    if parts.door or (parts.lane and parts.room):
        return [] if parts.room or parts.building or parts.unit else [("NO_ROOM", "")]
    if parts.building:
        if parts.room or parts.unit or parts.occupant:
            return []
        return [("NO_ROOM", parts.estate)] if parts.floor else [("INC_NO_ROOM", parts.estate)]
    if parts.group or (parts.room and _ONE_BUILDING.search(parts.estate)):
        return []
    if _ORGANISATION.search(parts.estate) and not (parts.room or parts.unit):
        return [("INC_NO_STREET", parts.estate)] if not parts.road else [("INC_ROAD_ONLY", parts.road)]
    return [("INC_NO_BUILDING", parts.estate)]
