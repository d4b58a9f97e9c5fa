"""The words of a crew list: how a crew travels, and in which datum a point is given."""

from __future__ import annotations

from typing import Final

MODES: Final = {
    "汽车": "CAR",
    "电动车": "EBIKE",
    "摩托车": "MOTORBIKE",
    "自行车": "BIKE",
    "公交": "TRANSIT",
    "地铁": "TRANSIT",
    "步行": "WALK",
}
"""交通方式."""
