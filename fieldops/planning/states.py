"""The states of a plan 外访计划 and of its stops 站点. Source: domain reference §3.2.

A plan that is made anew is a new version: the one it replaces is SUPERSEDED. A day that is over is COMPLETED. One that
no crew has begun may be called off: its plan is CANCELLED. A crew at the door of a stop finishes there, whatever has
become of its plan.
"""

from __future__ import annotations

from typing import Final

WAITING: Final = "WAITING"
SOLVING: Final = "SOLVING"
OPTIMISED: Final = "OPTIMISED"
PUBLISHED: Final = "PUBLISHED"
SUPERSEDED: Final = "SUPERSEDED"
COMPLETED: Final = "COMPLETED"
FAILED: Final = "FAILED"
CANCELLED: Final = "CANCELLED"
"""Of a plan and of a stop."""

TO_SOLVE: Final = (WAITING, SOLVING)
"""SOLVING may be solved again: its worker may have died."""
TO_CALL_OFF: Final = (*TO_SOLVE, OPTIMISED, PUBLISHED)
MOST_DAYS: Final = 7
"""Days a plan may look ahead, its own included."""
MOST_TRIES: Final = 3
"""Searches that may be lost with their process (killed, out of memory) before a person is asked."""

PENDING: Final = "PENDING"
CHECKED_IN: Final = "CHECKED_IN"
DONE: Final = "DONE"
SKIPPED: Final = "SKIPPED"
ABORTED: Final = "ABORTED"

BEGUN: Final = (CHECKED_IN, DONE, ABORTED)
"""A crew has been there."""

STOP_STEPS: Final[dict[str, frozenset[str]]] = {
    state: frozenset(following)
    for state, following in {
        PENDING: {CHECKED_IN, DONE, SKIPPED, CANCELLED, ABORTED},
        CHECKED_IN: {DONE, SKIPPED, ABORTED},
    }.items()
}
"""What may follow what; a result may arrive before its check-in, or without one."""


def stop_may_become(status: str, following: str) -> bool:
    """Whether a stop may go from one state to the other."""
    return following in STOP_STEPS.get(status, frozenset())
