"""How urgent a visit is: 1 (can wait) to 5 (first), from a table. Source: domain reference §6 (drop penalty)."""

from __future__ import annotations

from typing import Final

LEAST: Final = 1
MOST: Final = 5

BALANCE_STEPS: Final = ((5_000_000, 2), (2_000_000, 1))
"""Owed at least (fen), steps up."""
EXPIRY_STEPS: Final = ((7, 2), (14, 1))
"""Days to the end of the entrustment at most, steps up."""
REASON_STEPS: Final = {"BROKEN_PROMISE": 1, "BANK_REQUEST": 1}
"""Why the visit is asked for, steps up."""


def priority_of(*, amount_fen: int, days_to_expiry: int | None, reason: str) -> int:
    """The priority of a visit.

    Example: ``priority_of(amount_fen=2_500_000, days_to_expiry=5, reason="LOST")`` is 4.
    """
    by_balance = next((steps for least, steps in BALANCE_STEPS if amount_fen >= least), 0)
    by_expiry = (
        0 if days_to_expiry is None else next((steps for most, steps in EXPIRY_STEPS if days_to_expiry <= most), 0)
    )
    return min(MOST, LEAST + by_balance + by_expiry + REASON_STEPS.get(reason, 0))
