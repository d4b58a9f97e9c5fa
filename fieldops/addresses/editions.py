"""Build the division files that ship with the package from their open sources.

The sources are a list of GB/T 2260 codes with successors (`gb2260-areas.csv`), the towns of every
county (`towns.json`), the current list that a newer edition may bring (`divisions-*.json`) and,
if present, the centres of counties (`adcodes.csv`). The result is three small tables and a note of
the edition, which `fieldops.addresses.divisions` reads.

Source: https://github.com/xihan123/gb2260 (CC0), https://github.com/mumuy/data_location (MIT),
https://github.com/DQinYuan/chinese_province_city_area_mapper (MIT, centres, GCJ-02).
"""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from pathlib import Path

from fieldops.addresses.names import GENERIC_ZONE, town_stem
from fieldops.datum import to_wgs84
from fieldops.errors import FieldopsError

DATA = Path(__file__).parent / "data"
OLDEST_RETIRED_YEAR = 2000
OVERSEAS = ("71", "81", "82", "83")
LEVELS = {"province": "P", "prefecture": "C", "county": "D"}
_SUCCESSOR = re.compile(r"^(\d{6})(?:\[(\d{4})\])?$")


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One line of the code list: a division, alive or retired, with the codes that followed it."""

    code: str
    name: str
    level: str
    city: str
    active: bool
    ended_in: int | None
    successors: tuple[str, ...]
    ceded_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What one import wrote, for the operator's screen."""

    edition: str
    active: int
    retired: int
    towns: int
    centres: int
    without_successor: tuple[str, ...]


class EditionError(FieldopsError):
    """No edition can be made of the folder, or written where the data lives; the message names the file."""


def import_divisions(source: Path, *, edition: str, out: Path = DATA) -> ImportReport:
    """Write the tables of `edition` into `out` from the open sources in folder `source`.

    Raises: EditionError if a source file is missing or holds no divisions, or `out` cannot be written. Nothing is
    changed then.
    Cost: about a second.
    """
    rows = read_rows(_needed(source, "gb2260-areas.csv"))
    rows += _founded_since(source, {row.code for row in rows if row.active})
    towns = json.loads(_needed(source, "towns.json").read_text(encoding="utf-8"))
    active = {row.code: row for row in rows if row.active}
    if len(active) < 1000:  # noqa: PLR2004 - fewer is not a country
        raise EditionError(f"{source} names only {len(active)} divisions: give the full list of codes.")
    retired = [row for row in rows if not row.active and (row.ended_in or 0) >= OLDEST_RETIRED_YEAR]
    resolved = [(row, _today(row, rows, active)) for row in retired]
    town_lines = _town_lines(towns, active)
    centres = _centres(source / "adcodes.csv", active, resolved)
    living = [_line(row, tuple(code for code in row.ceded_to if code in active)) for row in active.values()]
    tables = {"divisions.tsv": living + [_line(row, today) for row, today in resolved], "towns.tsv": town_lines}
    tables |= {"centres.tsv": centres} if centres else {}
    _write(out, tables | {"edition.json": [json.dumps({"division_edition": edition})]})
    return ImportReport(
        edition=edition,
        active=len(active),
        retired=len(retired),
        towns=sum(line.count(",") + 1 for line in town_lines),
        centres=len(centres),
        without_successor=tuple(row.name for row, codes in resolved if not codes and row.level == "D"),
    )


def read_rows(path: Path) -> list[SourceRow]:
    """Read the code list, mainland only, oldest code first."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = [_source_row(row) for row in csv.DictReader(stream) if row["code"][:2] not in OVERSEAS]
    return sorted(rows, key=lambda row: (row.code, not row.active, row.ended_in or 0))


def _founded_since(source: Path, known: set[str]) -> list[SourceRow]:
    """Divisions of the newer plain list that the code list does not have yet."""
    fresh: dict[str, str] = {}
    for path in sorted(source.glob("divisions-*.json")):
        fresh |= json.loads(path.read_text(encoding="utf-8"))
    return [
        SourceRow(code, name, "C" if code.endswith("00") else "D", "", active=True, ended_in=None, successors=())
        for code, name in sorted(fresh.items())
        if code not in known and code[:2] not in OVERSEAS and not code.endswith("0000")
    ]


def _needed(source: Path, name: str) -> Path:
    path = source / name
    if not path.is_file():
        raise EditionError(f"{name} is missing in {source}: put the edition's files there and try again.")
    return path


def _source_row(row: dict[str, str]) -> SourceRow:
    return SourceRow(
        code=row["code"],
        name=row["name"],
        level=LEVELS[row["level"]],
        city=row["city"],
        active=row["status"] == "active",
        ended_in=int(row["end_year"]) if row["end_year"] else None,
        successors=_last_successors(row["new_code"]),
        ceded_to=_parts_ceded(row["new_code"]),
    )


def _last_successors(text: str) -> tuple[str, ...]:
    """Codes without a year follow the whole division; those with one took a part of it earlier."""
    found = [match for part in text.split(";") if (match := _SUCCESSOR.match(part.strip()))]
    whole = tuple(match[1] for match in found if not match[2])
    return whole or tuple(match[1] for match in found if int(match[2]) >= OLDEST_RETIRED_YEAR)


def _parts_ceded(text: str) -> tuple[str, ...]:
    """Codes with a year: a part of the division went there, the rest lived on."""
    found = [match for part in text.split(";") if (match := _SUCCESSOR.match(part.strip()))]
    return tuple(match[1] for match in found if match[2] and int(match[2]) >= OLDEST_RETIRED_YEAR)


def _today(row: SourceRow, rows: list[SourceRow], active: dict[str, SourceRow]) -> tuple[str, ...]:
    """Follow the successors until every code is alive."""
    later = {old.code: old for old in rows if not old.active and old.successors}
    todo, done, seen = list(row.successors) or [row.code], [], set[str]()
    while todo:
        code = todo.pop(0)
        if code in active:
            done.append(code)
        elif code in later and code not in seen:
            todo.extend(later[code].successors)
        seen.add(code)
    if not done and row.level == "C":
        done = _prefecture_of_same_stem(row, active)
    return tuple(dict.fromkeys(done))


def _prefecture_of_same_stem(row: SourceRow, active: dict[str, SourceRow]) -> list[str]:
    """A 地区 or 盟 that became a 市 kept its name."""
    stem = re.sub(r"(地区|盟|市|自治州)$", "", row.name)
    return [c for c, r in active.items() if r.level == "C" and c[:2] == row.code[:2] and r.name.startswith(stem)]


def _line(row: SourceRow, codes: tuple[str, ...]) -> str:
    """One division; `codes` are those that followed it, or of a living one those that took a part."""
    return "\t".join((row.code, row.level, row.name, "" if row.active else str(row.ended_in), ",".join(codes)))


def _town_lines(towns: dict[str, dict[str, str]], active: dict[str, SourceRow]) -> list[str]:
    """One line a county, each town as stem|kind; zones without a name of their own are no towns."""
    lines = []
    for county in sorted(set(towns) & set(active)):
        plain = dict.fromkeys(re.sub(r"[（(].*?[)）]", "", name) for name in towns[county].values())
        parted = [
            (stem, name[len(stem) :]) for name in plain if (stem := town_stem(name)) and not GENERIC_ZONE.match(name)
        ]
        lines.append(county + "\t" + ",".join(f"{stem}|{kind}" if kind else stem for stem, kind in parted))
    return lines


def _centres(path: Path, active: dict[str, SourceRow], retired: list[tuple[SourceRow, tuple[str, ...]]]) -> list[str]:
    """Centres in WGS-84 by today's code; a county without one borrows that of a division it swallowed whole."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8-sig", newline="") as stream:
        points = {row["adcode"][:6]: (row["longitude"], row["latitude"]) for row in csv.DictReader(stream)}
    points = {code: point for code, point in points.items() if point[0] and point[1]}
    for row, today in retired:
        if len(today) == 1 and row.code in points:
            points.setdefault(today[0], points[row.code])
    shifted = {code: to_wgs84(float(lat), float(lon), "GCJ02") for code, (lon, lat) in points.items()}
    return [f"{code}\t{shifted[code][0]:.5f}\t{shifted[code][1]:.5f}" for code in sorted(active) if code in points]


def _write(out: Path, tables: dict[str, list[str]]) -> None:
    """All tables are written beside the old ones before the first takes its place."""
    fresh = {out / name: out / f"{name}.new" for name in tables}
    try:
        for path, new in fresh.items():
            new.write_text("\n".join(tables[path.name]) + "\n", encoding="utf-8")
        for path, new in fresh.items():
            new.replace(path)
    except OSError as error:
        raise EditionError(
            f"{out} cannot be written ({error.strerror}): run this as who installed fieldops."
        ) from error
    finally:
        for new in fresh.values():
            new.unlink(missing_ok=True)
