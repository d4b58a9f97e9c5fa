"""Signals 信号: what a fix, a stay and the evidence say of a report, each with its weight. A score asks for a look.

Nothing here ever refuses a report: basements give honest bad fixes. Source: sync design, clock and place; domain §5.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fieldops.results.codes import PHOTOS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta

REVIEW_AT: Final = 60
"""From this score on a supervisor looks at the result."""
_FAR_M, _VERY_FAR_M, _COARSE_M = 300, 1000, 200
_STALE_S, _FAST_MPS, _SHORT_S = 120, 8, 120
_UNVERIFIED: Final = frozenset({"VILLAGE", "TOWN", "DISTRICT", "CITY", "NONE"})


@dataclass(frozen=True, slots=True)
class Reported:
    """What the signals look at; ``fence_m`` is how well fix and address are known, below which no distance counts."""

    position: Mapping[str, Any] | None
    distance_m: int | None
    precision: str | None
    stay: timedelta
    slot_kinds: tuple[str, ...]
    flags: tuple[str, ...]
    executed: bool

    @property
    def fence_m(self) -> float:
        """Three times the accuracy of the fix."""
        return 3 * self.position["accuracy_m"] if self.position else 0.0

    def beyond(self, metres: int) -> bool:
        """Whether the fix lies farther away than this, whatever doubt there is; no word of an address nobody knows."""
        known = self.distance_m is not None and self.precision not in _UNVERIFIED
        return known and (self.distance_m or 0) > max(metres, self.fence_m)


@dataclass(frozen=True, slots=True)
class Signal:
    """One row: what is unusual, how much it weighs."""

    code: str
    zh: str
    weight: int
    shows: Callable[[Reported], bool]


def _fix(name: str, over: float) -> Callable[[Reported], bool]:
    return lambda it: it.position is not None and (it.position.get(name) or 0) > over


SIGNALS: Final = (
    Signal("MOCK_FIX", "模拟定位", 60, lambda it: bool(it.position and it.position.get("is_mock"))),
    Signal("VERY_FAR", "签到位置过远", 60, lambda it: it.beyond(_VERY_FAR_M)),
    Signal("FAR", "签到位置偏远", 30, lambda it: it.beyond(_FAR_M) and not it.beyond(_VERY_FAR_M)),
    Signal("NO_FIX", "无定位", 20, lambda it: it.position is None),
    Signal("COARSE_FIX", "定位精度低", 10, _fix("accuracy_m", _COARSE_M)),
    Signal("STALE_FIX", "定位过旧", 20, _fix("fix_age_s", _STALE_S)),
    Signal("MOVING", "定位时在行驶", 20, _fix("speed_mps", _FAST_MPS)),
    Signal("SHORT_STAY", "停留过短", 20, lambda it: it.stay.total_seconds() < _SHORT_S),
    Signal("NO_PHOTO", "无照片", 30, lambda it: not any(kind in PHOTOS for kind in it.slot_kinds)),
    Signal("NO_RECORDING", "无全程录音", 20, lambda it: not {"AUDIO", "VIDEO"} & set(it.slot_kinds)),
    Signal("CLOCK", "手机时钟可疑", 20, lambda it: any(flag.startswith("CLOCK") for flag in it.flags)),
)


def signals_of(reported: Reported) -> list[dict[str, Any]]:
    """The rows that show in a visit that was made, each with its weight; none where nobody was there."""
    if not reported.executed:
        return []
    return [{"code": row.code, "weight": row.weight} for row in SIGNALS if row.shows(reported)]


def score_of(signals: list[dict[str, Any]]) -> int:
    """How much they weigh together."""
    return sum(signal["weight"] for signal in signals)
