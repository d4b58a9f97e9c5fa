"""Which characters the fonts of a pack can print, asked before layout: a missing one would print as an empty box."""

import io
from collections.abc import Mapping
from functools import cache

from fontTools.ttLib import TTFont

# What lays text out and has no shape of its own
_SHAPELESS = frozenset(" \t\r\n\u00ad\u200b")


def characters_by_weight(fonts: Mapping[str, bytes]) -> Mapping[int, frozenset[int]]:
    """Return the code points of all faces of each weight together (OS/2 usWeightClass)."""
    held: dict[int, set[int]] = {}
    for data in fonts.values():
        weight, points = _face(data)
        held.setdefault(weight, set()).update(points)
    return {weight: frozenset(points) for weight, points in held.items()}


@cache
def _face(data: bytes) -> tuple[int, frozenset[int]]:
    with TTFont(io.BytesIO(data), lazy=True) as font:
        return font["OS/2"].usWeightClass, frozenset(font.getBestCmap())


def unprintable(text: str, held: Mapping[int, frozenset[int]]) -> tuple[str, ...]:
    """Return the characters of `text` that some weight lacks: any run may be set bold."""
    return tuple(
        char for char in sorted(set(text) - _SHAPELESS) if any(ord(char) not in points for points in held.values())
    )
