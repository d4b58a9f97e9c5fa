"""Which of a debtor's addresses comes first, and why each other one was skipped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

ADDRESS_ORDER = ("HOME", "HUKOU", "WORK")
_PRECISIONS = ("CONFIRMED", "ROOFTOP", "STREET", "POI", "VILLAGE", "TOWN", "DISTRICT", "CITY", "NONE")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One address of a debtor, as far as the choice asks.

    `rejected_by` are the rule codes that reject it by itself. `bare_company` is a 单位名称 without an address.
    """

    ref: str
    kind: str
    bank_provided: bool = False
    phone_confirmed_at: datetime | None = None
    precision: str = "NONE"
    rejected_by: tuple[str, ...] = ()
    bare_company: bool = False

    def __post_init__(self) -> None:
        """Refuse a precision nobody knows."""
        if self.precision not in _PRECISIONS:
            raise ValueError(f"Unknown precision {self.precision!r}: give one of {', '.join(_PRECISIONS)}.")


@dataclass(frozen=True, slots=True)
class Skipped:
    """An address not chosen, with the reason in both languages."""

    ref: str
    reason_zh: str
    reason_en: str


@dataclass(frozen=True, slots=True)
class Choice:
    """The address chosen, None if there is none, and what became of the others, in order."""

    chosen: Candidate | None
    skipped: tuple[Skipped, ...]


def choose_address(candidates: Iterable[Candidate], *, kinds: Sequence[str] = ADDRESS_ORDER) -> Choice:
    """Choose the first address in order that its own rules do not reject; if all are rejected, the first.

    The order: confirmed in a call, then by kind, the bank's own, the newest confirmed, the better point. Addresses
    that tie keep the order they came in.

    >>> choose_address([Candidate("w", "WORK"), Candidate("h", "HOME")]).chosen.ref
    'h'
    """
    given = list(candidates)
    usable = sorted((c for c in given if not c.bare_company), key=lambda c: _place(c, kinds))
    chosen = next((c for c in usable if not c.rejected_by), usable[0] if usable else None)
    skipped = [_reason(c, chosen, kinds) for c in usable if c is not chosen and chosen is not None]
    skipped += [
        Skipped(c.ref, "仅有单位名称，没有地址", "A bare company name makes no address")
        for c in given
        if c.bare_company
    ]
    return Choice(chosen, tuple(skipped))


def _place(candidate: Candidate, kinds: Sequence[str]) -> tuple[bool, int, bool, float, int]:
    """Sort key: the smaller comes first."""
    confirmed = candidate.phone_confirmed_at
    rank = kinds.index(candidate.kind) if candidate.kind in kinds else len(kinds)
    return (
        confirmed is None,
        rank,
        not candidate.bank_provided,
        -confirmed.timestamp() if confirmed else 0.0,
        _PRECISIONS.index(candidate.precision),
    )


def _reason(candidate: Candidate, chosen: Candidate, kinds: Sequence[str]) -> Skipped:
    """Say the first thing in which the candidate stands behind the chosen one."""
    if candidate.rejected_by:
        codes = "、".join(candidate.rejected_by)
        return Skipped(candidate.ref, f"该地址被规则拒绝：{codes}", f"Its own rules reject it: {codes}")
    mine, best = _place(candidate, kinds), _place(chosen, kinds)
    first = next((i for i, (a, b) in enumerate(zip(mine, best, strict=True)) if a != b), len(mine))
    zh, en = _REASONS[first]
    return Skipped(candidate.ref, zh.format(kind=chosen.kind), en.format(kind=chosen.kind))


_REASONS = (
    ("另一地址已经电话确认", "Another address was confirmed in a call"),
    ("应先用{kind}地址", "The {kind} address comes first"),
    ("银行提供的地址优先", "The bank's own address comes first"),
    ("另一地址电话确认时间更近", "Another address was confirmed more recently"),
    ("另一地址定位更准", "Another address has the better point"),
    ("同等条件，先登记者优先", "Equal; the one recorded first is used"),
)
