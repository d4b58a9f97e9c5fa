"""Development zones: regions of their own below a city, which no list of counties knows."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

DATA = Path(__file__).parent / "data"

_GENERIC = (
    r"(?:国家级?|省级)?(?:高新技术产业开发区|高新技术产业园区|高新技术开发区|高新技术区|高新产业开发区|高新开发区|高技术产业开发区|高新区|高技区|高新"
    r"|经济技术开发区|经济开发区|经济技术区|经开区|技术开发区|开发区|综合保税区|保税港区|保税区|自贸区|自由贸易试验区"
    r"|工业园区|旅游度假区|度假区)(?:管委会)?"
)
_GENERIC_ZONE = re.compile(_GENERIC)
_SAYS_WHAT_IT_IS = 4  # characters: 雄安新区 does, 园区 and 新城 do not


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone at the front of a text: its name, the length it takes, and what it lies in.

    `home` is its city, or its county where the law gives it one.
    """

    name: str
    end: int
    home: str


def zone_at(text: str, code: str) -> Zone | None:
    """Find the zone that `text` begins with: of the table for this city or province, or by its general name."""
    for name, home in zones_of(code):
        if text.startswith(name):
            return Zone(name, len(name), home)
    match = _GENERIC_ZONE.match(text)
    return Zone(match[0], match.end(), code) if match else None


@lru_cache(maxsize=512)
def zones_of(code: str) -> tuple[tuple[str, str], ...]:
    """List the zones of a city, the longest name first: (name, code of its county or city).

    Those of a province are the ones whose name only one of its cities has and that say themselves what they are:
    河北雄安新区, but not 江苏园区.
    """
    own = _table().get(code, ())
    if code.endswith("0000") and not own:
        listed = [zone for city, zones in _table().items() if city[:2] == code[:2] for zone in zones]
        names = Counter(name for name, _ in listed)
        own = [(name, home) for name, home in listed if names[name] == 1 and len(name) >= _SAYS_WHAT_IT_IS]
    return tuple(sorted(own, key=lambda zone: -len(zone[0])))


@lru_cache(maxsize=1)
def _table() -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for line in (DATA / "zones.tsv").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            city, county, names = line.split("\t")
            found.setdefault(city, []).extend((name, county or city) for name in names.split(","))
    return found
