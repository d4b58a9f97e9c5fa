"""Real addresses of 2018 with BIO labels, read as what they say about completeness and region.

Source: Li, Lu, Xie, Li 2019 (labelled-dev.txt, 2,985 addresses, digits altered). No licence is stated: it is measured
with, never shipped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Pieces = list[tuple[str, str]]
"""One address: (label, text) for each piece, in order."""

ROADS = {"road", "subRoad", "subroad"}
POIS = {"poi", "subpoi"}
DOORS = {"roadno", "subroadno"}
NUMBERS = DOORS | {"houseno"}
REGIONS = {"prov", "city", "district"}

READINGS: dict[str, Callable[[set[str]], bool]] = {
    "": lambda labels: bool(labels & (ROADS | POIS) and labels & NUMBERS),
    "villages too ": lambda labels: bool(labels & (ROADS | POIS | {"community"}) and labels & NUMBERS),
    "narrowest ": lambda labels: bool((labels & ROADS and labels & DOORS) or (labels & POIS and "houseno" in labels)),
}
"""When an address should be VALID, by its labels.

The first reading is that of the goal: a road with a number, or a place with one (门牌 is labelled roadno, 幢 houseno,
behind either). In the second a village is a place as well, as the rules have it: a village with a number is complete.
The narrowest asks for a roadno behind a road and a houseno behind a place.
"""


def labelled(path: Path) -> Iterator[Pieces]:
    """Give each labelled address as its pieces."""
    pieces: Pieces = []
    for line in [*path.read_text(encoding="utf-8").splitlines(), ""]:
        if not line.strip():
            if pieces:
                yield pieces
            pieces = []
            continue
        text, tag = line.rsplit(" ", 1)
        begin, _, label = tag.partition("-")
        if begin == "B" or not pieces or pieces[-1][0] != label:
            pieces.append((label, text))
        else:
            pieces[-1] = (label, pieces[-1][1] + text)


def text_of(pieces: Pieces) -> str:
    """Put the pieces together; the file writes blanks as underscores."""
    return "".join(text for _, text in pieces).replace("_", " ")


def right_counties(pieces: Pieces) -> set[str]:
    """Give the names, of 2018 and of today, of the county the labels name; empty if they name none for certain."""
    from fieldops.addresses.divisions import divisions  # noqa: PLC0415 - each engine alone in its process

    tables = divisions()
    labels: dict[str, str] = {}
    for label, text in pieces:
        labels.setdefault(label, text)

    def meant(label: str, levels: str) -> list[Any]:
        name = labels.get(label, "")
        return [d for table in (tables.full, tables.short) for d in table.get(name, ()) if d.level in levels]

    counties, cities, provinces = meant("district", "D"), meant("city", "CP"), meant("prov", "P")
    if cities:
        counties = [d for d in counties if any(not d.cities.isdisjoint(c.cities) for c in cities)]
    if provinces:
        counties = [d for d in counties if any(d.code[:2] == p.code[:2] for p in provinces)]
    codes = {code for d in counties for code in d.today}
    if not (cities or provinces) and len(codes) > 1:
        return set()
    towns_moved_to = {code for d in counties for code in d.ceded_to}
    return {d.name for d in counties} | {tables.by_code[code].name for code in codes | towns_moved_to}
