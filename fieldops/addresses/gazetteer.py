"""The user's own list of points 地名库: where buildings are, exact by the key of their site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import sqlalchemy as sa

from fieldops.addresses.datums import DATUMS
from fieldops.addresses.points import GAZETTEER_SOURCE
from fieldops.addresses.verdict import judge
from fieldops.datum import to_wgs84
from fieldops.imports.converters import degrees, text, word_of
from fieldops.imports.kinds import CheckedRow, Column, Intake, Kind, Landed, Outcome, RowRefused
from fieldops.imports.landing import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

PRECISIONS: Final = {"门址": "ROOFTOP", "楼栋": "ROOFTOP", "道路": "STREET", "兴趣点": "POI", "村庄": "VILLAGE"}
"""精度, where a list tells it; a list of buildings without it is as good as the building (ROOFTOP)."""

NO_PLACE: Final = frozenset(
    {
        "EMPTY", "PLACEHOLDER", "MASKED", "NOT_CHINESE", "TOO_LONG", "NO_REGION", "REGION_AMBIGUOUS",
        "REGION_CONTRADICTION", "REGION_ABOLISHED_SPLIT", "INC_REGION_ONLY", "INC_TOWN_ONLY", "VAGUE_NEARBY",
        "VAGUE_RANGE", "OUT_OF_SCOPE_HKMOTW", "FOREIGN", "PO_BOX",
    }
)  # fmt: skip
"""Codes of addresses that are no single place."""
NO_BUILDING: Final = frozenset(
    {"INC_ROAD_ONLY", "INC_DISTRICT_NUMBER", "INC_ROAD_ROOM", "INC_NO_STREET", "INC_NO_BUILDING", "VILLAGE_ONLY"}
)
"""Codes of addresses wider than a building: they have a point only where the list says how good it is."""

_POINT: Final = Table(
    "address_point",
    ("site_key", "source", "lat", "lon", "precision", "datum_given", "recorded_at"),
    key=("site_key", "source"),
    update=("lat", "lon", "precision", "datum_given", "recorded_at"),
)
_KNOWN = sa.text("""
    SELECT site_key, lat, lon, precision, datum_given FROM address_point
    WHERE source = :source AND site_key = ANY(:keys)
""")
_DECIMALS: Final = 7  # a centimetre: the converter's own error stays below it


class _Point(NamedTuple):
    lat: float
    lon: float
    precision: str
    datum_given: str


class GazetteerLander:
    """Lands points: one building has one point in the list, whatever the spelling of its address."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._seen: dict[str, tuple[int, _Point]] = {}

    def land(self, rows: Sequence[CheckedRow]) -> list[Landed]:
        """Land one chunk; see Lander. Cost: each address is judged, about a tenth of a millisecond."""
        keys = [_site_of(row) for row in rows]
        sought = {"source": GAZETTEER_SOURCE, "keys": [key for key in keys if key is not None]}
        found = self._intake.session.execute(_KNOWN, sought).all()
        known = {key: _Point(*point) for key, *point in found}
        landing: dict[str, _Point] = {}
        answers = [self._decide(key, row, known, landing) for key, row in zip(keys, rows, strict=True)]
        at = self._intake.actor.at
        _POINT.land(self._intake.session, ((key, GAZETTEER_SOURCE, *point, at) for key, point in landing.items()))
        return answers

    def finish(self) -> None:
        """Nothing follows: points are looked up when they are asked for."""

    def _decide(self, key: str | None, row: CheckedRow, known: dict[str, _Point], landing: dict[str, _Point]) -> Landed:
        if key is None:
            return RowRefused(
                "地址",
                "NO_SITE",
                "地址 names no single building; write it from the county down to its number, or fill in 精度",
            )
        point = _point(row)
        first_no, said = self._seen.setdefault(key, (row.row_no, point))
        if first_no != row.row_no and said != point:
            return RowRefused(
                "地址", "ROW_TWICE", f"Row {first_no} gives the same building another point; keep one of them"
            )
        if known.get(key) == point or first_no != row.row_no:
            return Outcome.UNCHANGED
        landing[key] = point
        return Outcome.CHANGED if key in known else Outcome.CREATED


def _site_of(row: CheckedRow) -> str | None:
    """The key of the site a row is about; None when it names no place that could have a point of that precision."""
    verdict = judge(row.values["address"])
    wide = NO_PLACE if row.values["precision"] else NO_PLACE | NO_BUILDING
    return None if wide.intersection(verdict.codes) else verdict.site_key


def _point(row: CheckedRow) -> _Point:
    values = row.values
    lat, lon = to_wgs84(values["lat"], values["lon"], values["datum"])
    return _Point(round(lat, _DECIMALS), round(lon, _DECIMALS), values["precision"] or "ROOFTOP", values["datum"])


GAZETTEER: Final = Kind(
    name="gazetteer",
    columns=(
        Column("地址", "address", text, required=True),
        Column("经度", "lon", degrees(73, 136), required=True),
        Column("纬度", "lat", degrees(3, 54), required=True),
        Column("坐标系", "datum", word_of(DATUMS), required=True),
        Column("精度", "precision", word_of(PRECISIONS)),
    ),
    key=lambda values: values["address"],
    lander=GazetteerLander,
)
