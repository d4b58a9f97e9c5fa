"""The divisions of China, today's and retired since 2000, as tables that answer in microseconds."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from fieldops.addresses.names import short_name, spellings

if TYPE_CHECKING:
    from collections.abc import Iterable

DATA = Path(__file__).parent / "data"
MUNICIPALITIES = ("11", "12", "31", "50")
LONGEST_TOWN = 12
_KIND = re.compile(r"\|[^,]*")


@dataclass(frozen=True, slots=True, eq=False)
class Division:
    """A province (P), prefecture (C) or county (D), alive or retired.

    `cities` are the prefectures it may be written under, its own and its successors'; `today` the codes that
    hold its ground now; `ceded_to` the codes that took a part of one that lives on.
    """

    code: str
    level: str
    name: str
    retired_in: int | None
    today: tuple[str, ...]
    cities: frozenset[str] = frozenset()
    ceded_to: tuple[str, ...] = ()

    @property
    def province_code(self) -> str:
        """Give the code of the province, as 330000."""
        return self.code[:2] + "0000"


@dataclass(frozen=True, slots=True)
class Divisions:
    """Every table of one edition. Build it with `load_divisions`; it is never changed afterwards."""

    edition: str
    by_code: dict[str, Division]
    full: dict[str, tuple[Division, ...]]
    short: dict[str, tuple[Division, ...]]
    lengths: dict[str, tuple[int, ...]]
    by_length: dict[int, tuple[Division, ...]]
    counties_of: dict[str, tuple[str, ...]]
    heirs: dict[str, str]
    centres: dict[str, tuple[float, float]]
    towns: dict[str, str] = field(repr=False)
    town_kinds: dict[str, str] = field(repr=False)
    all_towns: str = field(repr=False)

    def city_of(self, county_code: str) -> str:
        """Give the code of the prefecture above a county, of the municipality, or its own if there is none."""
        if county_code[:2] in MUNICIPALITIES:
            return county_code[:2] + "0000"
        above = county_code[:4] + "00"
        return above if above in self.by_code else county_code

    def has_counties(self, city_code: str) -> bool:
        """Whether the city is divided further: 东莞, 中山, 儋州 and 嘉峪关 are not."""
        return bool(self.counties_of.get(city_code))

    def named(self, length: int) -> tuple[Division, ...]:
        """List the divisions whose names have this many characters."""
        return self.by_length.get(length, ())

    def centre(self, code: str) -> tuple[float, float] | None:
        """Give the centre of a division as (lat, lon) in WGS-84, or None if no source knows it."""
        return self.centres.get(code)

    def town_stem_at(self, county_code: str, text: str) -> str:
        """Give the longest stem of the county's towns that `text` begins with, "" if none."""
        stems = self.towns.get(county_code, "")
        for length in range(min(len(text), LONGEST_TOWN), 0, -1):
            if f",{text[:length]}," in stems:
                return text[:length]
        return ""

    def town_name(self, county_code: str, stem: str) -> str:
        """Give the full name of a town by its stem: 临平 → 临平街道."""
        listed = self.town_kinds.get(county_code, "")
        start = listed.find(f",{stem}|")
        return listed[start + 1 : listed.index(",", start + 1)].replace("|", "") if start >= 0 else stem

    def homes_anywhere(self, stem: str, most: int = 6) -> tuple[str, ...]:
        """Say which counties of the country have a town of this stem, `most` at the most."""
        homes: list[str] = []
        at = self.all_towns.find(f",{stem},")
        while at >= 0 and len(homes) < most:
            line = self.all_towns.rfind("\n", 0, at) + 1
            homes.append(self.all_towns[line : line + 6])
            at = self.all_towns.find(f",{stem},", self.all_towns.find("\n", at))
        return tuple(dict.fromkeys(homes))

    def homes_of_town(self, stem: str, counties: Iterable[str]) -> tuple[str, ...]:
        """Say which of the counties have a town of this stem."""
        needle = f",{stem},"
        return tuple(code for code in counties if needle in self.towns.get(code, ""))


@lru_cache(maxsize=1)
def divisions() -> Divisions:
    """Give the tables that ship with the package, read once."""
    return load_divisions(DATA)


def load_divisions(folder: Path) -> Divisions:
    """Read the tables of one edition from a folder written by `import_divisions`.

    Cost: about 60 ms and 20 MB.
    """
    rows = [_division(line) for line in _lines(folder / "divisions.tsv")]
    by_code = {row.code: row for row in rows if row.retired_in is None}
    full, short = _names(rows)
    kinds = {county: f",{names}," for county, names in _pairs(folder / "towns.tsv")}
    stems = {county: _KIND.sub("", names) for county, names in kinds.items()}
    return Divisions(
        edition=json.loads((folder / "edition.json").read_text(encoding="utf-8"))["division_edition"],
        by_code=by_code,
        full=full,
        short=short,
        lengths=_lengths(full, short),
        by_length=_by_length(rows),
        counties_of=_children(by_code),
        heirs=dict(_pairs(DATA / "heirs.tsv")),
        centres={c: _point(p) for c, p in _pairs(folder / "centres.tsv")},
        towns=stems,
        all_towns="\n".join(county + names for county, names in stems.items()),
        town_kinds=kinds,
    )


def _lines(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return [line for line in lines if line and not line.startswith("#")]


def _pairs(path: Path) -> list[tuple[str, str]]:
    parted = (line.partition("\t") for line in _lines(path))
    return [(key, rest) for key, _, rest in parted]


def _division(line: str) -> Division:
    """A county may be written under the city it had, or under the one that has its ground now."""
    code, level, name, retired_in, listed = line.split("\t")
    others = tuple(listed.split(",")) if listed else ()
    followers = others if retired_in else (code,)
    codes = {code, *followers}
    if level == "D":
        codes = {c[:2] + "0000" if c[:2] in MUNICIPALITIES else c[:4] + "00" for c in codes}
    ceded_to = () if retired_in else others
    return Division(code, level, name, int(retired_in) if retired_in else None, followers, frozenset(codes), ceded_to)


def _names(rows: list[Division]) -> tuple[dict[str, tuple[Division, ...]], dict[str, tuple[Division, ...]]]:
    full: dict[str, list[Division]] = {}
    short: dict[str, list[Division]] = {}
    for row in rows:
        forms = spellings(row.name)
        for form in forms:
            full.setdefault(form, []).append(row)
        stem = short_name(row.name)
        if stem not in forms:
            short.setdefault(stem, []).append(row)
            if row.level == "D" and row.name == stem + "区":
                short.setdefault(stem + "新区", []).append(row)
    full.setdefault("内蒙", []).extend(full["内蒙古自治区"])
    for stem in ("广西", "西藏", "宁夏", "新疆"):
        full.setdefault(stem + "省", []).extend(short[stem])
    return {k: tuple(v) for k, v in full.items()}, {k: tuple(v) for k, v in short.items()}


def _lengths(*tables: dict[str, tuple[Division, ...]]) -> dict[str, tuple[int, ...]]:
    """For every two first characters, the lengths of the names that begin so, longest first."""
    found: dict[str, set[int]] = {}
    for table in tables:
        for name in table:
            found.setdefault(name[:2], set()).add(len(name))
    return {head: tuple(sorted(lengths, reverse=True)) for head, lengths in found.items()}


def _by_length(rows: list[Division]) -> dict[int, tuple[Division, ...]]:
    found: dict[int, list[Division]] = {}
    for row in rows:
        found.setdefault(len(row.name), []).append(row)
    return {k: tuple(v) for k, v in found.items()}


def _children(by_code: dict[str, Division]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for row in by_code.values():
        if row.level == "D":
            found.setdefault(row.code[:4] + "00", []).append(row.code)
            found.setdefault(row.code[:2] + "0000", []).append(row.code)
    return {k: tuple(v) for k, v in found.items()}


def _point(text: str) -> tuple[float, float]:
    lat, lon = text.split("\t")
    return float(lat), float(lon)
