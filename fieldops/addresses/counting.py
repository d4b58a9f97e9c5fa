"""What the numbers of an address count: doors, buildings, units, floors, rooms; told by their unit and their place."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from fieldops.addresses.numerals import spell_out
from fieldops.addresses.words import any_of

_SHARED_BUILDING = re.compile(any_of("shared_building") + "[A-Z0-9]*区?$")
_INSIDE_A_BUILDING = frozenset({"unit", "room", "floor"})
_THREE = 3  # digits of a room, pieces of building-unit-room
_ROOMS_SIDE_BY_SIDE = 20


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


def _committee(value: str, parts: Parts, _following: str) -> None:
    """17委5组: the residents' committees of the north-east have numbers for names."""
    parts.village, parts.last = f"{value}委", "village"


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
    if parts.unit or _are_rooms(pieces) or _is_part_of_a_room(pieces, parts):
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


def _is_part_of_a_room(pieces: list[str], parts: Parts) -> bool:
    """12-3 behind a building is floor and room, as in 重庆, 802-3 in a tower a part of room 802; 2-301 is neither."""
    if len(pieces) != 2 or len(pieces[1]) >= _THREE:  # noqa: PLR2004 - a pair
        return False
    return bool(parts.building or (_SHARED_BUILDING.search(parts.estate) and len(pieces[0]) >= _THREE))


def tell_floor_from_building(parts: Parts) -> None:
    """88号院3楼1203 is room 1203 of house 3: no such room lies on the third floor."""
    digits = parts.room.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    may_be_a_house = parts.floor and parts.door and not (parts.building or parts.unit or parts.estate)
    if may_be_a_house and digits.isdigit() and len(digits) >= _THREE and not digits.startswith(parts.floor):
        parts.building, parts.floor = parts.floor, ""


COUNTED = {
    "range": _range,
    "yard": _yard,
    "building": _building,
    "lane": _lane,
    "unit": _unit,
    "floor": _floor,
    "room": _room,
    "committee": _committee,
    "group": _group,
    "door": _door,
    "bare": _bare,
}
