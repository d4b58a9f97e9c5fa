"""Which of a debtor's addresses comes first, and why another one is skipped: the one way of choosing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, TypeVar

from fieldops.policies.sections import PRECISIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime


class Ranked(Protocol):
    """What the order asks of an address; `ref` settles what is equal otherwise, the one recorded first."""

    @property
    def ref(self) -> str:
        """Its name."""

    @property
    def kind(self) -> str:
        """What it is to the debtor: HOME, HUKOU, WORK …."""

    @property
    def bank_provided(self) -> bool:
        """Whether the bank gave it."""

    @property
    def phone_confirmed_at(self) -> datetime | None:
        """When a call confirmed it last."""

    @property
    def precision(self) -> str | None:
        """How well its point is known, None if it has none."""


A = TypeVar("A", bound=Ranked)


class Rank(NamedTuple):
    """One thing that puts an address before another, the smaller value first, and how the other one is told."""

    value: Callable[[Ranked, Sequence[str]], float]
    reason_zh: str
    reason_en: str


RANKS: Final = (
    Rank(lambda a, _: a.phone_confirmed_at is None,
         "另一地址已经电话确认", "Another address was confirmed in a call"),
    Rank(lambda a, kinds: kinds.index(a.kind) if a.kind in kinds else len(kinds),
         "应先用{kind}地址", "The {kind} address comes first"),
    Rank(lambda a, _: not a.bank_provided,
         "银行提供的地址优先", "The bank's own address comes first"),
    Rank(lambda a, _: -a.phone_confirmed_at.timestamp() if a.phone_confirmed_at else 0.0,
         "另一地址电话确认时间更近", "Another address was confirmed more recently"),
    Rank(lambda a, _: PRECISIONS.index(a.precision or "NONE"),
         "另一地址定位更准", "Another address has the better point"),
)  # fmt: skip
EQUAL: Final = ("同等条件，先登记者优先", "Equal; the one recorded first is used")
BARE_COMPANY: Final = ("仅有单位名称，没有地址", "A bare company name makes no address")


def in_order(addresses: Iterable[A], kinds: Sequence[str]) -> tuple[A, ...]:
    """Put addresses in the order they are to be used: confirmed in a call, then by kind, and so on down the ranks."""
    return tuple(sorted(addresses, key=lambda address: (_place(address, kinds), address.ref)))


def choose(addresses: Iterable[A], kinds: Sequence[str], rejected_by: Callable[[A], tuple[str, ...]]) -> A | None:
    """Choose the first address in order that its own rules do not reject; if all are rejected, the first.

    `rejected_by` gives the codes of the rules that reject an address by itself.
    """
    ordered = in_order(addresses, kinds)
    return next((address for address in ordered if not rejected_by(address)), ordered[0] if ordered else None)


def why_skipped(address: Ranked, chosen: Ranked, kinds: Sequence[str], rejected_by: tuple[str, ...]) -> tuple[str, str]:
    """Say in both languages why `chosen` was taken: the address is rejected, or stands behind it in some rank."""
    if rejected_by:
        codes = "、".join(rejected_by)
        return f"该地址被规则拒绝：{codes}", f"Its own rules reject it: {codes}"
    mine, best = _place(address, kinds), _place(chosen, kinds)
    behind = next((rank for rank, a, b in zip(RANKS, mine, best, strict=True) if a != b), None)
    if behind is None:
        return EQUAL
    return behind.reason_zh.format(kind=chosen.kind), behind.reason_en.format(kind=chosen.kind)


def _place(address: Ranked, kinds: Sequence[str]) -> tuple[float, ...]:
    return tuple(rank.value(address, kinds) for rank in RANKS)
