"""How files name the datum 坐标系 of a coordinate."""

from __future__ import annotations

from typing import Final

DATUMS: Final = {
    "WGS84": "WGS84",
    "WGS-84": "WGS84",
    "GCJ02": "GCJ02",
    "GCJ-02": "GCJ02",
    "火星坐标": "GCJ02",
    "BD09": "BD09",
    "BD-09": "BD09",
    "百度坐标": "BD09",
}
