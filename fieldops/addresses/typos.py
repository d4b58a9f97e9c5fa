"""One wrong character in the name of a city or county, mended only where one name can be meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fieldops.addresses.divisions import Division, Divisions

_WRITTEN = re.compile(r"[一-龥]{2,5}?[省市区县]")
_WRITTEN_COUNTY = re.compile(r"[一-龥]{2,3}[区县](?![政府委第]|医院)")
_SHORTEST = 3
_NO_NAME = re.compile(
    r"(?:开发|高新|新|园|小|片|街|工业|社|城|市|郊|校|库|景|厂|产业|保税|度假|示范|矿|山|湾|别墅|住宅)区|[城超夜菜门书花]市"
)


def unknown_county(text: str, tables: Divisions) -> str:
    """Give what is written like a county at the front of the text but is none, "" otherwise.

    >>> from fieldops.addresses.divisions import divisions
    >>> unknown_county("江于区凤起东路8号", divisions())
    '江于区'
    """
    match = _WRITTEN_COUNTY.match(text)
    return match[0] if match and not _NO_NAME.search(match[0]) and match[0] not in tables.full else ""


def misspelt(text: str, at: int, scope: tuple[Division, ...], tables: Divisions) -> tuple[str, str] | None:
    """Find the name written at this place and the one name of the province it must be: one character apart.

    Without anything before it, only provinces and prefectures are compared, in the whole country.
    """
    match = _WRITTEN.match(text, at)
    if not match or len(match[0]) < _SHORTEST or _NO_NAME.search(match[0]) or match[0] in tables.full:
        return None
    written = match[0]
    if scope:
        codes = {division.code[:2] for division in scope}
        comparable = [d for d in tables.named(len(written)) if d.code[:2] in codes and d.level != "P"]
    else:
        comparable = [d for d in tables.named(len(written)) if d.level != "D" and d.retired_in is None]
    near = _nearest(written, comparable)
    one_meant = 1 in {len({division.name for division in near}), len({division.today for division in near})}
    if not one_meant or not _lies_below(near, scope):
        return None
    return written, near[0].name


def _nearest(written: str, divisions: Iterable[Division]) -> list[Division]:
    """Names one character apart; where the kind is the wrong one (海宁区 for 海宁市), that name alone."""
    near = [division for division in divisions if _one_apart(division.name, written)]
    return [division for division in near if division.name[:-1] == written[:-1]] or near


def _one_apart(name: str, written: str) -> bool:
    return sum(a != b for a, b in zip(name, written, strict=True)) == 1


def _lies_below(near: list[Division], scope: tuple[Division, ...]) -> bool:
    return not scope or any(
        above.level == "P" or (division.level == "D" and not division.cities.isdisjoint(above.cities))
        for above in scope
        for division in near
    )
