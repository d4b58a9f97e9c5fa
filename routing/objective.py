"""What counts in a plan: the catalogue of terms with unit and source, and the weights of the soft ones."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from routing.errors import InvalidValueError

HOUR_S: Final = 3600


class Kind(StrEnum):
    """How a term binds."""

    HARD = "HARD"
    LEAVE_OUT = "LEAVE_OUT"
    SOFT = "SOFT"


@dataclass(frozen=True, slots=True)
class Term:
    """One row of the catalogue."""

    code: str
    kind: Kind
    says: str
    unit: str
    source: str


TERMS: Final = (
    Term("WINDOW", Kind.HARD, "Service starts inside one of the stop's windows.", "s", "003: lawful hours 08:00–21:00"),
    Term("SHIFT", Kind.HARD, "The crew leaves and returns inside its shift.", "s", "crew calendar"),
    Term("BREAK", Kind.HARD, "Every break lies in its window and in no service.", "s", "labour rules"),
    Term("DUTY", Kind.HARD, "Leaving to returning takes no longer than max_duty_s.", "s", "practice: 9 h"),
    Term("MAX_STOPS", Kind.HARD, "A crew has no more visits than max_stops.", "visits", "practice: 12"),
    Term("LOAD", Kind.HARD, "The loads of a route sum to no more than max_load.", "load", "vehicle"),
    Term("SKILL", Kind.HARD, "The crew has every skill the stop needs.", "-", "crew register"),
    Term("CREW_LOCK", Kind.HARD, "A locked stop is with its crew or left out.", "-", "supervisor"),
    Term("POSITION", Kind.HARD, "Locked stops of one crew keep their order.", "-", "supervisor"),
    Term("ONE_ADDRESS", Kind.HARD, "No two addresses of one debtor on one day.", "-", "003: no harassment"),
    Term("DAY", Kind.HARD, "A stop is on one of its allowed days.", "-", "practice: workplaces Mon–Fri"),
    Term("LEFT_OUT", Kind.LEAVE_OUT, "A stop is not planned: by priority.", "s of travel", "balance, expiry, bank"),
    Term("TRAVEL", Kind.SOFT, "Seconds on the road.", "s", "cost"),
    Term("BALANCE", Kind.SOFT, "Visits of a crew above the even share.", "s per visit", "fairness"),
    Term("OTHER_CREW", Kind.SOFT, "A crew that was not at this stop last time.", "s per visit", "practice"),
    Term(
        "OTHER_DAY", Kind.SOFT, "A day that is not the one liked best.", "s per visit", "practice: home in the evening"
    ),
    Term("CHANGE", Kind.SOFT, "A re-plan gives the stop to another crew.", "s per visit", "X21: calm re-plans"),
)


@dataclass(frozen=True, slots=True)
class Objective:
    """Weights, all in seconds of travel.

    Leaving out a stop costs `left_out_s[priority - 1]`, a locked one `locked_s` more. The defaults keep the order
    hard, priority planned, travel, balance, same crew, few changes.
    """

    left_out_s: tuple[int, int, int, int, int] = (2 * HOUR_S, 4 * HOUR_S, 6 * HOUR_S, 8 * HOUR_S, 10 * HOUR_S)
    locked_s: int = 100 * HOUR_S
    balance_s: int = 0
    other_crew_s: int = 0
    change_s: int = 0

    def __post_init__(self) -> None:
        weights = (*self.left_out_s, self.locked_s, self.balance_s, self.other_crew_s, self.change_s)
        if len(self.left_out_s) != 5 or any(not isinstance(w, int) or not 0 <= w < 2**40 for w in weights):  # noqa: PLR2004 - five priorities
            raise InvalidValueError("objective", f"weights {weights}", "give five leave-out costs, all whole and >= 0")
