"""When nobody was at home: how often a crew may come again 再访, and in which parts of the day it has not been yet."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING, Any, Final

from fieldops.clock import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fieldops.policies.edition import Policy

NOON, EVENING, MIDNIGHT = time(12), time(18), time(23, 59)
PARTS: Final = ((time(0), NOON), (NOON, EVENING), (EVENING, MIDNIGHT))
"""Morning, afternoon, evening: who is out in one of them may be at home in another."""


def revisit(tried_at: Sequence[datetime], policy: Policy) -> dict[str, Any] | None:
    """How often one may still come after these tries, and when, as windows of a request; None when it is enough."""
    left = policy.visit.max_no_answer_revisits + 1 - max(1, len(tried_at))
    if left <= 0:
        return None
    opens, closes = policy.visit.hard_window.opens, policy.visit.hard_window.closes
    free = [part for part in PARTS if part not in _parts_of(tried_at)] or [*PARTS]
    spans = [(max(opens, begins), min(closes, ends)) for begins, ends in free]
    windows = [{"start": f"{begins:%H:%M}", "end": f"{ends:%H:%M}"} for begins, ends in spans if begins < ends]
    return {"tries": len(tried_at), "tries_left": left, "windows": windows}


def _parts_of(instants: Iterable[datetime]) -> set[tuple[time, time]]:
    hours = [instant.astimezone(SHANGHAI).time() for instant in instants]
    return {part for part in PARTS for hour in hours if part[0] <= hour < part[1]}
