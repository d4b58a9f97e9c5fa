"""Keys that say whether two texts mean one flat (`address_key`) or one building (`site_key`)."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from fieldops.addresses.names import town_stem

if TYPE_CHECKING:
    from fieldops.addresses.counting import Parts
    from fieldops.addresses.region import Region

_URBAN = ("街道", "地区", "街道办事处", "街道办", "办事处", "地区办事处")


def site_key(region: Region, parts: Parts, text: str) -> str:
    """Name the building: region code, town where it tells places apart, road and door, estate, building.

    A city street needs no subdistrict to be told apart, an estate or a village does. Text that cannot be taken
    apart is its own key.
    """
    if not region.code or not (parts.road or parts.estate or parts.village or parts.door or parts.lane):
        return "?" + hashlib.sha256(text.encode()).hexdigest()[:24] if text else ""
    door, building = parts.door, parts.building
    if parts.lane and not door:  # in 上海, 119弄16号 and 119弄16号楼 are one house
        door, building = building, ""
    on_a_street = bool(parts.road and (parts.door or parts.lane))
    needs_town = not (on_a_street and region.town.endswith(_URBAN))
    return "|".join(
        (
            region.code,
            town_stem(region.town) if needs_town else "",
            "" if on_a_street else parts.village,
            parts.road,
            parts.lane,
            parts.group,
            door,
            parts.estate.removesuffix("小区") or parts.estate,
            building,
        )
    )


def address_key(site: str, parts: Parts) -> str:
    """Name the flat within its building: unit, floor only if the room does not tell it, room."""
    if not site or site.startswith("?"):
        return site
    floor = parts.floor
    if floor and re.match(rf"{re.escape(floor)}\d\d$", parts.room):
        floor = ""
    return f"{site}#{parts.unit}#{floor}#{parts.room}"
